/** WASI commands: the same answers everywhere. */
import { describe, expect, it } from 'vitest';
import type { RunOptions } from '../../src/index.ts';
import command from './native/command.wat';
import { codeOf, dataOf, make } from './support.ts';

const wasm = (code: Uint8Array, more: Partial<RunOptions> = {}): RunOptions => ({
  runtime: 'wasm',
  code,
  ...more,
});
const utf8 = new TextEncoder();

describe('a WASI command', () => {
  it('reads standard input and answers on standard output', async () => {
    await using sandbox = make();
    const result = await sandbox.run(wasm(command, { input: { a: [1, 2, 3] } }));
    expect(dataOf(result)).toEqual({ a: [1, 2, 3] });
    expect(result.report.logs).toMatchObject([{ level: 'error', text: 'copied' }]);
  });

  it('fails with the code it exits with', async () => {
    await using sandbox = make();
    const exit = (code: string) => sandbox.run(wasm(command, { input: utf8.encode(code) }));
    expect(dataOf(await exit('!0'))).toBeUndefined();
    expect(await exit('!3')).toMatchObject({
      error: { code: 'GUEST_ERROR', guest: { name: 'Exit', message: 'the program exited with code 3' } },
    });
  });

  it('writes no more than the result may hold', async () => {
    await using sandbox = make({ outputBytes: 1000 });
    const size = (bytes: number) =>
      sandbox.run(wasm(command, { input: utf8.encode('x'.repeat(bytes)), output: 'bytes' }));
    expect(codeOf(await size(900))).toBe('ok');
    expect(codeOf(await size(1001))).toBe('OUTPUT_TOO_LARGE');
  });
});
