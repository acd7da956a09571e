/** In the browser: milliseconds of fresh runs, the first of which also starts a cell. */
import { createSandbox } from '../../src/index.ts';

(globalThis as { measure?: unknown }).measure = async (code: string, runs: number): Promise<number[]> => {
  const taken: number[] = [];
  const sandbox = createSandbox({ policy: { limits: { concurrency: 1 } } });
  for (let value = 0; value < runs; value++) {
    const begun = performance.now();
    const result = await sandbox.run({ runtime: 'python', code, input: { value } });
    taken.push(performance.now() - begun);
    if (!result.success || result.data !== value * 2) throw new Error('wrong answer');
  }
  await sandbox.close();
  return taken;
};
