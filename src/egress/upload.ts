/** A body on its way out, counted piece by piece. */
import { unlessAborted } from './abort.ts';

/**
 * @param take false: the run may send no more
 * @param signal ends the waiting for a producer that never goes on
 */
export async function* countedUpload(
  body: AsyncIterable<Uint8Array>,
  take: (bytes: number) => boolean,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const pieces = body[Symbol.asyncIterator]();
  let isOver = false;
  try {
    for (;;) {
      const piece = await unlessAborted(pieces.next(), signal);
      if (piece.done === true) {
        isOver = true;
        return;
      }
      // What is counted has to be what is sent.
      if (!(piece.value instanceof Uint8Array)) throw new TypeError('a body is made of bytes');
      if (!take(piece.value.length)) throw new RangeError('more than the run may send');
      yield piece.value;
    }
  } finally {
    // Not waited for: it may be what hangs.
    if (!isOver) pieces.return?.().catch(() => {});
  }
}
