/** Values between host and Python: what crosses, as what, and what is refused. */
import { describe, expect, it } from 'vitest';
import type { Value } from '../../src/index.ts';
import { codeOf, dataOf, kept } from './support.ts';

const python = (code: string, input?: Value) => ({ runtime: 'python' as const, code, input });

describe('inputs', () => {
  const DAY = new Date(Date.UTC(2026, 1, 28, 12, 30, 15, 250));
  it.each<[string, Value, string]>([
    ['null', null, 'None'],
    ['undefined', undefined, 'None'],
    ['true', true, 'True'],
    ['an integer', 42, '42'],
    ['a negative integer', -(2 ** 31) - 1, '-2147483649'],
    ['the largest safe integer', Number.MAX_SAFE_INTEGER, '9007199254740991'],
    ['a float', 1.5, '1.5'],
    ['minus zero', -0, '-0.0'],
    ['infinity', Number.POSITIVE_INFINITY, 'inf'],
    ['NaN', Number.NaN, 'nan'],
    ['a float beyond the integers', 2 ** 60, '1.152921504606847e+18'],
    ['a BigInt', 2n ** 70n, '1180591620717411303424'],
    ['a negative BigInt', -(10n ** 30n), '-1000000000000000000000000000000'],
    ['a small BigInt', 5n, '5'],
    ['text', 'né 日 🎈', "'né 日 🎈'"],
    ['text with NUL and a lone surrogate', 'a\0\ud800b', "'a\\x00\\ud800b'"],
    ['bytes', new Uint8Array([0, 1, 255]), "b'\\x00\\x01\\xff'"],
    ['an array', [1, [2], []], '[1, [2], []]'],
    ['an object', { b: 1, a: { c: null } }, "{'b': 1, 'a': {'c': None}}"],
    ['an own __proto__', JSON.parse('{"__proto__": 1}') as Value, "{'__proto__': 1}"],
    [
      'a Map',
      new Map<Value, Value>([
        [1, 'a'],
        ['b', 2],
      ]),
      "{1: 'a', 'b': 2}",
    ],
    ['a Set', new Set<Value>([1, 2]), '{1, 2}'],
    ['a Date', DAY, 'datetime.datetime(2026, 2, 28, 12, 30, 15, 250000, tzinfo=datetime.timezone.utc)'],
    ['an invalid Date', new Date(Number.NaN), 'None'],
    [
      'a Date inside',
      { at: [DAY] },
      "{'at': [datetime.datetime(2026, 2, 28, 12, 30, 15, 250000, tzinfo=datetime.timezone.utc)]}",
    ],
  ])('%s', async (_title, input, expected) => {
    const sandbox = kept();
    expect(dataOf(await sandbox.run(python('repr(input)', input)))).toBe(expected);
  });

  it('a Set of objects is refused, because Python has none', async () => {
    const sandbox = kept();
    const result = await sandbox.run(python('input', new Set<Value>([{ a: 1 }])));
    expect(codeOf(result)).toBe('INPUT_UNSUPPORTED');
    expect(!result.success && result.error.message).toMatch(/unhashable/);
  });

  it('of a large integer take time that grows with their length only', async () => {
    const sandbox = kept();
    const large = 2n ** 1_000_000n - 12345n;
    expect(dataOf(await sandbox.run(python('input', large)))).toBe(large);
  });
});

