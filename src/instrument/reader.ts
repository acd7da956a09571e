import { capped, malformed } from './errors.ts';

// ignoreBOM keeps a leading U+FEFF: two names that differ only there must stay two names.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads one byte range front to back. Every step past the end is a {@link WasmFormatError}, never `undefined`. */
export class Reader {
  readonly bytes: Uint8Array;
  /** Next byte to read, counted from the start of the module. */
  pos: number;
  /** One past the last byte this reader may touch. */
  readonly end: number;

  constructor(bytes: Uint8Array, pos: number, end: number) {
    this.bytes = bytes;
    this.pos = pos;
    this.end = end;
  }

  get done(): boolean {
    return this.pos >= this.end;
  }

  u8(): number {
    if (this.pos >= this.end) malformed('unexpected end', this.pos);
    return this.bytes[this.pos++] as number;
  }

  /** The next byte without consuming it. */
  peek(): number {
    if (this.pos >= this.end) malformed('unexpected end', this.pos);
    return this.bytes[this.pos] as number;
  }

  u32(): number {
    const start = this.pos;
    const first = this.u8();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let shift = 7; shift < 28; shift += 7) {
      const byte = this.u8();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    const last = this.u8();
    if (last > 0x0f) malformed('integer does not fit 32 bits', start);
    return (value | (last << 28)) >>> 0;
  }

  u64(): bigint {
    const start = this.pos;
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.u8();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (value >= 1n << 64n) break;
        return value;
      }
    }
    return malformed('integer does not fit 64 bits', start);
  }

  /** Steps over a LEB128 integer of at most `maxBytes`, whose value does not matter here. */
  skipLeb(maxBytes: number): void {
    const start = this.pos;
    for (let i = 0; i < maxBytes; i++) if (this.u8() < 0x80) return;
    malformed(`integer longer than ${maxBytes} bytes`, start);
  }

  skip(count: number): void {
    if (count > this.end - this.pos) malformed('unexpected end', this.pos);
    this.pos += count;
  }

  /** A reader for the next `count` bytes, which this one steps over. */
  sub(count: number): Reader {
    const start = this.pos;
    this.skip(count);
    return new Reader(this.bytes, start, this.pos);
  }

  /** A name of at most `cap` bytes: none longer is decoded. */
  name(cap: number): string {
    const length = this.u32();
    const start = this.pos;
    capped('bytes in a name', length, cap, start);
    this.skip(length);
    try {
      return utf8.decode(this.bytes.subarray(start, this.pos));
    } catch {
      return malformed('name is not UTF-8', start);
    }
  }

  /** Call where a structure must have used up its bytes. */
  expectEnd(what: string): void {
    if (this.pos !== this.end) malformed(`${what} has ${this.end - this.pos} bytes left over`, this.pos);
  }
}
