/** A body that somebody else pushes, one piece at a time. */
export class Feed implements AsyncIterable<Uint8Array> {
  readonly #more: () => void;
  /** How many pieces may be pushed before the next one is taken. */
  #credit = 1;
  #piece: Uint8Array | null = null;
  #isLast = false;
  #isClosed = false;
  #wake: (() => void) | null = null;

  /** @param more called when the next piece may be pushed */
  constructor(more: () => void) {
    this.#more = more;
  }

  /** False for a piece nobody asked for. */
  push(bytes: Uint8Array, isLast: boolean): boolean {
    if (this.#isClosed) return true;
    if (this.#credit === 0 || this.#isLast) return false;
    this.#credit -= 1;
    this.#piece = bytes;
    this.#isLast = isLast;
    this.#wake?.();
    return true;
  }

  /** Nobody reads any more. */
  close(): void {
    this.#isClosed = true;
    this.#piece = null;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      while (!this.#isClosed) {
        const piece = this.#piece;
        if (piece === null) {
          if (this.#isLast) return;
          await new Promise<void>(resolve => {
            this.#wake = resolve;
          });
          continue;
        }
        this.#piece = null;
        yield piece;
        if (this.#isLast) return;
        this.#credit += 1;
        this.#more();
      }
    } finally {
      this.close();
    }
  }
}
