/** Python plugins: how a program is read, what it gets, and how it ends. The same everywhere. */
import { describe, expect, it } from 'vitest';
import type { RunOptions, Value } from '../../src/index.ts';
import { codeOf, dataOf, kept } from './support.ts';

const py = (code: string, more: Partial<RunOptions> = {}): RunOptions => ({
  runtime: 'python',
  code,
  ...more,
});

describe('the program', () => {
  const cases: [string, string, Value, Value][] = [
    ['gives the value of its last expression', 'x = 20\nx * 2 + 2', undefined, 42],
    ['gives nothing when it ends with a statement', 'x = 1', undefined, null],
    ['finds its input as a value', 'input["n"] + 1', { n: 41 }, 42],
    ['may define main, which gets the input', 'def main(input):\n  return input["n"] + 1', { n: 41 }, 42],
    ['may define main without parameters', 'def main():\n  return 7', undefined, 7],
    ['prefers main to its last expression', 'def main(x):\n  return 1\n2', undefined, 1],
    ['may define an asynchronous main', 'async def main(x):\n  return x', 5, 5],
    [
      'waits for timers of asyncio',
      'import asyncio\nasync def one(x):\n  await asyncio.sleep(0.01)\n  return x\nasync def main(n):\n  return await asyncio.gather(*[one(i) for i in range(n)])',
      3,
      [0, 1, 2],
    ],
    [
      'may use asyncio.run',
      'import asyncio\nasync def f():\n  await asyncio.sleep(0)\n  return 3\nasyncio.run(f())',
      0,
      3,
    ],
    ['may await at its top level', 'import asyncio\nawait asyncio.sleep(0.001, "done")', 0, 'done'],
    ['may end early without a value', 'import sys\nsys.exit()', 0, null],
    ['is __main__', '__name__', 0, '__main__'],
  ];
  it.each(cases)('%s', async (_title, code, input, expected) => {
    const sandbox = kept();
    expect(dataOf(await sandbox.run(py(code, { input })))).toEqual(expected);
  });

  it('never takes names or text of its input for source', async () => {
    const sandbox = kept();
    const keys = [
      'import os',
      '"); raise SystemExit(1) #',
      "'''",
      '\\',
      '__class__',
      '__proto__',
      '\u0000',
      '\ud800',
      '{x}',
      '%s',
    ];
    const input = Object.fromEntries(keys.map(key => [key, key]));
    const result = await sandbox.run(py('[[k, v] for k, v in input.items()]', { input }));
    expect(dataOf(result)).toEqual(keys.map(key => [key, key]));
  });

  it('finds nothing of an earlier run', async () => {
    const sandbox = kept();
    const leave = py(
      'import builtins, sys, os, random, json\nbuiltins.left = 1\nsys.left = 1\njson.left = 1\nsys.modules["left"] = sys\n' +
        'os.environ["LEFT"] = "1"\nopen("left", "w").write("x")\nos.chdir("/tmp")\nrandom.seed(1)\nsys.setrecursionlimit(77)\nNone',
    );
    const look = py(
      'import builtins, sys, os, json\n[hasattr(builtins, "left"), hasattr(sys, "left"), hasattr(json, "left"), "left" in sys.modules, ' +
        '"LEFT" in os.environ, os.path.exists("/plugin/left"), os.getcwd(), sys.getrecursionlimit()]',
    );
    const before = dataOf(await sandbox.run(look));
    expect(before).toEqual([false, false, false, false, false, false, '/plugin', 1000]);
    expect(codeOf(await sandbox.run(leave))).toBe('ok');
    expect(dataOf(await sandbox.run(look))).toEqual(before);
  });

  it('gets other random numbers in each run', async () => {
    const sandbox = kept();
    const draw = py(
      'import random, uuid, secrets\n[random.random(), str(uuid.uuid4()), secrets.token_hex(8)]',
    );
    const drawn = [
      dataOf(await sandbox.run(draw)),
      dataOf(await sandbox.run(draw)),
      dataOf(await sandbox.run(draw)),
    ];
    expect(new Set((drawn as string[][]).flat()).size).toBe(9);
  });

  it('spends the same fuel each time', async () => {
    const sandbox = kept();
    const program = py('sorted([str(i * 7919 % 1009) for i in range(5000)])[17]');
    const fuel: unknown[] = [];
    for (let i = 0; i < 3; i++) fuel.push((await sandbox.run(program)).report.usage.fuel);
    expect(fuel[0]).toBeGreaterThan(100_000);
    expect(new Set(fuel).size).toBe(1);
  });

  it('finds the environment of the policy and no other', async () => {
    const sandbox = kept({}, { env: { REGION: 'eu' } });
    expect(dataOf(await sandbox.run(py('import os\ndict(os.environ)')))).toEqual({ REGION: 'eu' });
  });
});

