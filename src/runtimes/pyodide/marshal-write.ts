/**
 * Values as Python's `marshal` reads them: its reader is C, several times as fast as any Python could be, and trusts its
 * input, which is ours. A Date travels as a complex number, which no value of the host is; the driver makes a
 * `datetime` of it.
 */

import type { Value } from '../../core/value.ts';
import { utf8Encode } from '../cell/utf8.ts';
import { isFarDate } from './far-date.ts';

const NONE = 0x4e;
const TRUE = 0x54;
const FALSE = 0x46;
const INT = 0x69;
const LONG = 0x6c;
const FLOAT = 0x67;
const COMPLEX = 0x79;
const BYTES = 0x73;
const TEXT = 0x75;
const ASCII = 0x61;
const SHORT_ASCII = 0x7a;
const LIST = 0x5b;
const TUPLE = 0x28;
const DICT = 0x7b;
const DICT_END = 0x30;
const SET = 0x3c;
const REFERENCE = 0x72;
/** On a type: give the object the next number, for references to it. */
const REFERENCED = 0x80;

const DIGIT_BITS = 15;
const DIGIT_MASK = 0x7fffn;

export class MarshalWriter {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(4096);
  #view: DataView<ArrayBuffer> = new DataView(this.#bytes.buffer);
  #at = 0;
  /** Numbers of keys written before. */
  readonly #keys: Map<string, number> = new Map();
  /** There was a Date. */
  dates = false;
  /** There was one that Python cannot hold. */
  farDates = false;

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#at);
  }

  #room(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }

  #tag(tag: number): void {
    this.#room(1);
    this.#bytes[this.#at++] = tag;
  }

  #sized(tag: number, count: number): void {
    this.#room(5);
    this.#bytes[this.#at] = tag;
    this.#view.setUint32(this.#at + 1, count, true);
    this.#at += 5;
  }

  /** Starts a tuple; the caller writes its items. */
  tuple(count: number): void {
    this.#sized(TUPLE, count);
  }

  text(text: string, flag = 0): void {
    const { length } = text;
    this.#room(5 + length);
    const start = this.#at;
    const short = length < 256;
    let at = start + (short ? 2 : 5);
    const bytes = this.#bytes;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) {
        this.#wide(text, flag);
        return;
      }
      bytes[at++] = unit;
    }
    bytes[start] = (short ? SHORT_ASCII : ASCII) | flag;
    if (short) bytes[start + 1] = length;
    else this.#view.setUint32(start + 1, length, true);
    this.#at = at;
  }

  /** UTF-8 in which a lone surrogate is three bytes, as Python keeps it. */
  #wide(text: string, flag: number): void {
    const encoded = text.isWellFormed() ? utf8Encode(text) : encodeSurrogates(text);
    this.#sized(TEXT | flag, encoded.length);
    this.#room(encoded.length);
    this.#bytes.set(encoded, this.#at);
    this.#at += encoded.length;
  }

  #key(key: string): void {
    const known = this.#keys.get(key);
    if (known !== undefined) {
      this.#sized(REFERENCE, known);
      return;
    }
    this.#keys.set(key, this.#keys.size);
    this.text(key, REFERENCED);
  }

  bytes(value: Uint8Array): void {
    this.#sized(BYTES, value.length);
    this.#room(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  #number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      if (value === (value | 0)) this.#sized(INT, value);
      else this.#long(BigInt(value));
      return;
    }
    this.#tag(FLOAT);
    this.#room(8);
    this.#view.setFloat64(this.#at, value, true);
    this.#at += 8;
  }

  #long(value: bigint): void {
    const negative = value < 0n;
    // A hexadecimal text is made in linear time; shifting digit by digit would not be.
    const hex = (negative ? -value : value).toString(16);
    const digits: number[] = [];
    let bits = 0;
    let held = 0;
    for (let i = hex.length - 1; i >= 0; i--) {
      held |= Number.parseInt(hex[i] as string, 16) << bits;
      bits += 4;
      if (bits >= DIGIT_BITS) {
        digits.push(held & Number(DIGIT_MASK));
        held >>= DIGIT_BITS;
        bits -= DIGIT_BITS;
      }
    }
    if (held > 0) digits.push(held);
    while (digits.at(-1) === 0) digits.pop();
    this.#sized(LONG, negative ? -digits.length : digits.length);
    this.#room(digits.length * 2);
    for (const digit of digits) {
      this.#view.setUint16(this.#at, digit, true);
      this.#at += 2;
    }
  }

  /** Depth is bounded by that of values. */
  value(value: Value): void {
    switch (typeof value) {
      case 'string':
        this.text(value);
        return;
      case 'number':
        this.#number(value);
        return;
      case 'boolean':
        this.#tag(value ? TRUE : FALSE);
        return;
      case 'bigint':
        this.#long(value);
        return;
      case 'undefined':
        this.#tag(NONE);
        return;
      default:
        if (value === null) this.#tag(NONE);
        else this.#object(value);
    }
  }

  #object(value: Exclude<Value, null | undefined | string | number | boolean | bigint>): void {
    if (Array.isArray(value)) {
      this.#sized(LIST, value.length);
      for (const item of value as readonly Value[]) this.value(item);
    } else if (value instanceof Uint8Array) this.bytes(value);
    else if (value instanceof Date) {
      this.dates = true;
      if (isFarDate(value)) this.farDates = true;
      this.#tag(COMPLEX);
      this.#room(16);
      this.#view.setFloat64(this.#at, value.getTime(), true);
      this.#view.setFloat64(this.#at + 8, 0, true);
      this.#at += 16;
    } else if (value instanceof Set) {
      this.#sized(SET, value.size);
      for (const item of value) this.value(item);
    } else if (value instanceof Map) {
      this.#tag(DICT);
      for (const [key, item] of value) {
        this.value(key);
        this.value(item);
      }
      this.#tag(DICT_END);
    } else {
      this.#tag(DICT);
      for (const [key, item] of Object.entries(value as Readonly<Record<string, Value>>)) {
        this.#key(key);
        this.value(item);
      }
      this.#tag(DICT_END);
    }
  }
}

function encodeSurrogates(text: string): Uint8Array {
  const parts: number[] = [];
  for (const character of text) {
    const point = character.codePointAt(0) as number;
    if (point < 0xd800 || point > 0xdfff) parts.push(...utf8Encode(character));
    else parts.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f));
  }
  return new Uint8Array(parts);
}
