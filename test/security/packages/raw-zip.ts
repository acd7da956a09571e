/** Archives no packer makes: every field can be set to a lie. */
import { deflateSync } from 'fflate';
import { crc32 } from '../../../src/packages/crc32.ts';

export interface RawEntry {
  readonly name: string | Uint8Array;
  readonly data?: string | Uint8Array;
  readonly localName?: string;
  readonly deflate?: boolean;
  readonly flags?: number;
  readonly localFlags?: number;
  readonly method?: number;
  /** Unix mode, as in 0o120777 for a link. */
  readonly mode?: number;
  readonly size?: number;
  readonly crc?: number;
  readonly extra?: Uint8Array;
  readonly localExtra?: Uint8Array;
  /** Offset the table gives, instead of the true one. */
  readonly offset?: number;
  /** Bytes after this entry's data. */
  readonly after?: Uint8Array;
  readonly madeBy?: number;
}

export interface RawOptions {
  readonly before?: Uint8Array;
  readonly comment?: string;
  readonly trailing?: Uint8Array;
  readonly count?: number;
}

const encode = (value: string | Uint8Array): Uint8Array =>
  typeof value === 'string' ? new TextEncoder().encode(value) : value;

class Bytes {
  readonly #parts: Uint8Array[] = [];
  length = 0;
  raw(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    this.length += bytes.length;
    return this;
  }
  u16(...values: readonly number[]): this {
    for (const value of values) this.raw(Uint8Array.of(value & 255, (value >> 8) & 255));
    return this;
  }
  u32(...values: readonly number[]): this {
    for (const value of values)
      this.raw(Uint8Array.of(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, (value >>> 24) & 255));
    return this;
  }
  done(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.length);
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}

export function rawZip(entries: readonly RawEntry[], options: RawOptions = {}): Uint8Array<ArrayBuffer> {
  const out = new Bytes().raw(options.before ?? new Uint8Array());
  const table = new Bytes();
  for (const entry of entries) {
    const name = encode(entry.name);
    const data = encode(entry.data ?? '');
    const packed = entry.deflate ? deflateSync(data, { level: 9 }) : data;
    const flags = entry.flags ?? (name.some(byte => byte > 127) ? 0x800 : 0);
    const method = entry.method ?? (entry.deflate ? 8 : 0);
    const [crc, size] = [entry.crc ?? crc32(data), entry.size ?? data.length];
    const local = encode(entry.localName ?? name);
    const extra = entry.extra ?? new Uint8Array();
    const localExtra = entry.localExtra ?? new Uint8Array();
    const offset = entry.offset ?? out.length;
    out
      .u32(0x04034b50)
      .u16(20, entry.localFlags ?? flags, method, 0, 33)
      .u32(crc, packed.length, size);
    out.u16(local.length, localExtra.length).raw(local).raw(localExtra).raw(packed);
    out.raw(entry.after ?? new Uint8Array());
    table
      .u32(0x02014b50)
      .u16(entry.madeBy ?? 0x0314, 20, flags, method, 0, 33)
      .u32(crc, packed.length, size);
    table.u16(name.length, extra.length, 0, 0, 0).u32((entry.mode ?? 0o100644) * 65_536, offset);
    table.raw(name).raw(extra);
  }
  const start = out.length;
  const directory = table.done();
  const comment = encode(options.comment ?? '');
  const count = options.count ?? entries.length;
  out.raw(directory).u32(0x06054b50).u16(0, 0, count, count).u32(directory.length, start).u16(comment.length);
  return out
    .raw(comment)
    .raw(options.trailing ?? new Uint8Array())
    .done();
}
