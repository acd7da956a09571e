/** Follows what came of a call through promises and timers. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Lineage } from '../types.ts';

/** Before, every promise of the process would pay for it. */
const CHEAP_FROM = 24;

export function createLineage(): Lineage | undefined {
  if (Number(process.versions.node.split('.')[0]) < CHEAP_FROM) return undefined;
  const storage = new AsyncLocalStorage<number>();
  return {
    run: (depth, work) => storage.run(depth, work),
    current: () => storage.getStore() ?? 0,
  };
}