describe('output', () => {
  it('is logged line by line, while it comes', async () => {
    const sandbox = kept();
    const live: string[] = [];
    const result = await sandbox.run(
      py('import sys, os\nprint("one", 1)\nprint("two", file=sys.stderr)\nos.write(1, b"three")\nNone', {
        onLog: ({ level, text }) => live.push(`${level} ${text}`),
      }),
    );
    expect(codeOf(result)).toBe('ok');
    expect(live.toSorted()).toEqual(['error two', 'log one 1', 'log three']);
    expect(result.report.logs).toHaveLength(3);
  });

  it('is cut at the limit, and the report says so', async () => {
    const sandbox = kept({ logBytes: 1000 });
    const result = await sandbox.run(py('for i in range(1000): print("line", i)'));
    expect(codeOf(result)).toBe('ok');
    expect(result.report.truncations).toMatchObject([{ what: 'logs' }]);
  });
});

describe('failures', () => {
  it('show the lines of the plugin', async () => {
    const sandbox = kept();
    const result = await sandbox.run(
      py('def f(x):\n  return 1 / x\n\ndef main(input):\n  return f(input)', {
        input: 0,
        fileName: 'ratio.py',
      }),
    );
    if (result.success) throw new Error('it did not fail');
    const { error } = result;
    expect(error.code).toBe('GUEST_ERROR');
    expect(error.position).toEqual({ line: 2, column: 10 });
    expect(error.guest?.name).toBe('ZeroDivisionError');
    expect(error.guest?.stack).toContain('File "ratio.py", line 5, in main\n    return f(input)');
    expect(error.guest?.stack).toContain('File "ratio.py", line 2, in f\n    return 1 / x');
    expect(error.guest?.stack).not.toContain('_citadel');
  });

  it('show the line of a coroutine', async () => {
    const sandbox = kept();
    const result = await sandbox.run(
      py('import asyncio\nasync def main(x):\n  await asyncio.sleep(0)\n  raise KeyError("k")'),
    );
    expect(result).toMatchObject({ success: false, error: { position: { line: 4 } } });
  });

  it.each([
    ['a program that is none', 'def f(:\n  pass', 'GUEST_SYNTAX'],
    ['a NUL in the program', 'x = 1\0', 'GUEST_SYNTAX'],
    ['an exit with a status', 'import sys\nsys.exit(3)', 'GUEST_ERROR'],
    ['an exit below Python', 'import os\nos._exit(3)', 'GUEST_ERROR'],
    ['abort', 'import os\nos.abort()', 'GUEST_ERROR'],
    ['a raised BaseException', 'raise BaseException("x")', 'GUEST_ERROR'],
    ['a forged interrupt', 'raise KeyboardInterrupt', 'GUEST_ERROR'],
    ['endless recursion', 'def f(): f()\nf()', 'STACK_OVERFLOW'],
    [
      'a coroutine nobody can wake',
      'import asyncio\nasync def main(x):\n  await asyncio.Future()',
      'NEVER_SETTLES',
    ],
    ['a module that is not there', 'import nothing_like_this', 'GUEST_ERROR'],
  ])('%s', async (_title, code, expected) => {
    const sandbox = kept();
    expect(codeOf(await sandbox.run(py(code)))).toBe(expected);
    expect(dataOf(await sandbox.run(py('1 + 1')))).toBe(2);
  });

  it('name the line of a syntax error', async () => {
    const sandbox = kept();
    const result = await sandbox.run(py('x = 1\ny = = 2'));
    expect(result).toMatchObject({
      success: false,
      error: { code: 'GUEST_SYNTAX', position: { line: 2, column: 5 } },
    });
  });
});

