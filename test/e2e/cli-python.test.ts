/** The command line with Python programs. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { wheel } from '../wheel.ts';
import { citadel, folder } from './cli.ts';

const { path, file } = folder();

describe('citadel run FILE.py', () => {
  it('runs it, logs what it prints, and prints its result', async () => {
    const program = file(
      'total.py',
      'def main(input):\n    print("adding", len(input))\n    return {"total": sum(input)}\n',
    );
    const ended = await citadel(['run', program, '--input', '[20, 22]']);
    expect(ended).toMatchObject({ code: 0, out: '{\n  "total": 42\n}\n', err: '[log] adding 2\n' });
  });

  it('reads it from stdin', async () => {
    expect(await citadel(['run', '-', '--ext', 'py'], { stdin: '6 * 7' })).toMatchObject({
      code: 0,
      out: '42\n',
    });
  });

  it('shows the lines of the plugin, and exits with 1', async () => {
    const ended = await citadel(['run', file('bad.py', 'def f():\n    return {}["x"]\n\nf()\n')]);
    expect(ended).toMatchObject({ code: 1, out: '' });
    expect(ended.err).toContain('KeyError');
    expect(ended.err).toContain('bad.py');
  });

  it('ends what never ends with exit code 124', async () => {
    const program = file('spin.py', 'sum(range(10**12))');
    expect((await citadel(['run', program, '--timeout', '300ms'])).code).toBe(124);
    expect((await citadel(['run', program, '--fuel', '10000000'])).code).toBe(124);
  });

  it('hands files in and out', async () => {
    const program = file('upper.py', 'open("/out/b.txt", "w").write(open("/data/a.txt").read().upper())');
    const out = join(path, 'out');
    mkdirSync(out);
    const ended = await citadel([
      'run',
      program,
      '--file',
      `/data/a.txt=${file('a.txt', 'hello')}`,
      '--save',
      `/out=${out}`,
    ]);
    expect(ended.code).toBe(0);
    expect(readFileSync(join(path, 'out/b.txt'), 'utf8')).toBe('HELLO');
  });

  it('lets it import a wheel, pinned or not', async () => {
    const { fileName, bytes, sha256 } = await wheel({ 'demo.py': 'VALUE = 42' });
    const packed = join(path, fileName);
    writeFileSync(packed, bytes);
    const program = file('uses.py', 'import demo\ndemo.VALUE');
    const pinned = `${packed}#sha256=${sha256}`;
    expect(await citadel(['run', program, '--package', pinned])).toMatchObject({
      code: 0,
      out: '42\n',
      err: '',
    });
    const loose = await citadel(['run', program, '--package', packed]);
    expect(loose).toMatchObject({ code: 0, out: '42\n' });
    expect(loose.err).toContain(`--package ${pinned}`);
    const other = await citadel(['run', program, '--package', `${packed}#sha256=${'0'.repeat(64)}`]);
    expect(other).toMatchObject({ code: 2, out: '' });
    expect(other.err).toContain(`its SHA-256 is ${sha256}`);
    for (const bad of [`${packed}#sha256=12`, '-', join(path, 'missing.whl'), program])
      expect(await citadel(['run', program, '--package', bad])).toMatchObject({ code: 2, out: '' });
    expect((await citadel(['run', file('a.js', '1'), '--package', packed])).err).toMatch(/Python plugins/);
  });

  it('refuses options that are not for it', async () => {
    const program = file('one.py', '1');
    expect(await citadel(['run', program, '--entry', 'main'])).toMatchObject({ code: 2 });
    expect(await citadel(['run', program, '--allow-module', 'a=b'])).toMatchObject({ code: 2 });
  });
});

describe('citadel validate FILE.py', () => {
  it('prints a line for each problem, as Python sees it', async () => {
    const program = file('draft.py', 'import numpy\nimport os\nos.system("ls")\n');
    expect(await citadel(['validate', program])).toMatchObject({
      code: 1,
      out: [
        `${program}:1:1: error: 'numpy' is compiled, and this sandbox loads packages of pure Python only; use the standard library, or compute it on the host and pass it as input [missing-module]`,
        `${program}:3:1: warning: os.system() cannot work: there are no processes in here [never-works]\n`,
      ].join('\n'),
      err: '',
    });
    const broken = await citadel(['validate', '-', '--ext', 'py', '--json'], { stdin: 'x = (1' });
    expect(broken.code).toBe(1);
    expect(JSON.parse(broken.out)).toMatchObject({
      valid: false,
      form: null,
      problems: [
        { rule: 'syntax', message: "'(' was never closed", line: 1, column: 5, endLine: 1, endColumn: 6 },
      ],
    });
  });

  it('knows the policy and the packages', async () => {
    const policy = file('p.json', '{"modules":{"python":["demo"]}}');
    const program = file('good.py', 'import demo\ndemo.VALUE');
    const { fileName, bytes, sha256 } = await wheel({ 'demo.py': 'VALUE = 42' });
    const packed = join(path, fileName);
    writeFileSync(packed, bytes);
    const options = ['--policy', policy, '--package', `${packed}#sha256=${sha256}`];
    expect(await citadel(['validate', program, ...options])).toMatchObject({ code: 0, out: '', err: '' });
    const other = await citadel(['validate', file('bad.py', 'import json\n1'), ...options]);
    expect(other).toMatchObject({ code: 1, out: expect.stringContaining("does not list 'json'") });
  });
});
