/** Text that a guest writes piece by piece, as log records: one for each line. */
import { utf8Decode } from '../cell/utf8.ts';

/** A line without an end is logged in parts of this size. */
const MAX_LINE_BYTES = 8 * 1024;
const NEWLINE = 10;

export class LineLog {
  readonly #log: (text: string) => void;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(log: (text: string) => void) {
    this.#log = log;
  }

  write(bytes: Uint8Array): void {
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(NEWLINE, start);
      if (end < 0) break;
      this.#emit(bytes.subarray(start, end));
      start = end + 1;
    }
    this.#keep(bytes.subarray(start));
  }

  /** Logs a last line that has no end. */
  flush(): void {
    if (this.#rest.length > 0) this.#emit(new Uint8Array(0));
  }

  #emit(end: Uint8Array): void {
    const line = this.#join(end);
    this.#rest = new Uint8Array(0);
    this.#log(utf8Decode(line, false) as string);
  }

  #join(more: Uint8Array): Uint8Array {
    if (this.#rest.length === 0) return more;
    const joined = new Uint8Array(this.#rest.length + more.length);
    joined.set(this.#rest);
    joined.set(more, this.#rest.length);
    return joined;
  }

  #keep(more: Uint8Array): void {
    let rest = more;
    while (this.#rest.length + rest.length >= MAX_LINE_BYTES) {
      const part = MAX_LINE_BYTES - this.#rest.length;
      const head = rest.subarray(0, part);
      rest = rest.subarray(part);
      this.#emit(head);
    }
    if (rest.length > 0) this.#rest = this.#join(rest).slice();
  }
}
