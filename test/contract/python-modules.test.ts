/** policy.modules.python: which modules the plugin's own code may import. */
import { describe, expect, it } from 'vitest';
import { codeOf, dataOf, kept } from './support.ts';

const python = (code: string) => ({ runtime: 'python' as const, code });
const policy = { modules: { python: ['json', 'urllib.parse', 'collections'] } };

describe('policy.modules.python', () => {
  it.each([
    ['a granted module', 'import json\njson.dumps(1)', '1'],
    ['what is below a granted module', 'import collections.abc\ncollections.abc.Sized.__name__', 'Sized'],
    ['a granted module of a package', 'from urllib.parse import quote\nquote("/")', '/'],
    ['the same by its package', 'from urllib import parse\nparse.quote(" ")', '%20'],
    ['what a granted module imports itself', 'import json\njson.JSONDecoder().decode("2") * "x"', 'xx'],
  ])('grants %s', async (_title, code, expected) => {
    const sandbox = kept({}, policy);
    expect(dataOf(await sandbox.run(python(code)))).toBe(expected);
  });

  it.each([
    ['a module that is not listed', 'import os', 'os'],
    ['another module of the same package', 'import urllib.request', 'urllib.request'],
    ['another one by its package', 'from urllib import request', 'urllib.request'],
    ['one inside a function', 'def main(_):\n  import sqlite3', 'sqlite3'],
    ['one in text that is run', 'exec("import sys")', 'sys'],
    ['one that does not exist', 'import nothing_like_this', 'nothing_like_this'],
    ['a module whose name begins like a granted one', 'import jsonx', 'jsonx'],
  ])('refuses %s, and reports it', async (_title, code, subject) => {
    const sandbox = kept({}, policy);
    const result = await sandbox.run(python(code));
    expect(codeOf(result)).toBe('MODULE_DENIED');
    expect(result.report.denials).toMatchObject([
      { kind: 'module', subject, hint: `add "${subject}" to policy.modules.python` },
    ]);
  });

  it('lets the plugin go on without the module', async () => {
    const sandbox = kept({}, policy);
    const result = await sandbox.run(
      python('try:\n  import os\nexcept ImportError as e:\n  name = e.name\nname'),
    );
    expect(dataOf(result)).toBe('os');
    expect(result.report.denials).toHaveLength(1);
  });

  it('grants nothing when it is empty, and the whole library when it is absent', async () => {
    const none = kept({}, { modules: { python: [] } });
    expect(codeOf(await none.run(python('import math')))).toBe('MODULE_DENIED');
    expect(dataOf(await none.run(python('sum([1, 2])')))).toBe(3);
    const all = kept();
    expect(dataOf(await all.run(python('import math\nmath.gcd(4, 6)')))).toBe(2);
  });
});

describe('a module that is missing', () => {
  it.each(['import numpy as np', 'from pandas import DataFrame', '__import__("numpy.linalg")'])(
    'and compiled is explained: %s',
    async code => {
      const sandbox = kept();
      const result = await sandbox.run(python(code));
      expect(!result.success && result.error.message).toMatch(
        /No module named '(?:numpy|pandas)': it is compiled, and .* pass it as input/,
      );
    },
  );

  it('can be brought along, the message says', async () => {
    const sandbox = kept();
    const result = await sandbox.run(python('import httpx'));
    expect(!result.success && result.error.message).toMatch(
      /'httpx': .* as a wheel, in the packages of the run/,
    );
    for (const code of ['import curses', 'import urllib.nothing'])
      expect(await sandbox.run(python(code))).toMatchObject({
        error: { message: expect.stringContaining('that this sandbox has not') },
      });
  });

  it('is None, or Python’s own message, for a program that asks', async () => {
    const sandbox = kept();
    const code = `
import importlib.util
try: import numpy
except ModuleNotFoundError as e: text = str(e)
[text, [importlib.util.find_spec(n) for n in ("numpy", "httpx", "urllib.nothing")]]`;
    expect(dataOf(await sandbox.run(python(code)))).toEqual(["No module named 'numpy'", [null, null, null]]);
  });
});
