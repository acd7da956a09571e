/** What Python itself says about a program that does not run. */
import { describe, expect, it } from 'vitest';
import type { PluginSecurityPolicy, Problem, ValidationReport } from '../../src/index.ts';
import { wheel } from '../wheel.ts';
import { kept, make } from './support.ts';

async function check(code: string, policy: PluginSecurityPolicy = {}): Promise<ValidationReport> {
  return await kept(policy.limits, policy).validate({ runtime: 'python', code });
}

/** `line:column-endLine:endColumn severity rule: message`. */
const line = ({ rule, severity, message, ...at }: Problem): string =>
  `${at.line}:${at.column}-${at.endLine}:${at.endColumn} ${severity} ${rule}: ${message}`;
const lines = async (code: string, policy: PluginSecurityPolicy = {}): Promise<string[]> =>
  (await check(code, policy)).problems.map(line);

describe('a Python program is valid', () => {
  it.each([
    ['1 + 1', 'script'],
    ['def main(input):\n  return input', 'main'],
    ['async def main():\n  return 1', 'main'],
    ['def main(input, *, extra=1):\n  return [x for x in (yield_ for yield_ in input)]', 'main'],
    ['import asyncio\nawait asyncio.sleep(0)\n2', 'script'],
    ['import json as j, os.path\nfrom collections import abc\nj.dumps(1)', 'script'],
    ['class socket:\n  def socket(self): pass\nsocket.socket\nsocket().socket()', 'script'],
    ['import threading\nwith threading.Lock():\n  x = 1\nx', 'script'],
    ['def input(): return 1\ninput()', 'script'],
    ['match {"a": 1}:\n  case {"a": x}: y = x\ny', 'script'],
    ['type A[T] = list[T]\nt"{1}"', 'script'],
  ])('%j', async (code, form) => {
    expect(await check(code)).toEqual({ valid: true, form, problems: [], truncated: false });
  });
});

describe('a syntax error is told where Python sees it', () => {
  it.each([
    ['x = = 1', '1:5-1:6 error syntax: invalid syntax'],
    ['f(1,\n  2', "1:2-1:3 error syntax: '(' was never closed"],
    ['if True\n  1', "1:8-1:9 error syntax: expected ':'"],
    ['if True:\n1', "2:1-2:2 error syntax: expected an indented block after 'if' statement on line 1"],
    ['x = "abc', '1:5-1:6 error syntax: unterminated string literal (detected at line 1)'],
    ['return 1', "1:1-1:9 error syntax: 'return' outside function"],
    [
      'def f():\n  x = 1\n  global x',
      "3:3-3:11 error syntax: name 'x' is assigned to before global declaration",
    ],
    ['def f():\n  await g()', "2:3-2:12 error syntax: 'await' outside async function"],
    ['break', "1:1-1:6 error syntax: 'break' outside loop"],
    ['print "x"', `1:1-1:10 error syntax: Missing parentheses in call to 'print'. Did you mean print(...)?`],
    // Columns are UTF-16 units: two for each of these, on both sides of what counts in bytes.
    ['"🐍🐍"; x = = 1', '1:13-1:14 error syntax: invalid syntax'],
    ['"🐍é"; return 1', "1:8-1:16 error syntax: 'return' outside function"],
    ['x = 1\r\n\ty = 2', '2:1-2:2 error syntax: unexpected indent'],
    ['\0', '1:1-1:2 error syntax: source code string cannot contain null bytes'],
  ])('%j', async (code, problem) => {
    expect(await check(code)).toMatchObject({ valid: false, form: null });
    expect(await lines(code)).toEqual([problem]);
  });

  it('is no error of ours when the program is nested too deeply', async () => {
    for (const code of ['('.repeat(5000), `${'-'.repeat(100_000)}1`, `x${'.a'.repeat(50_000)}`]) {
      const { problems } = await check(code);
      expect(problems.filter(({ severity }) => severity === 'error').length, code.slice(0, 9)).toBeLessThan(
        2,
      );
      for (const { rule } of problems) expect(['syntax', 'no-result']).toContain(rule);
    }
  });

  it('warns as Python warns', async () => {
    expect(await lines('x = 1\nx is 1')).toEqual([
      `2:1-2:7 warning syntax: "is" with 'int' literal. Did you mean "=="?`,
    ]);
  });
});

describe('imports', () => {
  const policy = { modules: { python: ['json', 'urllib.parse'] } };

  it('that the policy does not list are errors, at their place', async () => {
    expect(
      await lines('import json\nimport os, urllib.parse\nfrom urllib import request\n1', policy),
    ).toEqual([
      "2:1-2:24 error forbidden-import: policy.modules.python does not list 'os'",
      "3:1-3:27 error forbidden-import: policy.modules.python does not list 'urllib.request'",
    ]);
  });

  it('that a handler expects to fail are warnings', async () => {
    const code = 'try:\n  import os\nexcept ImportError:\n  os = None\nos';
    expect(await lines(code, policy)).toEqual([
      "2:3-2:12 warning forbidden-import: policy.modules.python does not list 'os'",
    ]);
    expect(await lines('try:\n  import os\nexcept ValueError:\n  pass\n1', policy)).toEqual([
      expect.stringContaining('error'),
    ]);
  });

  it('of what is not there say what to do', async () => {
    expect(
      await lines('import js\nimport numpy.linalg\nimport curses\nimport httpx\nfrom . import x\n1'),
    ).toEqual([
      "1:1-1:10 error missing-module: 'js' is not part of this sandbox",
      expect.stringMatching(
        /^2:1-2:20 error missing-module: 'numpy\.linalg' is compiled, and .* pass it as input$/,
      ),
      "3:1-3:14 error missing-module: 'curses' is a part of the standard library that this sandbox has not",
      expect.stringMatching(/^4:1-4:13 warning missing-module: 'httpx' is not in the .* as a wheel/),
      '5:1-5:16 error missing-module: a plugin is no package: there is nothing relative to it',
    ]);
  });

  it('of a package that comes along are there', async () => {
    const sandbox = kept();
    const code = 'import demo.inner, demo.other\n1';
    const packages = [await wheel({ 'demo/__init__.py': '', 'demo/inner.py': '' })];
    const { problems } = await sandbox.validate({ runtime: 'python', code, packages });
    expect(problems.map(line)).toEqual([expect.stringContaining("warning missing-module: 'demo.other'")]);
  });
});

