/** The honest account of a run: ranges, determinism, denials, errors. */
import { afterAll, describe, expect, it } from 'vitest';
import { ERROR_TABLE, type ErrorCode, type RunOptions, SandboxError, type Usage } from '../../src/index.ts';
import { dataOf, js, make } from './support.ts';

const sandbox = make({ timeoutMs: 10_000, memoryBytes: 8 * 1024 * 1024 });
afterAll(() => sandbox.close());

/** Programs by the code they end with. */
const ENDINGS: readonly (readonly [ErrorCode | 'ok', string])[] = [
  ['ok', '1'],
  ['GUEST_ERROR', 'throw new Error("x")'],
  ['GUEST_SYNTAX', 'let let'],
  ['NEVER_SETTLES', 'new Promise(() => {})'],
  ['OUTPUT_UNSUPPORTED', '() => 1'],
  ['STACK_OVERFLOW', '(function f() { f() })()'],
  ['TIMEOUT', 'for (;;);'],
  ['MEMORY_LIMIT', 'new Uint8Array(1e8)'],
  ['OUTPUT_TOO_LARGE', 'new Uint8Array(2e6)'],
  ['MODULE_DENIED', 'import "x"; export default 1'],
  ['POLICY_DENIED', 'await fetch("https://a.example")'],
];

/** A busy machine may need long for a program that ends; only the endless one is held to a short time. */
const limitsOf = (code: string): RunOptions['limits'] & object =>
  code === 'TIMEOUT' ? { timeoutMs: 300 } : {};

describe('a report', () => {
  it.each(ENDINGS)('is complete and within its ranges when a run ends with %s', async (code, program) => {
    const result = await sandbox.run(js(`console.log('é');\n${program}`, { limits: limitsOf(code) }));
    expect(result.success ? 'ok' : result.error.code).toBe(code);
    const { usage } = result.report;
    const figures = (name: keyof Usage): number => usage[name] ?? 0;
    for (const [name, figure] of Object.entries(usage)) {
      if (figure !== null) expect(figure, name).toBeGreaterThanOrEqual(0);
    }
    expect(figures('wallMs')).toBeGreaterThanOrEqual(figures('queueMs'));
    expect(figures('cpuMs')).toBeLessThanOrEqual(figures('guestMs'));
    expect(figures('memoryBytes')).toBeLessThanOrEqual(8 * 1024 * 1024 * 1.1);
    // What never began was not measured.
    if (code === 'GUEST_SYNTAX') expect(usage).toMatchObject({ guestMs: null, cpuMs: null, fuel: null });
    else expect(figures('fuel')).toBeGreaterThan(0);
    if (code === 'TIMEOUT') expect(figures('guestMs')).toBeGreaterThan(200);
    if (code !== 'ok') expect(usage.outputBytes).toBe(0);
  });

  it.each(ENDINGS.slice(1))(
    'carries an error of the table when a run ends with %s',
    async (code, program) => {
      const result = await sandbox.run(js(program, { limits: limitsOf(code) }));
      if (result.success) throw new Error('it succeeded');
      const { error } = result;
      expect(error).toBeInstanceOf(SandboxError);
      const { fault, retryable, exitCode, help } = ERROR_TABLE[code as ErrorCode];
      expect(error).toMatchObject({ code, fault, retryable, exitCode, help });
      expect(error.message).toMatch(/^[^\n]+$/);
      expect(JSON.parse(JSON.stringify(error))).toMatchObject({
        code,
        fault,
        retryable,
        message: error.message,
        help,
      });
    },
  );

  it('has the same fuel for the same work in another sandbox', async () => {
    const code = 'const a = Array.from({ length: 5000 }, (_, i) => i % 7).sort(); JSON.stringify(a).length';
    const first = await sandbox.run(js(code));
    await using other = make();
    const spent = [first];
    for (let i = 0; i < 3; i++) spent.push(await other.run(js(code)));
    expect(new Set(spent.map(result => result.report.usage.fuel)).size).toBe(1);
  });

  it('has more fuel for more work', async () => {
    const fuel = async (n: number): Promise<number> =>
      (await sandbox.run(js(`let s = 0; for (let i = 0; i < ${n}; i++) s += i; s`))).report.usage.fuel ?? 0;
    expect(await fuel(20_000)).toBeGreaterThan(await fuel(10_000));
  });

  it('lists denials, each with what would allow it', async () => {
    const result = await sandbox.run(
      js(`const ask = [() => fetch('https://b.example/x'), () => import('left-pad'), () => fetch('http://127.0.0.1:80')];
        for (const f of ask) await f().catch(() => {});
        1`),
    );
    expect(dataOf(result)).toBe(1);
    expect(result.report.denials).toEqual([
      { kind: 'module', subject: 'left-pad', hint: expect.stringContaining('policy.modules.javascript') },
      { kind: 'network', subject: 'b.example', hint: 'add "b.example" to network.allow' },
      { kind: 'network', subject: '127.0.0.1', hint: expect.stringContaining('network.allowIp') },
    ]);
  });

  it('has log records in their order, with levels and times', async () => {
    const levels = ['debug', 'log', 'info', 'warn', 'error'] as const;
    const result = await sandbox.run(
      js(
        `${levels.map(level => `console.${level}('${level}')`).join(';')}; await new Promise(d => setTimeout(d, 20)); console.log('last')`,
      ),
    );
    const { logs } = result.report;
    expect(logs.map(entry => entry.text)).toEqual([...levels, 'last']);
    expect(logs.slice(0, 5).map(entry => entry.level)).toEqual(levels);
    const times = logs.map(entry => entry.atMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times.at(-1)).toBeGreaterThan(times[0] as number);
  });

  it('counts the bytes that went in, came out and were logged', async () => {
    const small = (await sandbox.run(js('console.log("abc"); "x"', { input: 'y' }))).report.usage;
    const large = (
      await sandbox.run(js('console.log("abcdef"); "x".repeat(1001)', { input: 'y'.repeat(1001) }))
    ).report.usage;
    expect(large.inputBytes - small.inputBytes).toBeGreaterThanOrEqual(1000);
    expect(large.outputBytes - small.outputBytes).toBeGreaterThanOrEqual(1000);
    expect([small.logBytes, large.logBytes]).toEqual([3, 6]);
  });
});
