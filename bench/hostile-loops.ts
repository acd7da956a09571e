/** How far past its deadline a hostile loop gets: the CPU and job attacks of the security suite, timed. */
import { createSandbox } from '../src/index.ts';
import { CPU } from '../test/security/javascript/cases/cpu.ts';
import { JOBS } from '../test/security/javascript/cases/jobs.ts';
import { HOSTILE_LOOPS } from '../test/security/javascript/hostile-loops.ts';

const LOOPS: readonly { readonly code: string }[] = [...CPU, ...JOBS, ...HOSTILE_LOOPS];

export interface LoopFigures {
  readonly total: number;
  readonly timeoutMs: number;
  readonly graceful: number;
  readonly terminated: number;
  /** Milliseconds past the deadline, one per loop, measured by the caller. */
  readonly overshoot: readonly number[];
}

export async function hostileLoops(): Promise<LoopFigures> {
  const timeoutMs = 200;
  const sandbox = createSandbox({
    policy: { blockedFunctions: [], limits: { concurrency: 1, timeoutMs, memoryBytes: 256 * 1024 * 1024 } },
  });
  await sandbox.warm();
  const overshoot: number[] = [];
  let terminated = 0;
  for (const { code } of LOOPS) {
    await sandbox.run({ runtime: 'javascript', code: '1' });
    const start = performance.now();
    const result = await sandbox.run({ runtime: 'javascript', code });
    const took = performance.now() - start;
    if (result.report.terminated) terminated++;
    // Some end earlier, for want of memory or stack: they overshoot nothing.
    overshoot.push(Math.max(0, took - timeoutMs));
  }
  await sandbox.close();
  const total = LOOPS.length;
  return { total, timeoutMs, graceful: total - terminated, terminated, overshoot };
}
