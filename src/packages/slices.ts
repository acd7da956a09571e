/**
 * Long work on a package in pieces: done at once, or with turns of the event loop in between. A package may have 64 MiB, which take
 * a second or two to unpack and hash; nobody else's deadline may wait for that.
 */

/** Yields wherever it may be interrupted, at least every few milliseconds. */
export type Work<T> = Generator<undefined, T, undefined>;

const SLICE_MS = 15;

export function atOnce<T>(work: Work<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}

export async function inSlices<T>(work: Work<T>): Promise<T> {
  let until = performance.now() + SLICE_MS;
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
    if (performance.now() < until) continue;
    await new Promise(resolve => setTimeout(resolve));
    until = performance.now() + SLICE_MS;
  }
}
