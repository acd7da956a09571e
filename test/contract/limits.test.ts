import { describe, expect, it } from 'vitest';
import { LIMITS, type LimitName } from '../../src/index.ts';
import { codeOf, dataOf, js, make } from './support.ts';

const MiB = 1024 * 1024;

describe('limits', () => {
  it('timeoutMs ends a guest that computes, waits or breeds jobs, and keeps the sandbox', async () => {
    await using sandbox = make({ timeoutMs: 100 });
    for (const code of [
      'for(;;);',
      'await new Promise(r => setTimeout(r, 1e6))',
      '(function f(){ Promise.resolve().then(f) })()',
      'setInterval(() => {}, 0); await new Promise(() => {})',
    ]) {
      const result = await sandbox.run(js(code));
      expect(result, code).toMatchObject({
        error: { code: 'TIMEOUT', fault: 'limit' },
        report: { terminated: false },
      });
      expect(dataOf(await sandbox.run(js('1')))).toBe(1);
    }
  });

  it('timeoutMs leaves a guest that ends in time alone', async () => {
    await using sandbox = make({ timeoutMs: 5000 });
    expect(dataOf(await sandbox.run(js('await new Promise(r => setTimeout(r, 30)); 1')))).toBe(1);
  });

  it('maxExecutionTimeMs counts the wait for a cell', async () => {
    await using sandbox = make({ maxExecutionTimeMs: 400, timeoutMs: 10_000 });
    const results = await Promise.all([
      sandbox.run(js('await new Promise(r => setTimeout(r, 5000))')),
      sandbox.run(js('1')),
    ]);
    expect(results.map(codeOf)).toEqual(['RUN_TIMEOUT', 'RUN_TIMEOUT']);
    expect(dataOf(await sandbox.run(js('2')))).toBe(2);
  });

  it('fuel is the same for the same work, and ends what needs more', async () => {
    await using sandbox = make();
    const code = 'let n = 0; for (let i = 0; i < 200000; i++) n += i; n';
    const spent = (await sandbox.run(js(code))).report.usage.fuel ?? 0;
    expect((await sandbox.run(js(code))).report.usage.fuel).toBe(spent);
    expect(codeOf(await sandbox.run(js(code, { limits: { fuel: spent } })))).toBe('ok');
    expect(codeOf(await sandbox.run(js(code, { limits: { fuel: Math.floor(spent / 2) } })))).toBe(
      'FUEL_EXHAUSTED',
    );
  });

  it('memoryBytes ends what holds more', async () => {
    await using sandbox = make({ memoryBytes: 8 * MiB });
    const hold = (bytes: number): string => `const a = new Uint8Array(${bytes}).fill(1); a.length`;
    expect(dataOf(await sandbox.run(js(hold(6 * MiB))))).toBe(6 * MiB);
    expect(codeOf(await sandbox.run(js(hold(9 * MiB))))).toBe('MEMORY_LIMIT');
    expect(codeOf(await sandbox.run(js('const a = []; for (;;) a.push({ a })')))).toBe('MEMORY_LIMIT');
    expect(dataOf(await sandbox.run(js('1')))).toBe(1);
  });

  it('stackBytes ends recursion', async () => {
    await using sandbox = make();
    expect(codeOf(await sandbox.run(js('(function f() { f() })()')))).toBe('STACK_OVERFLOW');
    expect(dataOf(await sandbox.run(js('let n = 0; (function f() { if (n++ < 100) f() })(); n')))).toBe(101);
  });

  it('outputBytes, inputBytes and codeBytes are met to the byte', async () => {
    await using sandbox = make({ outputBytes: 100, inputBytes: 100, codeBytes: 100 });
    expect(codeOf(await sandbox.run(js('"x".repeat(50)')))).toBe('ok');
    expect(codeOf(await sandbox.run(js('"x".repeat(100)')))).toBe('OUTPUT_TOO_LARGE');
    expect(codeOf(await sandbox.run(js('input.length', { input: 'x'.repeat(50) })))).toBe('ok');
    await expect(sandbox.run(js('1', { input: 'x'.repeat(100) }))).rejects.toMatchObject({
      code: 'INPUT_TOO_LARGE',
    });
    expect(codeOf(await sandbox.run(js(`1${' '.repeat(99)}`)))).toBe('ok');
    await expect(sandbox.run(js(`1${' '.repeat(100)}`))).rejects.toMatchObject({ code: 'CODE_TOO_LARGE' });
    await expect(sandbox.run(js(`"${'é'.repeat(50)}"`))).rejects.toMatchObject({ code: 'CODE_TOO_LARGE' });
  });

  it('logBytes and logEntries drop what exceeds them, and say so', async () => {
    await using sandbox = make({ logBytes: 1000, logEntries: 5 });
    const many = await sandbox.run(js('for (let i = 0; i < 20; i++) console.log(i); 1'));
    expect(many.report.logs).toHaveLength(5);
    expect(many.report.truncations).toMatchObject([{ what: 'logs', dropped: 15 }]);
    const large = await sandbox.run(js('console.log("x".repeat(600)); console.log("y".repeat(600)); 1'));
    expect(large.report.logs.map(entry => entry.text[0])).toEqual(['x']);
  });

  it('of a run may be lowered, not raised', async () => {
    await using sandbox = make({ timeoutMs: 1000 });
    expect(codeOf(await sandbox.run(js('for(;;);', { limits: { timeoutMs: 50 } })))).toBe('TIMEOUT');
    await expect(sandbox.run(js('1', { limits: { timeoutMs: 2000 } }))).rejects.toMatchObject({
      code: 'LIMIT_OUT_OF_RANGE',
    });
    await expect(sandbox.run(js('1', { limits: { concurrency: 1 } }))).rejects.toMatchObject({
      fault: 'caller',
    });
  });

  for (const name of Object.keys(LIMITS) as LimitName[]) {
    it(`${name} is refused below its floor, above its ceiling, and when it is no integer`, () => {
      const { min, ceiling } = LIMITS[name];
      for (const value of [min - 1, ceiling + 1, Number.NaN, Number.POSITIVE_INFINITY, 1.5, -1, '1']) {
        if (value === min) continue;
        expect(() => make({ [name]: value as number })).toThrow(expect.objectContaining({ fault: 'caller' }));
      }
    });
  }
});
