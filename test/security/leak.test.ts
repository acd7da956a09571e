import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { createSandbox, type Sandbox } from '../../src/index.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes the process holds after garbage collection, the cells' threads included. */
async function settledMemory(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i++) {
    collect();
    await sleep(50);
    least = Math.min(least, process.memoryUsage().rss);
  }
  return least;
}

const PROGRAMS = [
  'input.value * 2',
  'return { list: Array.from({ length: 50 }, (_, i) => ({ i, text: "x".repeat(i) })) };',
  'export default ({ value }) => new Map([[value, new Set([1, 2])]]);',
  'console.log("x".repeat(500)); throw new TypeError("no");',
  'const kept = []; for (let i = 0; i < 2000; i++) kept.push({ i }); globalThis.leak = kept; kept.length',
  'setTimeout(() => {}, 60000); new Promise(resolve => setTimeout(resolve, 0))',
  'import "nothing"; export default 1',
];

async function many(sandbox: Sandbox, runs: number): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < runs) {
      const n = next++;
      const code = PROGRAMS[n % PROGRAMS.length] ?? '';
      await sandbox.run({ runtime: 'javascript', code, input: { value: n } });
    }
  };
  await Promise.all(Array.from({ length: 16 }, lane));
}

describe('10,000 runs', () => {
  it('leave memory where it was', { timeout: 120_000 }, async () => {
    await using sandbox = createSandbox({ policy: { limits: { concurrency: 2 } } });
    // Until the engines and their threads have reached their size.
    await many(sandbox, 12_000);
    const before = await settledMemory();
    await many(sandbox, 10_000);
    const after = await settledMemory();
    // A run that left 2 KB behind would add 20 MB.
    expect((after - before) / 1024 / 1024).toBeLessThan(12);
  });

  it('and every one that a watchdog had to end gives its cell back', { timeout: 120_000 }, async () => {
    await using sandbox = createSandbox({ policy: { limits: { concurrency: 1, timeoutMs: 20 } } });
    const kill = async (times: number): Promise<void> => {
      for (let i = 0; i < times; i++) await sandbox.run({ runtime: 'javascript', code: 'for(;;);' });
    };
    await kill(20);
    const before = await settledMemory();
    await kill(100);
    const after = await settledMemory();
    expect((after - before) / 1024 / 1024).toBeLessThan(12);
  });
});
