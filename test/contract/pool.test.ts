/** Many runs at once: order, fairness, apartness, and what a full or closing sandbox does. */
import { describe, expect, it } from 'vitest';
import { capabilities } from '../../src/index.ts';
import { codeOf, dataOf, js, make } from './support.ts';

describe('a pool of cells', () => {
  it('keeps two plugins apart when they run at the same time', async () => {
    await using sandbox = make({ concurrency: 2 });
    const code = `globalThis.secret ??= input; await new Promise(done => setTimeout(done, 5)); globalThis.secret`;
    const runs = Array.from({ length: 20 }, (_, i) =>
      sandbox.run(js(code, { plugin: i % 2 === 0 ? 'even' : 'odd', input: i })),
    );
    expect((await Promise.all(runs)).map(dataOf)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  it('serves more plugins than it has cells', async () => {
    await using sandbox = make({ concurrency: 2 });
    const runs = Array.from({ length: 12 }, (_, i) =>
      sandbox.run(js('input', { plugin: `p${i % 6}`, input: i })),
    );
    expect((await Promise.all(runs)).map(dataOf)).toEqual(Array.from({ length: 12 }, (_, i) => i));
  });

  it('serves one plugin although another fills the queue', async () => {
    await using sandbox = make({ concurrency: 1 });
    const order: string[] = [];
    const greedy = Array.from({ length: 30 }, () =>
      sandbox
        .run(js('await new Promise(done => setTimeout(done, 2)); 1', { plugin: 'greedy' }))
        .then(() => order.push('greedy')),
    );
    const modest = sandbox.run(js('2', { plugin: 'modest' })).then(() => order.push('modest'));
    await Promise.all([...greedy, modest]);
    expect(order.indexOf('modest')).toBeLessThan(30);
  });

  it('gives every run of a mixed crowd its own outcome', async () => {
    await using sandbox = make({ concurrency: 2, timeoutMs: 10_000, memoryBytes: 4 * 1024 * 1024 });
    const kinds: readonly (readonly [string, string])[] = [
      ['input', 'ok'],
      ['throw input', 'GUEST_ERROR'],
      ['for (;;);', 'TIMEOUT'],
      ['new Uint8Array(1e8)', 'MEMORY_LIMIT'],
      ['new Promise(() => {})', 'NEVER_SETTLES'],
      ['let let', 'GUEST_SYNTAX'],
    ];
    const runs = Array.from({ length: 24 }, (_, i) => {
      const [code] = kinds[i % kinds.length] as readonly [string, string];
      const limits = code.startsWith('for') ? { timeoutMs: 200 } : {};
      return sandbox.run(js(code, { input: i, limits }));
    });
    const results = await Promise.all(runs);
    expect(results.map(codeOf)).toEqual(results.map((_, i) => kinds[i % kinds.length]?.[1]));
    expect(results.filter(result => result.success).map(dataOf)).toEqual([0, 6, 12, 18]);
  });

  it('refuses what exceeds its queue, and says that trying again can help', async () => {
    await using sandbox = make({ concurrency: 1, queueLength: 3 });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => sandbox.run(js('await new Promise(done => setTimeout(done, 20)); 1'))),
    );
    const refused = answers.filter(answer => codeOf(answer) === 'QUEUE_FULL');
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused) expect(answer).toMatchObject({ error: { retryable: true } });
    const served = answers.filter(answer => answer.success).map(dataOf);
    expect(served.length).toBeGreaterThanOrEqual(3);
    expect(new Set(served)).toEqual(new Set([1]));
    expect(dataOf(await sandbox.run(js('2')))).toBe(2);
  });

  it('replaces a cell after maxExecutions runs, unnoticed', async () => {
    await using sandbox = make({ maxExecutions: 3 });
    const results = await Promise.all(
      Array.from({ length: 10 }, (_, i) => sandbox.run(js('input', { input: i }))),
    );
    expect(results.map(dataOf)).toEqual(Array.from({ length: 10 }, (_, i) => i));
  });

  it('counts the time in the queue apart', async () => {
    await using sandbox = make();
    await sandbox.warm();
    const [, second] = await Promise.all([
      sandbox.run(js('await new Promise(done => setTimeout(done, 100)); 1')),
      sandbox.run(js('2')),
    ]);
    const { usage } = second.report;
    expect(usage.queueMs).toBeGreaterThan(50);
    expect(usage.wallMs).toBeGreaterThanOrEqual(usage.queueMs);
  });

  it('warms without running anything', async () => {
    await using sandbox = make();
    await sandbox.warm();
    await sandbox.warm();
    expect(dataOf(await sandbox.run(js('1')))).toBe(1);
  });

  it('cancels runs that wait without touching the one that runs', async () => {
    await using sandbox = make();
    const controller = new AbortController();
    const first = sandbox.run(js('await new Promise(done => setTimeout(done, 100)); "first"'));
    const waiting = Array.from({ length: 5 }, () => sandbox.run(js('1', { signal: controller.signal })));
    controller.abort();
    expect((await Promise.all(waiting)).map(codeOf)).toEqual(Array(5).fill('CANCELLED'));
    for (const { report } of await Promise.all(waiting)) {
      expect(report.usage).toMatchObject({ guestMs: null, fuel: null });
    }
    expect(dataOf(await first)).toBe('first');
  });

  it('tells the cancelled run apart from the next one on its cell', async () => {
    await using sandbox = make();
    await sandbox.warm();
    for (let i = 0; i < 5; i++) {
      const controller = new AbortController();
      const run = sandbox.run(
        js('await new Promise(done => setTimeout(done, 1e5))', { signal: controller.signal }),
      );
      const next = sandbox.run(js('input', { input: i }));
      controller.abort();
      expect(codeOf(await run)).toBe('CANCELLED');
      expect(dataOf(await next)).toBe(i);
    }
  });

  it('is not moved by a signal that aborts after the end', async () => {
    await using sandbox = make();
    const controller = new AbortController();
    const result = await sandbox.run(js('1', { signal: controller.signal }));
    controller.abort();
    expect(dataOf(result)).toBe(1);
    expect(dataOf(await sandbox.run(js('2')))).toBe(2);
  });

  it('closes as often as asked, and through await using', async () => {
    const sandbox = make();
    {
      await using same = sandbox;
      expect(dataOf(await same.run(js('1')))).toBe(1);
    }
    await Promise.all([sandbox.close(), sandbox.close()]);
    await expect(sandbox.run(js('1'))).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(sandbox.warm()).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('leaves other sandboxes alone when one closes', async () => {
    const [one, other] = [make(), make()];
    await using rest = other;
    const run = rest.run(js('await new Promise(done => setTimeout(done, 50)); 1'));
    await one.run(js('1'));
    await one.close();
    expect(dataOf(await run)).toBe(1);
  });

  it('stops a busy guest without destroying its cell where the platform can', async () => {
    await using sandbox = make({ timeoutMs: 10_000 });
    await sandbox.warm();
    const controller = new AbortController();
    const onLog = (): void => controller.abort();
    const result = await sandbox.run(
      js('console.log("up"); for (;;);', { signal: controller.signal, onLog }),
    );
    expect(codeOf(result)).toBe('CANCELLED');
    if (capabilities().gracefulStop) expect(result.report.terminated).toBe(false);
    expect(dataOf(await sandbox.run(js('1')))).toBe(1);
  });
});
