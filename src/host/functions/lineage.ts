/**
 * How deep a run is that a host function starts: one deeper than the run whose call it serves. Known by the call's signal,
 * by what runs before the function first waits, and, where the platform follows promises, by all that comes of it.
 */
import type { Platform } from '../../platform/types.ts';

const bySignal: WeakMap<AbortSignal, number> = new WeakMap();
let now = 0;

export function noteSignal(signal: AbortSignal, depth: number): void {
  bySignal.set(signal, depth);
}

/** Depth of a run that is started here, with this signal: 0 outside of host functions. */
export function depthHere(platform: Platform, signal: AbortSignal | undefined): number {
  const told = signal === undefined ? 0 : (bySignal.get(signal) ?? 0);
  return Math.max(told, now, platform.lineage?.current() ?? 0);
}

/** Calls a host function such that runs it starts are known to be of this depth. */
export function within<T>(platform: Platform, depth: number, work: () => T): T {
  const before = now;
  now = depth;
  try {
    return platform.lineage === undefined ? work() : platform.lineage.run(depth, work);
  } finally {
    now = before;
  }
}
