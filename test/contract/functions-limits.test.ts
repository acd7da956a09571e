/** What bounds the calls of a run: their number, their bytes, their time; and runs inside runs. */
import { describe, expect, it } from 'vitest';
import {
  type CallContext,
  capabilities,
  createSandbox,
  type ExecutionResult,
  type HostFunctions,
  type PluginSecurityPolicy,
  type Sandbox,
} from '../../src/index.ts';
import { codeOf, dataOf, js } from './support.ts';

const { synchronousNetwork: canWait } = capabilities();
const CANNOT_WAIT = 'no thread can wait in a page that is not cross-origin isolated';

const open = (functions: HostFunctions, limits: PluginSecurityPolicy['limits'] = {}): Sandbox =>
  createSandbox({
    policy: { functions: Object.keys(functions), limits: { concurrency: 1, timeoutMs: 20_000, ...limits } },
    functions,
  });
const settle = (call: string): string =>
  `try { await ${call}; 'ok' } catch (e) { e.name + ': ' + e.message }`;
const later = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

describe('limits of calls', () => {
  it('let as many calls through as functionCalls, and no more', async () => {
    let made = 0;
    await using sandbox = open({ count: () => ++made }, { functionCalls: 3 });
    const result = await sandbox.run(
      js(
        `const seen = []; for (let i = 0; i < 5; i++) { try { seen.push(await host.count()) } catch (e) { seen.push(e.name) } } seen`,
      ),
    );
    expect(dataOf(result)).toEqual([1, 2, 3, 'RangeError', 'RangeError']);
    expect(made).toBe(3);
    expect(result.report.calls.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok', 'limit', 'limit']);
    expect(dataOf(await sandbox.run(js('await host.count()')))).toBe(4);
  });

  it('refuse what is far beyond inside the cell, without destroying it', async () => {
    await using sandbox = open({ count: () => 1 }, { functionCalls: 0 });
    const result = await sandbox.run(
      js('let n = 0; for (let i = 0; i < 500; i++) await host.count().catch(() => n++); n'),
    );
    expect(dataOf(result)).toBe(500);
    expect(result.report.usage.calls).toBe(16);
    expect(result.report.terminated).toBe(false);
  });

  it('hold a function to its own maxCalls', async () => {
    await using sandbox = open({ once: { call: () => 'first', maxCalls: 1 } });
    const result = await sandbox.run(js(`await host.once(); ${settle('host.once()')}`));
    expect(dataOf(result)).toBe('RangeError: once: a run may call it 1 times');
    expect(dataOf(await sandbox.run(js('await host.once()')))).toBe('first');
  });

  it('work on as many at a time as functionsInFlight, in the order of the calls', async () => {
    let now = 0;
    let most = 0;
    const order: number[] = [];
    const slow = async (n: number): Promise<number> => {
      most = Math.max(most, ++now);
      order.push(n);
      await later(5);
      now--;
      return n;
    };
    await using sandbox = open({ slow }, { functionsInFlight: 2 });
    const result = await sandbox.run(
      js('await Promise.all(Array.from({ length: 9 }, (_, i) => host.slow(i)))'),
    );
    expect(dataOf(result)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(most).toBe(2);
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('bound the bytes of arguments and of answers, each together', async () => {
    // An array of one text of n Latin-1 characters takes n + 8 bytes: mode, version, atoms, array, count, string, length.
    const functions = { take: () => 1, give: (n: number) => 'x'.repeat(n) };
    await using sandbox = open(functions, { functionInputBytes: 1_008, functionOutputBytes: 1_000 });
    expect(dataOf(await sandbox.run(js(settle("host.take('x'.repeat(1000))"))))).toBe('ok');
    const over = await sandbox.run(js(settle("host.take('x'.repeat(1001))")));
    expect(dataOf(over)).toContain('RangeError');
    const gives = await sandbox.run(js(settle('host.give(990)')));
    expect(dataOf(gives)).toBe('ok');
    const long = await sandbox.run(js(settle('host.give(1001)')));
    expect(dataOf(long)).toContain('RangeError: give: the answers of a run may have 1000 bytes');
    const twice = await sandbox.run(js(`await host.give(600); ${settle('host.give(600)')}`));
    expect(dataOf(twice)).toContain('limits.functionOutputBytes');
  });

  it('end a call whose time is over, and tell its function', async () => {
    let aborted = 0;
    const stuck = {
      call: (_: unknown, { signal }: CallContext) =>
        new Promise(resolve => {
          signal.addEventListener('abort', () => {
            aborted++;
            resolve('too late');
          });
        }),
      timeoutMs: 20,
    };
    await using sandbox = open({ stuck });
    const result = await sandbox.run(js(settle('host.stuck()')));
    expect(dataOf(result)).toBe('TimeoutError: stuck took longer than 20 ms');
    expect(result.report.calls).toMatchObject([{ outcome: 'timeout' }]);
    expect(aborted).toBe(1);
  });
});

describe('the time of a run', () => {
  const slow = (ms: number): Promise<string> => later(ms).then(() => 'late');

  it('does not count waiting for the host as the guest’s own', async () => {
    await using sandbox = open({ slow }, { timeoutMs: 1_500 });
    await sandbox.run(js('1'));
    const result = await sandbox.run(js('await host.slow(2_500)'));
    expect(dataOf(result)).toBe('late');
    expect(result.report.usage.callMs).toBeGreaterThan(2_000);
    expect(result.report.usage.guestMs).toBeLessThan(1_500);
  });

  it('does not count it when the thread is kept either', async ({ skip }) => {
    if (!canWait) skip(CANNOT_WAIT);
    await using sandbox = open({ slow }, { timeoutMs: 1_500 });
    await sandbox.run(js('1'));
    expect(dataOf(await sandbox.run(js('host.slow.sync(2_500)')))).toBe('late');
  });

  it('counts what the guest computes meanwhile', async () => {
    await using sandbox = open({ slow });
    const result = await sandbox.run({ ...js('host.slow(60_000); for (;;);'), limits: { timeoutMs: 300 } });
    expect(codeOf(result)).toBe('TIMEOUT');
    expect(dataOf(await sandbox.run(js('await host.slow(1)')))).toBe('late');
  });

  it('ends with maxExecutionTimeMs while the guest waits for the host', async () => {
    const signals: boolean[] = [];
    const stuck = {
      call: (_: unknown, { signal }: CallContext) =>
        new Promise(() => signal.addEventListener('abort', () => signals.push(signal.aborted))),
    };
    await using sandbox = open({ stuck });
    await sandbox.run(js('1'));
    const result = await sandbox.run({ ...js('await host.stuck()'), limits: { maxExecutionTimeMs: 700 } });
    expect(codeOf(result)).toBe('RUN_TIMEOUT');
    expect(signals).toEqual([true]);
    expect(result.report.calls).toMatchObject([{ name: 'stuck', outcome: 'cancelled' }]);
    expect(dataOf(await sandbox.run(js('1 + 1')))).toBe(2);
  });

  it('ends when the caller aborts, or the guest is done without waiting', async () => {
    let aborted = 0;
    const stuck = {
      call: (_: unknown, { signal }: CallContext) =>
        new Promise(() => {
          signal.addEventListener('abort', () => aborted++);
          begun.abort();
        }),
    };
    const begun = new AbortController();
    await using sandbox = open({ stuck });
    const result = await sandbox.run({ ...js('await host.stuck()'), signal: begun.signal });
    expect(codeOf(result)).toBe('CANCELLED');
    expect(aborted).toBe(1);
    const left = await sandbox.run(js(`host.stuck(); 'gone'`));
    expect(dataOf(left)).toBe('gone');
    expect(aborted).toBe(2);
    expect(left.report.calls).toMatchObject([{ outcome: 'cancelled' }]);
  });
});

describe('runs inside runs', () => {
  /** Each depth starts a cell, and the machine may be busy. */
  const PATIENT = { functionTimeoutMs: 100_000, maxExecutionTimeMs: 100_000, timeoutMs: 100_000 };
  const DEEPER = 'input === 0 ? 0 : 1 + await host.deeper(input - 1)';

  /** A host function that runs the plugin again, with the signal of its call. */
  function recursive(nesting?: number): { readonly sandbox: Sandbox; readonly codes: string[] } {
    const codes: string[] = [];
    const sandbox = open(
      {
        deeper: {
          call: async (input: number, { signal }: CallContext) => {
            await later(1);
            const result = await sandbox.run({ ...js(DEEPER), input, signal });
            if (!result.success) codes.push(result.error.code);
            return result.success ? result.data : -100;
          },
        },
      },
      { ...PATIENT, ...(nesting === undefined ? {} : { nesting }) },
    );
    return { sandbox, codes };
  }

  it('go as deep as nesting, and no deeper, with one cell for each depth', async () => {
    const { sandbox, codes } = recursive();
    expect(dataOf(await sandbox.run({ ...js(DEEPER), input: 4 }))).toBe(4);
    expect(codes).toEqual([]);
    expect(dataOf(await sandbox.run({ ...js(DEEPER), input: 5 }))).toBe(5 - 100);
    expect(codes).toEqual(['NESTED_TOO_DEEP']);
    await sandbox.close();
  });

  it('are refused altogether where nesting is 0', async () => {
    const { sandbox, codes } = recursive(0);
    expect(dataOf(await sandbox.run({ ...js(DEEPER), input: 1 }))).toBe(-99);
    expect(codes).toEqual(['NESTED_TOO_DEEP']);
    await sandbox.close();
  });

  it('do not wait for the runs that wait for them, however many there are', async () => {
    const { sandbox, codes } = recursive();
    const results = await Promise.all(
      Array.from({ length: 12 }, () => sandbox.run({ ...js(DEEPER), input: 2 })),
    );
    expect(results.map(dataOf)).toEqual(Array(12).fill(2));
    expect(codes).toEqual([]);
    await sandbox.close();
  });

  it('may run another plugin, in another language', async () => {
    const sandbox: Sandbox = open(
      {
        python: async (n: number) => {
          const result: ExecutionResult = await sandbox.run({
            runtime: 'python',
            code: 'input * 2',
            input: n,
            plugin: 'other',
          });
          return result.success ? result.data : result.error.code;
        },
      },
      PATIENT,
    );
    expect(dataOf(await sandbox.run(js('await host.python(21)')))).toBe(42);
    await sandbox.close();
  });

  it('end with the run they are inside of', async () => {
    const codes: string[] = [];
    const begun = new AbortController();
    const sandbox: Sandbox = open({
      wait: {
        call: async (_: unknown, { signal }: CallContext) => {
          const inner = sandbox.run({ ...js('await new Promise(r => setTimeout(r, 15_000))'), signal });
          setTimeout(() => begun.abort(), 50);
          codes.push(codeOf(await inner));
        },
      },
    });
    expect(codeOf(await sandbox.run({ ...js('await host.wait()'), signal: begun.signal }))).toBe('CANCELLED');
    await expect.poll(() => codes).toEqual(['CANCELLED']);
    await sandbox.close();
  });
});
