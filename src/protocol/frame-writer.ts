/**
 * Writes frames inside a cell. Bare ECMAScript: a realm without TextEncoder, Buffer or any other host object is
 * where this runs.
 */

/** The length fields of a frame not yet ended. */
const NO_FRAME = -1;
const HEADER_BYTES = 9;

export class FrameWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView<ArrayBuffer>;
  #at = 0;
  /** Where the open frame's payload starts. */
  #frame: number = NO_FRAME;

  constructor(initialBytes = 4096) {
    this.#bytes = new Uint8Array(Math.max(initialBytes, HEADER_BYTES));
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written and not taken yet. */
  get length(): number {
    return this.#at;
  }

  /** Starts a frame; what is written until `end` is its payload. */
  begin(type: number, id: number): this {
    this.#room(HEADER_BYTES);
    this.#bytes[this.#at] = type;
    this.#view.setUint32(this.#at + 1, id, true);
    this.#at += HEADER_BYTES;
    this.#frame = this.#at;
    return this;
  }

  end(): this {
    this.#view.setUint32(this.#frame - 4, this.#at - this.#frame, true);
    this.#frame = NO_FRAME;
    return this;
  }

  u8(value: number): this {
    this.#room(1);
    this.#bytes[this.#at++] = value;
    return this;
  }

  u32(value: number): this {
    this.#room(4);
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
    return this;
  }

  f64(value: number): this {
    this.#room(8);
    this.#view.setFloat64(this.#at, value, true);
    this.#at += 8;
    return this;
  }

  /** Length and bytes. */
  chunk(bytes: Uint8Array): this {
    this.u32(bytes.length);
    return this.raw(bytes);
  }

  /** Bytes without a length: records that were written elsewhere, say. */
  raw(bytes: Uint8Array): this {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
    return this;
  }

  /**
   * Length and UTF-8, cut before the first character that would exceed `maxBytes`. A lone surrogate becomes
   * U+FFFD. Answers the bytes written after the length.
   */
  text(text: string, maxBytes: number = Number.POSITIVE_INFINITY): number {
    // A UTF-16 unit never needs more than three bytes.
    this.#room(4 + Math.min(text.length * 3, maxBytes));
    const start = this.#at + 4;
    const bytes = this.#bytes;
    let at = start;
    const limit = start + maxBytes;
    for (let i = 0; i < text.length; i++) {
      let point = text.charCodeAt(i);
      if (point < 0x80) {
        if (at >= limit) break;
        bytes[at++] = point;
        continue;
      }
      if (point >= 0xd800 && point < 0xe000) {
        const next = text.charCodeAt(i + 1);
        if (point < 0xdc00 && next >= 0xdc00 && next < 0xe000) {
          point = 0x10000 + ((point - 0xd800) << 10) + (next - 0xdc00);
          i++;
        } else point = 0xfffd;
      }
      const size = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
      if (at + size > limit) break;
      // The lead byte says the size; six bits follow in each further byte.
      bytes[at] = ((0xf00 >> size) & 0xff) | (point >> (6 * (size - 1)));
      for (let k = 1; k < size; k++) bytes[at + k] = 0x80 | ((point >> (6 * (size - 1 - k))) & 0x3f);
      at += size;
    }
    this.#view.setUint32(this.#at, at - start, true);
    this.#at = at;
    return at - start;
  }

  /** A copy of everything written, which then starts over. */
  take(): Uint8Array<ArrayBuffer> {
    const out = this.#bytes.slice(0, this.#at);
    this.#at = 0;
    return out;
  }

  /** Forgets everything written. */
  reset(): void {
    this.#at = 0;
    this.#frame = NO_FRAME;
  }

  #room(size: number): void {
    if (this.#at + size <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#at + size, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}
