import { describe, expect, it } from 'vitest';
import type { Limits } from '../../../src/core/limits.ts';
import type { ExecutionResult } from '../../../src/core/result.ts';
import type { RunOptions } from '../../../src/host/api.ts';
import { standInSandbox } from './stand-in.ts';

const make = (limits: Partial<Limits> = {}) =>
  standInSandbox('./obedient.js', { policy: { limits: { concurrency: 2, ...limits } } });
const codeOf = (result: ExecutionResult): unknown => (result.success ? 'ok' : result.error.code);
const script = (code: string, more: Partial<RunOptions> = {}): RunOptions => ({
  runtime: 'javascript',
  code,
  ...more,
});

describe('the pool', () => {
  it('serves many more runs than it has cells', async () => {
    await using sandbox = make();
    const results = await Promise.all(Array.from({ length: 200 }, () => sandbox.run(script('echo'))));
    expect(results.every(result => result.success)).toBe(true);
  });

  it('prefers a free cell to a queue behind a busy one', async () => {
    await using sandbox = make();
    for (let i = 0; i < 20; i++) await sandbox.run(script('echo'));
    // The second cell is ready when two runs have been served side by side.
    await Promise.all([sandbox.run(script('wait 300')), sandbox.run(script('wait 300'))]);
    const order: string[] = [];
    await Promise.all([
      sandbox.run(script('spin 400')).then(() => order.push('slow')),
      sandbox.run(script('echo')).then(() => order.push('fast')),
    ]);
    expect(order).toEqual(['fast', 'slow']);
  });

  it('takes back runs that wait behind one that sleeps', async () => {
    await using sandbox = make();
    // Both cells are known to be quick, so that runs are queued inside them.
    await Promise.all(Array.from({ length: 100 }, () => sandbox.run(script('echo'))));
    const order: string[] = [];
    await Promise.all([
      sandbox.run(script('wait 1500')).then(() => order.push('slow')),
      ...Array.from({ length: 50 }, () => sandbox.run(script('echo')).then(() => order.push('fast'))),
    ]);
    expect(order.at(-1)).toBe('slow');
  });

  it('never lets two plugins share a cell', async () => {
    await using sandbox = make({ concurrency: 1 });
    const first = await sandbox.run(script('echo', { plugin: 'a' }));
    const other = await sandbox.run(script('echo', { plugin: 'b' }));
    const again = await sandbox.run(script('echo', { plugin: 'a' }));
    // Each answers how many runs its cell has begun.
    expect([first, other, again].map(r => r.success && r.data)).toEqual([1, 1, 1]);
  });

  it('keeps a plugin’s cell while nobody else needs it', async () => {
    await using sandbox = make({ concurrency: 2 });
    await sandbox.run(script('echo', { plugin: 'a' }));
    await sandbox.run(script('echo', { plugin: 'b' }));
    const again = await sandbox.run(script('echo', { plugin: 'a' }));
    expect(again).toMatchObject({ data: 2 });
  });

  it('serves plugins in turn when one floods (LIM-001)', async () => {
    await using sandbox = make({ concurrency: 1, queueLength: 1000 });
    const order: string[] = [];
    const flood = Array.from({ length: 300 }, () =>
      sandbox.run(script('wait 2', { plugin: 'flood' })).then(() => order.push('flood')),
    );
    const polite = sandbox.run(script('echo', { plugin: 'polite' })).then(() => order.push('polite'));
    await Promise.all([...flood, polite]);
    expect(order.indexOf('polite')).toBeLessThan(200);
  });

  it('refuses a run past limits.queueLength, and no run before it', async () => {
    await using sandbox = make({ concurrency: 1, queueLength: 3 });
    await sandbox.run(script('echo'));
    const running = sandbox.run(script('wait 100'));
    await new Promise(resolve => setTimeout(resolve, 20));
    const waiting = [1, 2, 3].map(() => sandbox.run(script('echo')));
    expect(await sandbox.run(script('echo'))).toMatchObject({
      error: { code: 'QUEUE_FULL', retryable: true },
    });
    expect((await Promise.all([running, ...waiting])).every(result => result.success)).toBe(true);
  });

  it('replaces a cell after limits.maxExecutions runs', async () => {
    await using sandbox = make({ concurrency: 1, maxExecutions: 3 });
    const counts: unknown[] = [];
    for (let i = 0; i < 7; i++) {
      const result = await sandbox.run(script('echo'));
      counts.push(result.success && result.data);
    }
    expect(counts).toEqual([1, 2, 3, 1, 2, 3, 1]);
  });

  it('loses only the run during which a cell dies', async () => {
    await using sandbox = make({ concurrency: 1 });
    await Promise.all(Array.from({ length: 50 }, () => sandbox.run(script('echo'))));
    const codes = await Promise.all(
      ['echo', 'crash', 'echo', 'echo', 'crash', 'echo'].map(code => sandbox.run(script(code))),
    );
    expect(codes.map(codeOf)).toEqual(['ok', 'CELL_CRASHED', 'ok', 'ok', 'CELL_CRASHED', 'ok']);
    expect(codes[1]).toMatchObject({ error: { retryable: true } });
  });
});

