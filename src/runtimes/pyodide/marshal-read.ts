/** What Python's `marshal` wrote, as a value. The guest chose every byte of it. */
import { isIndexKey, setEntry, sparseObject } from '../../core/entries.ts';
import type { Value } from '../../core/value.ts';
import { MAX_CONTAINERS, MAX_DEPTH } from '../../protocol/value-format.ts';
import { utf8Decode } from '../cell/utf8.ts';

const REFERENCED = 0x80;
const CHUNK = 8192;
/** Up to this length adding characters one by one is the fastest. */
const SHORT = 24;
const { fromCharCode } = String;

/** It is no value: says which, for people. */
export class Unsupported extends Error {}

/** Stands for a container that is being read: a reference to it is a cycle. */
const OPEN = Symbol('open');

const REFUSED: Readonly<Record<string, string>> = {
  y: 'a complex number; return its parts',
  c: 'a code object',
  '.': 'Ellipsis',
  S: 'StopIteration',
  ':': 'a slice',
};

export interface ReadOptions {
  /** The driver converted it: complex numbers are Dates. */
  readonly dates: boolean;
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #dates: boolean;
  readonly #references: (Value | typeof OPEN)[] = [];
  #at: number;
  #depth = 0;
  #containers = 0;

  constructor(bytes: Uint8Array, at: number, dates: boolean) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = at;
    this.#dates = dates;
  }

  #u8(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new Unsupported('the result is cut short');
    return byte;
  }

  #i32(): number {
    const value = this.#view.getInt32(this.#at, true);
    this.#at += 4;
    return value;
  }

  #count(): number {
    const count = this.#i32();
    // Each item takes a byte at least.
    if (count < 0 || count > this.#bytes.length - this.#at) throw new Unsupported('the result is cut short');
    return count;
  }

  #part(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) throw new Unsupported('the result is cut short');
    const part = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return part;
  }

  #ascii(length: number): string {
    if (length <= SHORT) {
      const bytes = this.#bytes;
      const end = this.#at + length;
      if (end > bytes.length) throw new Unsupported('the result is cut short');
      let text = '';
      for (let i = this.#at; i < end; i++) text += fromCharCode(bytes[i] as number);
      this.#at = end;
      return text;
    }
    const part = this.#part(length);
    let text = '';
    for (let i = 0; i < length; i += CHUNK)
      text += fromCharCode.apply(null, part.subarray(i, i + CHUNK) as never);
    return text;
  }

  #long(): Value {
    const count = this.#i32();
    const digits = Math.abs(count);
    const part = this.#part(digits * 2);
    if (digits <= 3) {
      let value = 0;
      for (let i = digits - 1; i >= 0; i--)
        value = value * 32768 + (((part[i * 2 + 1] ?? 0) << 8) | (part[i * 2] ?? 0));
      return count < 0 ? -value : value;
    }
    // Fifteen bits a digit, regrouped into hexadecimal digits: linear, and BigInt parses it in one step.
    let hex = '';
    const pieces: string[] = [];
    let held = 0;
    let bits = 0;
    for (let i = 0; i < digits; i++) {
      held |= (((part[i * 2 + 1] ?? 0) << 8) | (part[i * 2] ?? 0)) << bits;
      bits += 15;
      while (bits >= 4) {
        pieces.push((held & 15).toString(16));
        held >>>= 4;
        bits -= 4;
      }
    }
    pieces.push(held.toString(16));
    hex = pieces.reverse().join('');
    const value = BigInt(`0x${hex}`);
    const signed = count < 0 ? -value : value;
    return signed >= -9007199254740991n && signed <= 9007199254740991n ? Number(signed) : signed;
  }

  #enter(): void {
    this.#depth++;
    this.#containers++;
    if (this.#depth > MAX_DEPTH) throw new Unsupported(`it is nested deeper than ${MAX_DEPTH} levels`);
    if (this.#containers > MAX_CONTAINERS)
      throw new Unsupported(`it has more than ${MAX_CONTAINERS} containers`);
  }

  read(): Value {
    const tag = this.#u8();
    const type = tag & ~REFERENCED;
    if (type === 0x72) {
      const found = this.#references[this.#i32()];
      if (found === OPEN) throw new Unsupported('it contains itself');
      return found;
    }
    // Numbers are given in the order of the tags.
    const number = (tag & REFERENCED) === 0 ? -1 : this.#references.push(OPEN) - 1;
    const value = this.#body(type);
    if (number >= 0) this.#references[number] = value;
    return value;
  }

  #body(type: number): Value {
    switch (type) {
      case 0x4e: // N
        return null;
      case 0x54: // T
        return true;
      case 0x46: // F
        return false;
      case 0x69: // i
        return this.#i32();
      case 0x6c: // l
        return this.#long();
      case 0x67: {
        // g
        const value = this.#view.getFloat64(this.#at, true);
        this.#at += 8;
        return value;
      }
      case 0x73: // s
        return new Uint8Array(this.#part(this.#count()));
      case 0x7a: // z
      case 0x5a: // Z
        return this.#ascii(this.#u8());
      case 0x61: // a
      case 0x41: // A
        return this.#ascii(this.#count());
      case 0x75: // u
      case 0x74: // t
        return decodeSurrogates(this.#part(this.#count()));
      case 0x28: // (
      case 0x5b: // [
        return this.#list(this.#count());
      case 0x29: // )
        return this.#list(this.#u8());
      case 0x7b: // {
        return this.#dict();
      case 0x3c: // <
      case 0x3e: // >
        return this.#set(this.#count());
      case 0x79: // y
        if (this.#dates) {
          const time = this.#view.getFloat64(this.#at, true);
          this.#at += 16;
          return new Date(time);
        }
        break;
    }
    throw new Unsupported(`it contains ${REFUSED[fromCharCode(type)] ?? 'what is no data'}`);
  }

  #list(count: number): Value {
    this.#enter();
    const items: Value[] = [];
    for (let i = 0; i < count; i++) items.push(this.read());
    this.#depth--;
    return items;
  }

  #set(count: number): Value {
    this.#enter();
    const items = new Set<Value>();
    for (let i = 0; i < count; i++) items.add(this.read());
    this.#depth--;
    return items;
  }

  /** A dict whose keys are all text is an object, any other a Map. */
  #dict(): Value {
    this.#enter();
    // An object without a prototype is several times as slow.
    let object: Record<string, Value> = {};
    let map: Map<Value, Value> | null = null;
    for (let isFirst = true; this.#bytes[this.#at] !== 0x30; isFirst = false) {
      const key = this.read();
      if (map === null && typeof key !== 'string') map = new Map(Object.entries(object));
      if (isFirst && typeof key === 'string' && isIndexKey(key) && key !== '0') object = sparseObject();
      const value = this.read();
      if (map !== null) map.set(key, value);
      else setEntry(object, key as string, value);
    }
    this.#at++;
    this.#depth--;
    return map ?? object;
  }
}

function decodeSurrogates(bytes: Uint8Array): string {
  const text = utf8Decode(bytes, true);
  if (text !== null) return text;
  // Python wrote lone surrogates, which UTF-8 has no form for.
  let out = '';
  let from = 0;
  for (let i = 0; i + 2 < bytes.length; i++) {
    if (bytes[i] !== 0xed || ((bytes[i + 1] as number) & 0xe0) !== 0xa0) continue;
    out += utf8Decode(bytes.subarray(from, i), false) ?? '';
    out += fromCharCode(
      0xd000 | (((bytes[i + 1] as number) & 0x3f) << 6) | ((bytes[i + 2] as number) & 0x3f),
    );
    from = i + 3;
    i += 2;
  }
  return out + (utf8Decode(bytes.subarray(from), false) ?? '');
}

/** @throws Unsupported */
export function readMarshal(bytes: Uint8Array, at: number, { dates }: ReadOptions): Value {
  try {
    return new Reader(bytes, at, dates).read();
  } catch (error) {
    if (error instanceof RangeError) throw new Unsupported('the result is cut short');
    throw error;
  }
}
