/** The command line with WebAssembly modules. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import core from '../contract/native/core.wat';
import extism from '../contract/native/extism.wat';
import functions from '../contract/native/functions.wat';
import { citadel, folder } from './cli.ts';
import writer from './native/writer.wat';

const { path, file } = folder();
const numbers = file('functions.wasm', functions);
const files = file('writer.wasm', writer);

describe('citadel run FILE.wasm', () => {
  it('calls a function', async () => {
    const ended = await citadel(['run', numbers, '--entry', 'add', '--input', '[20, 22]']);
    expect(ended).toMatchObject({ code: 0, out: '42\n', err: '' });
    expect(await citadel(['run', numbers, '--entry', 'mul', '--input', '[3, 4]'])).toMatchObject({
      out: '{\n  "$bigint": "12"\n}\n',
    });
  });

  it('lists what could be called when the name is wrong', async () => {
    const ended = await citadel(['run', numbers, '--entry', 'sub']);
    expect(ended).toMatchObject({ code: 2, out: '' });
    expect(ended.err).toMatch(/exports no function "sub"; it has "add", "mul"/);
  });

  it('converts JSON for the core interface, and reads it from stdin', async () => {
    const program = file('core.wasm', core);
    const ended = await citadel(['run', program, '--input', '-'], { stdin: '{"a":[1]}' });
    expect(JSON.parse(ended.out)).toEqual({ a: [1] });
    const module = await citadel(['run', '-', '--ext', 'wasm', '--json'], { stdin: '' });
    expect(JSON.parse(module.out)).toMatchObject({ success: false, error: { code: 'WASM_INVALID' } });
  });

  it('ends what never ends with exit code 124, out of fuel too', async () => {
    expect((await citadel(['run', numbers, '--entry', 'spin', '--timeout', '100ms'])).code).toBe(124);
    expect((await citadel(['run', numbers, '--entry', 'spin', '--fuel', '100000'])).code).toBe(124);
  });

  it('denies the network with exit code 3, and says what was asked for', async () => {
    const program = file('extism.wasm', extism);
    const ended = await citadel([
      'run',
      program,
      '--entry',
      'fetch',
      '--input',
      '{"url":"http://evil.example/"}',
    ]);
    expect(ended.code).toBe(3);
    expect(ended.err).toMatch(/denied network evil\.example; add "evil\.example" to network\.allow/);
  });

  it('gives files to the guest, and saves what it leaves', async () => {
    const source = file('in.txt', 'from the host');
    const saved = join(path, 'saved');
    const ended = await citadel(['run', files, '--file', `/in/a.txt=${source}`, '--save', `/out=${saved}`]);
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.err).toContain(`saved ${join(saved, 'copy.txt')}`);
    expect(readFileSync(join(saved, 'copy.txt'), 'utf8')).toBe('from the host');
  });

  it('does not write through a link that stands in the way', async () => {
    const source = file('in2.txt', 'from the host');
    const victim = file('victim.txt', 'mine');
    const saved = join(path, 'trap');
    mkdirSync(saved);
    symlinkSync(victim, join(saved, 'copy.txt'));
    const ended = await citadel(['run', files, '--file', `/in/a.txt=${source}`, '--save', `/out=${saved}`]);
    expect(ended.code).toBe(2);
    expect(ended.err).toMatch(/could not be written \(EEXIST\)/);
    expect(readFileSync(victim, 'utf8')).toBe('mine');
  });
});

describe('citadel inspect', () => {
  it('says what a module is, can be asked, and imports', async () => {
    const ended = await citadel(['inspect', numbers]);
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(ended.out).toContain('exported functions');
    expect(ended.out).toContain('  swap(i32, i64) → (i64, i32)\n');
    const plugin = await citadel(['inspect', file('e.wasm', extism), '--json']);
    expect(JSON.parse(plugin.out)).toMatchObject({
      valid: true,
      abi: 'extism',
      imports: expect.arrayContaining([
        { module: 'extism:host/env', name: 'http_request', kind: 'function', granted: true },
      ]),
    });
  });

  it('exits as a run would, with the reason', async () => {
    const ended = await citadel(['inspect', file('text.wasm', 'no module')]);
    expect(ended.code).toBe(1);
    expect(ended.out).toMatch(/would be refused:\n {2}WASM_INVALID: not a WebAssembly module/);
    const large = await citadel(['inspect', file('policy.wasm', functions), '--policy', policyFile()]);
    expect(large.code).toBe(2);
    expect(large.out).toContain('CODE_TOO_LARGE');
  });
});

function policyFile(): string {
  const policy = join(path, 'small.json');
  writeFileSync(policy, '{"limits":{"moduleBytes":100}}');
  return policy;
}
