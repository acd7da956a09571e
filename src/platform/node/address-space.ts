/**
 * Whether a worker fits into the process's address space (`ulimit -v`). V8 ends the whole process when it finds no place for a new
 * isolate, and nobody can catch that; so it is asked for only where there is room. Linux alone enforces such a limit.
 */
import { readFile } from 'node:fs/promises';

const MiB = 1024 * 1024;
/** What a cell takes with its engine, measured: 900 MiB for the isolate and its threads, the rest for WebAssembly. */
const WORKER_BYTES = 2048 * MiB;

/** Workers that were let in and do not show in the process's size yet. */
let coming = 0;

async function leftBytes(): Promise<number> {
  const [limits, status] = await Promise.all([
    readFile('/proc/self/limits', 'utf8'),
    readFile('/proc/self/status', 'utf8'),
  ]);
  const limit = /^Max address space\s+(\d+)\s/m.exec(limits)?.[1];
  const size = /^VmSize:\s+(\d+) kB/m.exec(status)?.[1];
  return limit === undefined || size === undefined
    ? Number.POSITIVE_INFINITY
    : Number(limit) - Number(size) * 1024;
}

/**
 * Lets one more worker in.
 * @returns to be called once the worker runs, or has failed to
 * @throws Error where there is no room for it
 */
export async function enterAddressSpace(): Promise<() => void> {
  // Not Linux, or nothing mounted there: nothing to find out.
  const left = await leftBytes().catch(() => Number.POSITIVE_INFINITY);
  if (left < WORKER_BYTES * (coming + 1)) {
    const free = Math.max(0, Math.floor((left - WORKER_BYTES * coming) / MiB));
    throw new Error(
      `raise the limit of the process’s address space (ulimit -v): a cell needs ${WORKER_BYTES / MiB} MiB of it, ${free} MiB are left`,
    );
  }
  coming++;
  let isIn = false;
  return () => {
    if (!isIn) coming--;
    isIn = true;
  };
}