describe('results', () => {
  it.each<[string, string, Value]>([
    ['None', 'None', null],
    ['a float that is whole', '2.0', 2],
    ['an int beyond 2⁵³', '2 ** 70', 2n ** 70n],
    ['an int at its edge', '-(2 ** 53) + 1', Number.MIN_SAFE_INTEGER],
    ['an int past its edge', '2 ** 53', 2n ** 53n],
    ['nan', 'float("nan")', Number.NaN],
    ['minus infinity', 'float("-inf")', Number.NEGATIVE_INFINITY],
    ['text with NUL and a lone surrogate', '"a\\0\\ud800\\U0001f388"', 'a\0\ud800\u{1f388}'],
    ['bytes', 'b"\\0\\xff"', new Uint8Array([0, 255])],
    ['a bytearray', 'bytearray(b"ab")', new Uint8Array([97, 98])],
    ['a tuple', '(1, (2,))', [1, [2]]],
    ['a dict', '{"a": 1, "__proto__": 2}', JSON.parse('{"a": 1, "__proto__": 2}') as Value],
    [
      'a dict with other keys',
      '{1: "a", None: 2}',
      new Map<Value, Value>([
        [1, 'a'],
        [null, 2],
      ]),
    ],
    ['a set', '{1, "x"}', new Set<Value>([1, 'x'])],
    [
      'an aware datetime',
      'import datetime\ndatetime.datetime(2026, 1, 1, 2, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))',
      new Date(Date.UTC(2026, 0, 1)),
    ],
    [
      'a naive datetime, as UTC',
      'import datetime\n{"t": datetime.datetime(2026, 1, 1)}',
      { t: new Date(Date.UTC(2026, 0, 1)) },
    ],
    ['a date', 'import datetime\ndatetime.date(2026, 1, 2)', '2026-01-02'],
    ['a Decimal', 'import decimal\ndecimal.Decimal("1.10")', '1.10'],
    ['a UUID', 'import uuid\nuuid.UUID(int=1)', '00000000-0000-0000-0000-000000000001'],
    ['an Enum', 'import enum\nclass C(enum.Enum):\n  A = "a"\n[C.A]', ['a']],
    [
      'a dataclass',
      'import dataclasses\n@dataclasses.dataclass\nclass P:\n  x: int\n  y: list\nP(1, [P(2, [])])',
      { x: 1, y: [{ x: 2, y: [] }] },
    ],
    ['a Counter', 'import collections\ncollections.Counter("aab")', { a: 2, b: 1 }],
    ['a named tuple', 'import collections\ncollections.namedtuple("P", "x y")(1, 2)', [1, 2]],
    ['a subclass of str', 'class S(str): pass\nS("x")', 'x'],
    ['a deque', 'import collections\ncollections.deque([1, 2])', [1, 2]],
  ])('%s', async (_title, code, expected) => {
    const sandbox = kept();
    expect(dataOf(await sandbox.run(python(code)))).toEqual(expected);
  });

  it('are written out where they are shared, as far as the limit goes', async () => {
    const sandbox = kept();
    expect(dataOf(await sandbox.run(python('x = [1]\n[x, x]')))).toEqual([[1], [1]]);
    const doubling = 'x = []\nfor i in range(60): x = [x, x]\nx';
    expect(codeOf(await sandbox.run(python(doubling)))).toBe('OUTPUT_TOO_LARGE');
  });

  it('a million levels deep end the run one way or another', async () => {
    const sandbox = kept();
    const deep = 'x = 1\nfor i in range(1000000): x = [x]\nx';
    // Where C code unwinds so many levels, it may run out of stack first.
    expect(['OUTPUT_UNSUPPORTED', 'STACK_OVERFLOW']).toContain(codeOf(await sandbox.run(python(deep))));
    expect(dataOf(await sandbox.run(python('1')))).toBe(1);
  });

  it.each([
    ['a function', 'lambda: 0', /result is a function/],
    ['a function inside', '{"a": [1, print]}', /result\[.a.\]\[1\] is a function/],
    ['a complex number', '1j', /complex/],
    ['an object of a class', 'class T:\n  def then(self, f): f(1)\nT()', /object of type T/],
    ['a class', 'class T: pass\nT', /object of type type/],
    ['a generator', '(x for x in [1])', /generator/],
    ['a code object', '(lambda: 0).__code__', /code/],
    ['a cycle', 'd = {}\nd["d"] = d\nd', /contains itself/],
    [
      'a cycle that has to be converted',
      'import collections\nd = collections.OrderedDict()\nd["d"] = [d]\nd',
      /contains itself/,
    ],
    ['501 levels', 'x = 1\nfor i in range(501): x = [x]\nx', /deep/],
    [
      'an object that answers everything',
      'class H:\n  def __getattribute__(self, name): raise BaseException(name)\nH()',
      /object of type H/,
    ],
  ])('%s is refused, and the message says why', async (_title, code, message) => {
    const sandbox = kept();
    const result = await sandbox.run(python(code));
    expect(codeOf(result)).toBe('OUTPUT_UNSUPPORTED');
    expect(!result.success && result.error.message).toMatch(message);
    expect(dataOf(await sandbox.run(python('1')))).toBe(1);
  });

  it('come back as they went in', async () => {
    const sandbox = kept();
    const value = {
      numbers: [0, -1, 1.25, -0, 1e300, 2n ** 64n],
      text: ['', 'ascii', 'ünï', '🎈\ud800', 'x'.repeat(300), 'é'.repeat(300)],
      bytes: new Uint8Array(1000).map((_, i) => i & 255),
      when: new Date(0),
      map: new Map<Value, Value>([
        [1, { a: [] }],
        ['k', new Set<Value>(['m'])],
      ]),
      nested: { 1: { 2: { 3: [null, true, false] } } },
    };
    expect(dataOf(await sandbox.run(python('input', value)))).toEqual(value);
  });
});
