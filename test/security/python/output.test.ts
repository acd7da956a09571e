/** What a guest hands out: values, text and errors that try to be more than that. */
import { expect } from 'vitest';
import { contain } from './contain.ts';

contain('values', [
  {
    id: 'PY-VAL-001',
    title: 'an object with a then',
    code: 'class T:\n  def then(self, res, rej=None): res("GOTCHA")\nT()',
    ends: 'OUTPUT_UNSUPPORTED',
  },
  {
    id: 'PY-VAL-003',
    title: 'keys that name prototypes',
    code: '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"x": 1}}}',
    ends: 'success',
    holds: result => {
      const data = (result.success ? result.data : {}) as Record<string, unknown>;
      expect(Object.keys(data)).toEqual(['__proto__', 'constructor']);
      expect(data['polluted']).toBeUndefined();
      expect('polluted' in {}).toBe(false);
    },
  },
  { id: 'PY-VAL-004', title: 'a cycle', code: 'd = {}\nd["d"] = d\nd', ends: 'OUTPUT_UNSUPPORTED' },
  {
    id: 'PY-VAL-014',
    title: 'an object whose attributes raise',
    code: 'object.__new__(type("P", (), {"__getattr__": lambda s, n: (_ for _ in ()).throw(BaseException(n))}))',
    ends: 'OUTPUT_UNSUPPORTED',
  },
  {
    id: 'own',
    title: 'a class that lies about its name',
    code: 'class M(type):\n  __name__ = property(lambda s: 1 / 0)\nclass C(metaclass=M): pass\nC()',
    ends: 'OUTPUT_UNSUPPORTED',
  },
  { id: 'PY-VAL-015', title: 'functions', code: '[lambda: 0] * 10**5', ends: 'OUTPUT_UNSUPPORTED' },
  {
    id: 'PY-VAL-016',
    title: 'a lone surrogate and a NUL',
    code: '"\\ud800\\x00b"',
    ends: 'success',
    value: '\ud800\0b',
  },
  {
    id: 'own',
    title: 'a dict that grows while it is read',
    code: 'class D(dict):\n  def items(self):\n    while True: yield ("k", 1)\nD(a=1)',
    ends: ['success', 'MEMORY_LIMIT', 'TIMEOUT'],
  },
  {
    id: 'own',
    title: 'a list that is never whole',
    code: 'class L(list):\n  def __iter__(self):\n    while True: yield "x" * 1000\nL()',
    ends: ['success', 'MEMORY_LIMIT', 'TIMEOUT'],
  },
  {
    id: 'own',
    title: 'an answer of its own making, in place of the driver’s',
    code: 'import sys\nd = sys.modules["_citadel.driver"]\nd.values.dump = lambda v: b"v\\xff\\xff"\n1',
    ends: 'OUTPUT_UNSUPPORTED',
  },
  {
    id: 'own',
    title: 'an answer that is none',
    code: 'import sys\nsys.modules["_citadel.driver"].values.dump = lambda v: 7\n1',
    ends: 'GUEST_ERROR',
  },
  {
    id: 'own',
    title: 'an answer that is empty',
    code: 'import sys\nsys.modules["_citadel.driver"].values.dump = lambda v: b""\n1',
    ends: 'GUEST_ERROR',
  },
  {
    id: 'own',
    title: 'an answer with a count beyond its end',
    code: 'import sys\nsys.modules["_citadel.driver"].values.dump = lambda v: b"v[\\xff\\xff\\xff\\x7f"\n1',
    ends: 'OUTPUT_UNSUPPORTED',
  },
  {
    id: 'own',
    title: 'an answer that refers to nothing',
    code: 'import sys\nsys.modules["_citadel.driver"].values.dump = lambda v: b"vr\\xff\\xff\\xff\\xff"\n1',
    ends: ['OUTPUT_UNSUPPORTED', 'success'],
  },
  {
    id: 'own',
    title: 'an answer that waits for ever',
    code: 'import sys, struct\nsys.modules["_citadel.driver"].values.dump = lambda v: b"w" + struct.pack("<d", float("inf"))\n1',
    ends: ['TIMEOUT', 'GUEST_ERROR'],
  },
  {
    id: 'own',
    title: 'an answer that is too short to wait',
    code: 'import sys\nsys.modules["_citadel.driver"].values.dump = lambda v: b"w"\n1',
    ends: 'GUEST_ERROR',
  },
  {
    id: 'own',
    title: 'an error whose parts are not text',
    code: 'import sys, marshal\nsys.modules["_citadel.driver"].values.dump = lambda v: b"e" + marshal.dumps([b"", 1, {}, -1, 1e99])\n1',
    ends: 'GUEST_ERROR',
  },
]);

contain('text', [
  {
    id: 'PY-OUT-001',
    title: 'a flood',
    code: 'while True: print("x" * 100000)',
    ends: 'TIMEOUT',
    holds: ({ report }) => expect(report.truncations).toMatchObject([{ what: 'logs' }]),
  },
  {
    id: 'PY-OUT-002',
    title: 'bytes below sys.stdout',
    code: 'import os\nos.write(1, b"RAW\\x1b]0;x\\x07\\n")\nos.write(2, b"E" * 10**7)',
    ends: 'success',
    holds: ({ report }) => expect(report.logs[0]?.text).toContain('RAW'),
  },
  {
    id: 'PY-OUT-003',
    title: 'another sys.stdout',
    code: 'import sys\nsys.stdout = type("S", (), {"write": lambda s, x: 1 / 0, "flush": lambda s: None})()\nprint("x")',
    ends: 'GUEST_ERROR',
  },
  {
    id: 'own',
    title: 'a closed sys.stdout',
    code: 'import sys, os\nsys.stdout.close()\nos.close(2)\n1',
    ends: 'success',
    value: 1,
  },
  {
    id: 'own',
    title: 'a sys.stdout that raises when it is flushed',
    code: 'import sys\nclass F:\n  def flush(self): raise BaseException("no")\nsys.__stdout__ = F()\n1',
    ends: ['GUEST_ERROR', 'success'],
  },
  {
    id: 'own',
    title: 'control characters in an exception',
    code: 'raise type("E\\x1b[31m", (Exception,), {})("\\x1b]0;title\\x07\\u202e")',
    ends: 'GUEST_ERROR',
  },
  {
    id: 'own',
    title: 'a megabyte in an exception',
    code: 'raise ValueError("x" * 10**6)',
    ends: 'GUEST_ERROR',
  },
  {
    id: 'own',
    title: 'an exception without text',
    code: 'class E(Exception):\n  def __str__(self): raise self\nraise E()',
    ends: 'GUEST_ERROR',
  },
  {
    id: 'own',
    title: 'exceptions that caused each other',
    code: 'a, b = ValueError("a"), ValueError("b")\na.__cause__, b.__cause__ = b, a\nraise a',
    ends: 'GUEST_ERROR',
  },
  {
    id: 'own',
    title: 'a syntax error with parts of its own',
    code: 'e = SyntaxError("m", ("f", -1, "x", {}, 1, 1))\nraise e',
    ends: 'GUEST_ERROR',
  },
  {
    id: 'own',
    title: 'a group of exceptions',
    code: 'raise BaseExceptionGroup("g", [ValueError(i) for i in range(1000)])',
    ends: 'GUEST_ERROR',
  },
]);
