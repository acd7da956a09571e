/** The JSON of a native plugin is counted before it is parsed: a cell that was destroyed does not compute on. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import wabt from 'wabt';
import { createSandbox } from '../../../src/index.ts';

const MiB = 1024 * 1024;
const limits = {
  memoryBytes: 512 * MiB,
  outputBytes: 64 * MiB,
  timeoutMs: 60_000,
  maxExecutionTimeMs: 120_000,
};
const sandbox = createSandbox({ policy: { limits } });
afterAll(() => sandbox.close());

/** A module whose answer is `before`, then `unit` until there are `bytes`, then `after`. */
async function answering(before: string, unit: string, after: string, bytes: number): Promise<Uint8Array> {
  const { parseWat } = await wabt();
  const data = (text: string): string =>
    [...new TextEncoder().encode(text)].map(b => `\\${b.toString(16).padStart(2, '0')}`).join('');
  const pages = Math.ceil((bytes + unit.length) / 65_536) + 2;
  const count = Math.floor(bytes / unit.length);
  const module = parseWat(
    'answering.wat',
    `(module (memory (export "memory") ${pages})
      (data (i32.const 8) "${data(unit)}") (data (i32.const 512) "${data(before)}") (data (i32.const 768) "${data(after)}")
      (func (export "alloc") (param i32) (result i32) (i32.const 0))
      (func (export "run") (param i32 i32) (result i64) (local $i i32) (local $at i32)
        (memory.copy (i32.const 1024) (i32.const 512) (i32.const ${before.length}))
        (local.set $at (i32.const ${1024 + before.length}))
        (loop $next
          (memory.copy (local.get $at) (i32.const 8) (i32.const ${unit.length}))
          (local.set $at (i32.add (local.get $at) (i32.const ${unit.length})))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $next (i32.lt_u (local.get $i) (i32.const ${count}))))
        (memory.copy (local.get $at) (i32.const 768) (i32.const ${after.length}))
        (i64.or (i64.shl (i64.const 1024) (i64.const 32))
          (i64.extend_i32_u (i32.sub (i32.add (local.get $at) (i32.const ${after.length})) (i32.const 1024))))))`,
  );
  const { buffer } = module.toBinary({});
  module.destroy();
  return new Uint8Array(buffer);
}

describe('JSON of a native plugin', () => {
  it.each([
    ['HOST-JSON-001', '{},'],
    ['HOST-JSON-002', '[],'],
    ['HOST-JSON-003', '{"1023":0},'],
    ['HOST-JSON-004', '"ab",'],
  ])(
    '%s 40 MiB of %s are refused, and the cell stays',
    async (_, unit) => {
      const code = await answering('[', unit, '0]', 40 * MiB);
      const result = await sandbox.run({ runtime: 'wasm', code, input: null });
      expect(result).toMatchObject({
        success: false,
        error: { code: 'OUTPUT_TOO_LARGE' },
        report: { terminated: false },
      });
    },
    120_000,
  );

  it('HOST-JSON-005 a run that is ended while its answer is read leaves nothing that computes', async () => {
    const small = createSandbox({ policy: { limits: { ...limits, timeoutMs: 300 } } });
    const code = await answering('[', '{},', '0]', 48 * MiB);
    const result = await small.run({ runtime: 'wasm', code, input: null });
    expect(['TIMEOUT', 'OUTPUT_TOO_LARGE']).toContain(result.success ? 'ok' : result.error.code);
    await small.close();
    // Within a generous while there is a second in which this process does next to nothing.
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 20 && least > 300_000; i++) {
      const before = process.cpuUsage();
      await sleep(1000);
      const { user, system } = process.cpuUsage(before);
      least = Math.min(least, user + system);
    }
    expect(least).toBeLessThan(300_000);
  }, 120_000);

  it('keeps integers exactly, and refuses what no number is', async () => {
    const exact = await answering('[', '9007199254740993,', '18446744073709551615]', 17);
    expect(await sandbox.run({ runtime: 'wasm', code: exact, input: null })).toMatchObject({
      data: [9007199254740993n, 18446744073709551615n],
    });
    const huge = await answering('[', '{"a":1e400},', '0]', 12);
    expect(await sandbox.run({ runtime: 'wasm', code: huge, input: null })).toMatchObject({
      error: { code: 'OUTPUT_UNSUPPORTED', message: 'output[0].a is larger than any number' },
    });
  });
});
