/** Healthy and hostile Python plugins, each with how it always ends: for the soak, and for its short form among the tests. */
import type { ErrorCode, Limits, RunOptions, Value } from '../src/index.ts';

export interface PythonGuest {
  readonly name: string;
  readonly code: string;
  /** Several where the machine's stack decides. */
  readonly outcome: readonly ('success' | ErrorCode)[];
  readonly data?: Value;
  readonly limits?: Partial<Limits>;
}

const MiB = 1024 * 1024;
const guest = (
  name: string,
  outcome: PythonGuest['outcome'][number] | PythonGuest['outcome'],
  code: string,
  more: Pick<PythonGuest, 'data' | 'limits'> = {},
): PythonGuest => ({ name, code, outcome: typeof outcome === 'string' ? [outcome] : outcome, ...more });

/** Every one asks first whether the one before it left anything. */
const FRESH = `
import builtins, os, sys
assert not hasattr(builtins, "left") and "left" not in sys.modules and os.getcwd() == "/plugin"
assert not os.listdir("/tmp") and not os.listdir("/plugin") and "LEFT" not in os.environ
builtins.left = sys.modules["left"] = os.environ["LEFT"] = "x"
open("/tmp/left", "w").write("x"); os.mkdir("/tmp/left.d"); os.chdir("/tmp/left.d")
`;

const TIMED: Partial<Limits> = { timeoutMs: 40 };

export const PYTHON_GUESTS: readonly PythonGuest[] = [
  guest('clean', 'success', 'def main(input): return {"n": input["n"] - input["n"] + 42}', {
    data: { n: 42 },
  }),
  guest(
    'clean with the library',
    'success',
    'import json, re, decimal, sqlite3\nlen(re.findall("a", json.dumps(["a"] * 50)))',
    { data: 50 },
  ),
  guest('clean and asynchronous', 'success', 'import asyncio\nawait asyncio.sleep(0.002)\n7', { data: 7 }),
  guest('clean, 1 MB of values', 'success', 'len([{"i": i, "t": "x" * 20} for i in range(20000)])', {
    data: 20000,
  }),
  guest('raises', 'GUEST_ERROR', 'raise ValueError("no" * 1000)'),
  guest('exits', 'GUEST_ERROR', 'import os\nos._exit(3)'),
  guest('aborts', 'GUEST_ERROR', 'import os\nos.abort()'),
  guest('breaks its own heap', 'GUEST_ERROR', 'import sys\nsys.settrace(lambda *a: 1/0)\ndef f(): pass\nf()'),
  guest('recurses', 'STACK_OVERFLOW', 'def f(): f()\nf()'),
  guest(
    'nests JSON',
    ['STACK_OVERFLOW', 'GUEST_ERROR'],
    'import json, sys\nsys.setrecursionlimit(10**9)\njson.loads("[" * 10**6)',
  ),
  guest('is no program', 'GUEST_SYNTAX', 'def f(:'),
  guest('never settles', 'NEVER_SETTLES', 'import asyncio\nawait asyncio.Future()'),
  guest('returns what cannot cross', 'OUTPUT_UNSUPPORTED', 'lambda: 1'),
  guest('fills its memory', 'MEMORY_LIMIT', 'a = []\nwhile True: a.append(bytearray(1 << 20))', {
    limits: { memoryBytes: 16 * MiB },
  }),
  guest('doubles a list', 'MEMORY_LIMIT', 'a = [0]\nwhile True: a += a', {
    limits: { memoryBytes: 16 * MiB },
  }),
  guest(
    'fills its files',
    'GUEST_ERROR',
    'i = 0\nwhile True:\n  open(f"/tmp/f{i}", "wb").write(bytes(1 << 20)); i += 1',
    { limits: { fileBytes: 8 * MiB } },
  ),
  guest('floods its pipes', 'GUEST_ERROR', 'import os\nwhile True: os.pipe()'),
  guest('floods its output', 'TIMEOUT', 'while True: print("x" * 1000)', { limits: TIMED }),
  guest('loops', 'TIMEOUT', 'while True: pass', { limits: TIMED }),
  guest('loops in C', 'TIMEOUT', 'sum(range(10**12))', { limits: TIMED }),
  guest(
    'loops and catches what it can',
    'TIMEOUT',
    'while True:\n  try:\n    while True: pass\n  except BaseException: pass',
    { limits: TIMED },
  ),
  guest('sleeps', 'TIMEOUT', 'import time\ntime.sleep(100)', { limits: TIMED }),
  guest('loops where objects die', 'TIMEOUT', 'class A:\n  def __del__(self):\n    while True: pass\nA()', {
    limits: TIMED,
  }),
  guest('searches without an end', 'TIMEOUT', 'import re\nre.match("(a+)+$", "a" * 64 + "b")', {
    limits: TIMED,
  }),
];

export const guestRun = ({ code, limits }: PythonGuest, n: number): RunOptions => ({
  runtime: 'python',
  code: code.startsWith('def f(:') ? code : `${FRESH}${code}`,
  input: { n },
  plugin: `plugin ${Math.floor(n / 5) % 3}`,
  // Short where it is meant to run out, and long enough elsewhere for a machine that is busy with more than this.
  limits: { timeoutMs: 60_000, ...limits },
});
