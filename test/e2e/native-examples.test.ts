/** The native examples on input that is not as tidy as that of `npm start`: they are what people copy from. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createSandbox, type ExecutionResult, type RunOptions } from '../../src/index.ts';

async function run(name: string, options: Omit<RunOptions, 'runtime' | 'code'>): Promise<ExecutionResult> {
  await using sandbox = createSandbox({ policy: { files: { read: ['/data'] } } });
  const url = new URL(`../../examples/native/${name}/${name}.wasm`, import.meta.url);
  return await sandbox.run({ runtime: 'wasm', code: new Uint8Array(readFileSync(url)), ...options });
}

const stats = (csv: string, request: object = { file: '/data/a.csv', column: 'v' }) =>
  run('csv-stats', { input: { ...request }, files: { '/data/a.csv': csv } });
const json = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('csv-stats', () => {
  it('reads quoted cells, carriage returns and a byte order mark', async () => {
    const result = await stats('\ufeffv,n\r\n0.001,"a,b"\r\n"0.002","say ""x"""\r\nnone,c\r\n');
    expect(result).toMatchObject({ success: true, data: { count: 2, skipped: 1, sum: 0.003, min: 0.001 } });
  });

  it('takes names of members for names, and values for values', async () => {
    const request = { note: 'column', unit: 'file', column: 'file', file: '/data/a.csv' };
    expect(await stats('file\n7\n', request)).toMatchObject({ success: true, data: { sum: 7 } });
  });

  it('says what is wrong instead of answering what is no JSON', async () => {
    for (const [csv, said] of [
      ['v\n1e308\n1e308\n', 'too large to add up'],
      [`v\n${'1'.repeat(70_000)}\n`, 'a line is too long'],
      ['w\n1\n', 'no such column: v'],
      ['v\n', 'no numbers in the column: v'],
      ['', 'empty: /data/a.csv'],
    ] as const) {
      const { success, report } = await stats(csv);
      expect([success, report.logs.map(({ text }) => text).join()]).toEqual([
        false,
        expect.stringContaining(said),
      ]);
    }
  });
});

describe('word-count', () => {
  it('joins the halves of an escaped pair, and only those', async () => {
    const input = json('{"top": 9, "text": "\\ud835\\udcb3 \\ud835\\udcb3 a\\ud835b \\u00e9\\u0041"}');
    expect(await run('word-count', { input })).toMatchObject({
      success: true,
      data: {
        words: 5,
        top: [
          ['\u{1d4b3}', 2],
          ['a', 1],
          ['b', 1],
          ['éa', 1],
        ],
      },
    });
  });

  it('fails on what is no request', async () => {
    for (const text of ['', '[]', '{"top":1}', '{"text":"\\u00', '{"text":"a"']) {
      expect(await run('word-count', { input: json(text) })).toMatchObject({
        success: false,
        error: { code: 'GUEST_ERROR' },
      });
    }
  });
});