describe('limits', () => {
  it.each([
    ['a loop in Python', 'while True: pass'],
    ['a loop inside the interpreter', 'sum(range(10**12))'],
    ['an interrupt swallowed', 'while True:\n  try:\n    while True: pass\n  except BaseException: pass'],
    ['a search that never ends', 'import re\nre.match("(a+)+$", "a" * 40 + "b")'],
  ])('%s ends at its fuel, and the cell goes on', async (_title, code) => {
    const sandbox = kept({ fuel: 30_000_000 });
    expect(codeOf(await sandbox.run(py(code)))).toBe('FUEL_EXHAUSTED');
    expect(dataOf(await sandbox.run(py('1 + 1')))).toBe(2);
  });

  it('sleeping ends at the deadline, and takes no processor time', async () => {
    const sandbox = kept({ timeoutMs: 300 });
    const result = await sandbox.run(py('import time\ntime.sleep(1000)'));
    expect(codeOf(result)).toBe('TIMEOUT');
    expect(
      codeOf(await sandbox.run(py('import asyncio\nasync def main(x):\n  await asyncio.sleep(1000)'))),
    ).toBe('TIMEOUT');
  });

  it('memory ends at its limit, and is there again for the next run', async () => {
    const sandbox = kept({ memoryBytes: 8 * 1024 * 1024 });
    expect(codeOf(await sandbox.run(py('len(bytearray(6_000_000))')))).toBe('ok');
    expect(codeOf(await sandbox.run(py('x = []\nwhile True: x.append(bytes(100_000))')))).toBe(
      'MEMORY_LIMIT',
    );
    expect(codeOf(await sandbox.run(py('len(bytearray(6_000_000))')))).toBe('ok');
  });

  it('a result that is too large fails the run', async () => {
    const sandbox = kept({ outputBytes: 1000 });
    expect(codeOf(await sandbox.run(py('"x" * 900')))).toBe('ok');
    expect(codeOf(await sandbox.run(py('"x" * 1100')))).toBe('OUTPUT_TOO_LARGE');
  });
});

describe('files', () => {
  const policy = { files: { read: ['/data'], write: ['/out'] } };

  it('come in, and come out when they changed', async () => {
    const sandbox = kept({}, policy);
    const result = await sandbox.run(
      py(
        'text = open("/data/a/in.txt").read()\nimport os\nos.makedirs("/out/deep")\nopen("/out/deep/r.txt", "w").write(text.upper())\nsorted(os.listdir("/data/a"))',
        {
          files: { '/data/a/in.txt': 'hello', '/out/kept.txt': 'same' },
        },
      ),
    );
    expect(dataOf(result)).toEqual(['in.txt']);
    const files = result.success ? result.files : {};
    expect(Object.keys(files ?? {})).toEqual(['/out/deep/r.txt']);
    expect(new TextDecoder().decode(files?.['/out/deep/r.txt'])).toBe('HELLO');
  });

  it.each([
    ['write where only reading is granted', 'open("/data/x", "w")', /Read-only/],
    ['change a file that is only read', 'open("/data/f", "a")', /Read-only/],
    ['remove one', 'import os\nos.remove("/data/f")', /Read-only/],
    ['rename one', 'import os\nos.rename("/data/f", "/out/f")', /Read-only/],
    ['change the standard library', 'open("/lib/python314.zip", "r+b")', /Read-only/],
    ['look outside', 'open("/etc/passwd")', /No such file/],
    ['use more than the quota', 'open("/tmp/x", "wb").write(bytes(2_000_000))', /No space/],
    ['make more files than the quota', 'for i in range(300): open(f"/tmp/{i}", "w").close()', /No space/],
    [
      'open more than the quota',
      'x = [open("/data/f") for i in range(100)]',
      /open files|No file descriptors/i,
    ],
    [
      'ask for a sparse terabyte',
      'import os\nos.truncate(os.open("/tmp/x", os.O_CREAT | os.O_RDWR), 1 << 40)',
      /No space/,
    ],
  ])('cannot %s', async (_title, code, message) => {
    const sandbox = kept({ fileBytes: 1_000_000, fileCount: 200 }, policy);
    const result = await sandbox.run(py(code, { files: { '/data/f': 'x' } }));
    expect(!result.success && result.error.guest?.message).toMatch(message);
  });
});
