/** What a value takes of this process's memory. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

function settled(): number {
  gc();
  gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Bytes that what `make` answers keeps. */
export function heapOf(make: () => unknown): number {
  make();
  const before = settled();
  const kept = [make()];
  const after = settled();
  return kept.length === 0 ? Number.NaN : after - before;
}

/** The same of what takes a while to make. */
export async function heapOfLater(make: () => Promise<unknown>): Promise<number> {
  await make();
  const before = settled();
  const kept = [await make()];
  const after = settled();
  return kept.length === 0 ? Number.NaN : after - before;
}
