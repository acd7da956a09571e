const utf8 = new TextEncoder();
/** Bytes that are copied one by one. */
const SHORT = 64;

/** A growing byte buffer with the encodings WebAssembly uses. */
export class Writer {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** What was written so far. Valid until the next write. */
  view(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  /** A copy of what was written so far. */
  toBytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  #reserve(count: number): void {
    const wanted = this.#length + count;
    if (wanted <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(wanted, this.#bytes.length * 2));
    grown.set(this.view());
    this.#bytes = grown;
  }

  u8(...values: readonly number[]): void {
    this.#reserve(values.length);
    for (const value of values) this.#bytes[this.#length++] = value;
  }

  u32(value: number): void {
    this.#reserve(5);
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }

  u64(value: bigint): void {
    let rest = value;
    while (rest >= 0x80n) {
      this.u8(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.u8(Number(rest));
  }

  /** Signed LEB128 of what fits 32 bits. */
  signed32(value: number): void {
    this.#reserve(5);
    let rest = value | 0;
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      if (rest === (low & 0x40 ? -1 : 0)) {
        this.#bytes[this.#length++] = low;
        return;
      }
      this.#bytes[this.#length++] = low | 0x80;
    }
  }

  /** Signed LEB128, for `i32.const` and `i64.const`. */
  signed(value: bigint): void {
    let rest = value;
    for (;;) {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      if (rest === (low & 0x40 ? -1n : 0n)) {
        this.u8(low);
        return;
      }
      this.u8(low | 0x80);
    }
  }

  bytes(source: Uint8Array, start = 0, end: number = source.length): void {
    const count = end - start;
    this.#reserve(count);
    // Most stretches between two charges are short, and a view costs more than a few bytes.
    if (count < SHORT) {
      const target = this.#bytes;
      let to = this.#length;
      for (let from = start; from < end; from++) target[to++] = source[from] as number;
    } else this.#bytes.set(source.subarray(start, end), this.#length);
    this.#length += count;
  }

  name(text: string): void {
    this.sized(utf8.encode(text));
  }

  /** `source` preceded by its length. */
  sized(source: Uint8Array): void {
    this.u32(source.length);
    this.bytes(source);
  }
}