describe('what can never work is a warning', () => {
  it.each([
    [
      'import socket\nsocket.socket()',
      '2:1-2:14 warning never-works: socket.socket() cannot work: there are no sockets in here: use urllib.request, requests or `await citadel.fetch`',
    ],
    [
      'import socket as s\ns.create_connection(("a", 1))',
      '2:1-2:20 warning never-works: socket.create_connection() cannot',
    ],
    [
      'from subprocess import run as r\nr(["ls"])',
      '2:1-2:2 warning never-works: subprocess.run() cannot work: there are no processes',
    ],
    ['import smtplib\nsmtplib.SMTP("x")', '2:1-2:13 warning never-works: smtplib.SMTP()'],
    [
      'from threading import Thread\nThread(target=print).start()',
      '2:1-2:7 warning never-works: threading.Thread()',
    ],
    ['import os\nos.system("ls")', '2:1-2:10 warning never-works: os.system()'],
    ['name = input("name?")\nname', '1:8-1:13 warning never-works: input is the plugin'],
    ['breakpoint()', '1:1-1:11 warning never-works: breakpoint()'],
  ])('%j', async (code, problem) => {
    const found = await lines(code);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(problem);
  });
});

it('requests are warnings where the policy allows none', async () => {
  const code =
    'import urllib.request, citadel\nfrom requests import get\nurllib.request.urlopen("http://x")\nget("http://x")\nawait citadel.fetch("http://x")';
  expect(await lines(code)).toEqual([
    '3:1-3:23 warning network-denied: policy.network.allow lists no host: every request will be refused',
    expect.stringMatching(/^4:1-4:4 warning network-denied/),
    expect.stringMatching(/^5:7-5:20 warning network-denied/),
  ]);
  expect(await lines(code, { network: { allow: ['x.example'] } })).toEqual([]);
});

describe('main', () => {
  it.each([
    ['def main(a, b):\n  return 1', '1:1-1:9 error main: main is called with one argument, the input'],
    ['async def main(*, a):\n  return 1', '1:1-1:9 error main: main is called with one argument'],
    ['def main(a):\n  yield a', '1:1-1:9 error main: main is a generator'],
    ['def main(a):\n  return a\nmain(1)', '3:1-3:8 warning main: main is called with the input when'],
    ['if __name__ == "__main__":\n  def main(a): return a\n  main(1)', '3:3-3:10 warning main'],
  ])('%j', async (code, problem) => {
    expect(await lines(code)).toEqual([expect.stringContaining(problem)]);
  });

  it('or a last expression is missing', async () => {
    expect(await lines('x = 1\ny = 2\n')).toEqual([
      '2:1-2:6 warning no-result: the result is None: define main(input), or end with an expression',
    ]);
    expect(await lines('')).toEqual([expect.stringContaining('1:1-1:2 warning no-result')]);
  });
});

describe('the report', () => {
  it('has at most 100 problems, and says that there are more', async () => {
    const report = await check('import js\n'.repeat(150));
    expect(report.problems).toHaveLength(100);
    expect(report).toMatchObject({ valid: false, truncated: true });
  });

  it('says of a program that is too long nothing else', async () => {
    expect(await lines('x = = 1', { limits: { codeBytes: 6 } })).toEqual([
      '1:1-1:2 error code-size: the program has more than policy.limits.codeBytes = 6 bytes',
    ]);
  });

  it('is the same whatever ran before, and nothing of the program runs', async () => {
    const sandbox = kept();
    const code = 'import builtins\nbuiltins.len = None\nprint("ran")\n1';
    const first = await sandbox.validate({ runtime: 'python', code });
    expect((await sandbox.run({ runtime: 'python', code })).success).toBe(true);
    expect(await sandbox.validate({ runtime: 'python', code })).toEqual(first);
    expect(first.valid).toBe(true);
  });

  it('is refused for other languages and options, and by a closed sandbox', async () => {
    const sandbox = make();
    const ask = (options: object) => sandbox.validate({ runtime: 'python', code: '1', ...options } as never);
    await expect(ask({ runtime: 'javascript' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(ask({ input: 1 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(ask({ code: 1 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await sandbox.close();
    await expect(ask({})).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('cannot be made of a program that takes too long to read', async () => {
    const sandbox = kept({ fuel: 1000 });
    await expect(
      sandbox.validate({ runtime: 'python', code: 'x = [1]\n'.repeat(10_000) }),
    ).rejects.toMatchObject({
      code: 'FUEL_EXHAUSTED',
    });
  });
});