describe('the watchdog', () => {
  it('asks first, and keeps the cell that obeys', async () => {
    await using sandbox = make({ concurrency: 1 });
    await sandbox.run(script('echo'));
    const result = await sandbox.run(script('polite 5000', { limits: { timeoutMs: 100 } }));
    expect(result).toMatchObject({
      success: false,
      error: { code: 'TIMEOUT' },
      report: { terminated: false },
    });
    expect(await sandbox.run(script('echo'))).toMatchObject({ data: 3 });
  });

  it('terminates the cell that does not obey, and answers without it', async () => {
    await using sandbox = make({ concurrency: 1 });
    const result = await sandbox.run(script('spin 60000', { limits: { timeoutMs: 100 } }));
    expect(result).toMatchObject({
      success: false,
      error: { code: 'TIMEOUT' },
      report: { terminated: true },
    });
    expect(await sandbox.run(script('echo'))).toMatchObject({ data: 1 });
  });

  it('counts the guest’s time from its own start, not from run()', async () => {
    await using sandbox = make({ concurrency: 1, timeoutMs: 400 });
    const results = await Promise.all([1, 2, 3, 4].map(() => sandbox.run(script('wait 250'))));
    expect(results.map(codeOf)).toEqual(['ok', 'ok', 'ok', 'ok']);
  });

  it('ends a run at limits.maxExecutionTimeMs, queueing included', async () => {
    await using sandbox = make({ concurrency: 1, maxExecutionTimeMs: 300 });
    // None could end in what is left of its time: on a busy machine the second begins a few milliseconds later.
    const results = await Promise.all([
      sandbox.run(script('wait 5000')),
      sandbox.run(script('wait 5000')),
      sandbox.run(script('polite 5000')),
    ]);
    expect(results.map(codeOf)).toEqual(['RUN_TIMEOUT', 'RUN_TIMEOUT', 'RUN_TIMEOUT']);
    expect(await sandbox.run(script('echo'))).toMatchObject({ success: true });
  });
});

describe('cancellation', () => {
  it('answers at once when the signal was aborted before the call', async () => {
    await using sandbox = make();
    const result = await sandbox.run(script('echo', { signal: AbortSignal.abort() }));
    expect(result).toMatchObject({ error: { code: 'CANCELLED' }, report: { usage: { guestMs: null } } });
  });

  it('reaches a run while its cell starts', async () => {
    await using sandbox = make();
    const controller = new AbortController();
    const result = sandbox.run(script('echo', { signal: controller.signal }));
    controller.abort();
    expect(codeOf(await result)).toBe('CANCELLED');
  });

  it('reaches a run that waits for a cell', async () => {
    await using sandbox = make({ concurrency: 1 });
    const busy = sandbox.run(script('wait 200'));
    const controller = new AbortController();
    const result = sandbox.run(script('echo', { signal: controller.signal }));
    setTimeout(() => controller.abort(), 50);
    expect(codeOf(await result)).toBe('CANCELLED');
    expect(codeOf(await busy)).toBe('ok');
  });

  it('reaches a run that waits inside its cell', async () => {
    await using sandbox = make({ concurrency: 1 });
    await Promise.all(Array.from({ length: 50 }, () => sandbox.run(script('echo'))));
    const busy = sandbox.run(script('spin 300'));
    const controller = new AbortController();
    const result = sandbox.run(script('echo', { signal: controller.signal }));
    setTimeout(() => controller.abort(), 50);
    expect(codeOf(await result)).toBe('CANCELLED');
    expect(codeOf(await busy)).toBe('ok');
    expect(codeOf(await sandbox.run(script('echo')))).toBe('ok');
  });

  for (const [kind, terminated] of [
    ['wait', false],
    ['polite', false],
    ['spin', true],
  ] as const) {
    it(`reaches a run that is under way (${kind})`, async () => {
      await using sandbox = make({ concurrency: 1 });
      await sandbox.run(script('echo'));
      const result = sandbox.run(script(`${kind} 20000`, { signal: AbortSignal.timeout(50) }));
      expect(await result).toMatchObject({ error: { code: 'CANCELLED' }, report: { terminated } });
      expect(codeOf(await sandbox.run(script('echo')))).toBe('ok');
    });
  }

  it('ends everything when the sandbox closes', async () => {
    const sandbox = make({ concurrency: 1 });
    const runs = ['wait 5000', 'echo', 'spin 5000'].map(code => sandbox.run(script(code)));
    await new Promise(resolve => setTimeout(resolve, 100));
    await sandbox.close();
    expect((await Promise.all(runs)).map(codeOf)).toEqual(['CANCELLED', 'CANCELLED', 'CANCELLED']);
    await expect(sandbox.run(script('echo'))).rejects.toMatchObject({ code: 'CLOSED' });
    await sandbox.close();
  });
});
