/** Writes the caller's input. The caller is trusted; what he passes may be hostile data (a Proxy, say). */
import { SandboxError } from '../core/errors.ts';
import { decodeNotes } from './value-decode.ts';
import {
  FORMAT_VERSION,
  KIND_UINT8,
  MAX_BIGINT_BYTES,
  MAX_CONTAINERS,
  MAX_DEPTH,
  MODE_PLAIN,
  MODE_TAGGED,
  TAG_ARRAY,
  TAG_BIGINT,
  TAG_BUFFER,
  TAG_DATE,
  TAG_FALSE,
  TAG_FLOAT,
  TAG_INT,
  TAG_NOTE_MAP,
  TAG_NOTE_SET,
  TAG_NULL,
  TAG_OBJECT,
  TAG_STRING,
  TAG_TRUE,
  TAG_TYPED_ARRAY,
  TAG_UNDEFINED,
  type ValueCaps,
} from './value-format.ts';
import {
  byteLengthOf,
  describeObject,
  mapEntries,
  type ObjectKind,
  objectKind,
  setItems,
} from './value-kinds.ts';
import { pathText, type Step } from './value-path.ts';

const float = new Float64Array(1);
const floatBytes = new Uint8Array(float.buffer);
const { isArray } = Array;
const { keys: ownKeys } = Object;

const LARGE_BYTES = 4096;
/** At most so many bytes stand before them. */
const BYTES_HEAD = 32;
const { apply } = Reflect;
const setBytes = Uint8Array.prototype.set;

const encoder = new TextEncoder();
/** Where it is missing, in cells, texts are written one unit after the other. */
const canEncodeInto = typeof encoder.encodeInto === 'function';
/** From here on a text is first taken for ASCII. */
const LONG_TEXT = 128;

const isAsciiAt = (text: string, at: number): boolean => text.charCodeAt(at) < 0x80;

const FIRST_BUFFER = 16 * 1024;
const KEPT_BUFFER = 256 * 1024;
/** leb128 of 2³²−1: a buffer that cannot be resized. */
const FIXED_LENGTH = 0xffff_ffff;

/** The buffer of the last call, for the next one. Taken while in use: a getter of the input may encode too. */
let spare: Uint8Array<ArrayBuffer> | null = new Uint8Array(FIRST_BUFFER);

/**
 * Encodes `value` for a cell. Own enumerable string properties are read once each, so getters and Proxy traps
 * run once; shared references are written out each time they occur.
 * @param name what messages call the value; 'input' unless told
 * @throws SandboxError INPUT_UNSUPPORTED naming the path, or INPUT_TOO_LARGE
 */
export function encodeValue(value: unknown, caps: ValueCaps, name = 'input'): Uint8Array<ArrayBuffer> {
  if (value === undefined) return new Uint8Array([MODE_PLAIN, FORMAT_VERSION, 0, TAG_UNDEFINED]);
  const length = byteLengthOf(value);
  if (length !== null && length > LARGE_BYTES && length + BYTES_HEAD <= caps.bytes)
    return encodeBytes(value as Uint8Array, length);
  const first = new Writer(caps.bytes, name, false);
  const plain = first.write(value);
  if (!first.collections) return plain;
  // Maps and Sets need the wrapped form. What was read is read back, so that no getter runs twice.
  return new Writer(caps.bytes, name, true).write(decodeNotes(plain));
}

/** A value that is nothing but many bytes is written in one copy. */
function encodeBytes(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const head = [
    MODE_PLAIN,
    FORMAT_VERSION,
    0,
    TAG_TYPED_ARRAY,
    KIND_UINT8,
    ...leb(length),
    0,
    TAG_BUFFER,
    ...leb(length),
    ...leb(FIXED_LENGTH),
  ];
  const out = new Uint8Array(head.length + length);
  out.set(head);
  apply(setBytes, out, [bytes, head.length]);
  return out;
}

function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return [...bytes, rest];
}

class Writer {
  /** A Map or Set occurred. */
  collections = false;
  readonly #cap: number;
  readonly #name: string;
  readonly #tagged: boolean;
  readonly #atoms: Map<string, number> = new Map();
  readonly #path: Step[] = [];
  readonly #open: object[] = [];
  #bytes: Uint8Array<ArrayBuffer>;
  #at = 0;
  #containers = 0;

  constructor(cap: number, name: string, tagged: boolean) {
    this.#cap = cap;
    this.#name = name;
    this.#tagged = tagged;
    this.#bytes = spare ?? new Uint8Array(FIRST_BUFFER);
    spare = null;
  }

  write(value: unknown): Uint8Array<ArrayBuffer> {
    try {
      this.#value(value);
      const body = this.#at;
      // The atoms stand before the value on the wire but are known only after it.
      for (const atom of this.#atoms.keys()) this.#string(atom);
      this.#room(8);
      const end = this.#at;
      this.#leb(this.#atoms.size);
      const size = 2 + this.#at;
      if (size > this.#cap) throw this.#tooLarge();
      const out = new Uint8Array(size);
      out[0] = this.#tagged ? MODE_TAGGED : MODE_PLAIN;
      out[1] = FORMAT_VERSION;
      out.set(this.#bytes.subarray(end, this.#at), 2);
      const atomsAt = 2 + this.#at - end;
      out.set(this.#bytes.subarray(body, end), atomsAt);
      out.set(this.#bytes.subarray(0, body), atomsAt + end - body);
      return out;
    } finally {
      if (this.#bytes.length <= KEPT_BUFFER) spare = this.#bytes;
    }
  }

  #unsupported(what: string, cause?: unknown): SandboxError {
    return new SandboxError('INPUT_UNSUPPORTED', `${pathText(this.#name, this.#path)} ${what}`, { cause });
  }

  #tooLarge(): SandboxError {
    // A cycle may meet the byte cap before the depth cap; its message should not send the caller to the former.
    return (
      this.#cycle() ??
      new SandboxError('INPUT_TOO_LARGE', `${this.#name} needs more than ${this.#cap} bytes when encoded`)
    );
  }

  /** The complaint about a cycle, if the containers that are open now contain one. */
  #cycle(): SandboxError | null {
    const depths = new Map<object, number>();
    for (const [depth, object] of this.#open.entries()) {
      const first = depths.get(object);
      if (first !== undefined) {
        const target = pathText(this.#name, this.#path.slice(0, first));
        this.#path.length = depth;
        return this.#unsupported(`refers back to ${target}; pass a tree without cycles`);
      }
      depths.set(object, depth);
    }
    return null;
  }

  /** Makes room for `size` more bytes, or refuses. */
  #room(size: number): void {
    const needed = this.#at + size;
    if (needed <= this.#bytes.length) return;
    // 32: what headers reserve but may not use.
    if (needed > this.#cap + 32) throw this.#tooLarge();
    const larger = new Uint8Array(Math.max(needed, Math.min(this.#bytes.length * 2, this.#cap + 32)));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
  }

  #leb(value: number): void {
    const bytes = this.#bytes;
    let rest = value;
    while (rest > 0x7f) {
      bytes[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[this.#at++] = rest;
  }

  #value(value: unknown): void {
    this.#room(16);
    switch (typeof value) {
      case 'string':
        this.#bytes[this.#at++] = TAG_STRING;
        this.#string(value);
        return;
      case 'number':
        this.#number(value);
        return;
      case 'boolean':
        this.#bytes[this.#at++] = value ? TAG_TRUE : TAG_FALSE;
        return;
      case 'undefined':
        this.#bytes[this.#at++] = TAG_UNDEFINED;
        return;
      case 'object':
        if (value === null) this.#bytes[this.#at++] = TAG_NULL;
        else this.#container(value);
        return;
      case 'bigint':
        this.#bigint(value);
        return;
      default:
        throw this.#unsupported(`is a ${typeof value}`);
    }
  }

  #number(value: number): void {
    if ((value | 0) === value && (value !== 0 || 1 / value > 0)) {
      this.#bytes[this.#at++] = TAG_INT;
      this.#leb(((value << 1) ^ (value >> 31)) >>> 0);
      return;
    }
    this.#bytes[this.#at++] = TAG_FLOAT;
    float[0] = value;
    this.#bytes.set(floatBytes, this.#at);
    this.#at += 8;
  }

  #string(text: string): void {
    const { length } = text;
    this.#room(length + 5);
    const start = this.#at;
    this.#leb(length * 2);
    let bytes = this.#bytes;
    let at = this.#at;
    if (length >= LONG_TEXT && canEncodeInto && isAsciiAt(text, 0) && isAsciiAt(text, length >>> 1)) {
      // UTF-8 of as many bytes as units is ASCII, and then Latin-1 too: thirty times as fast as unit by unit.
      const { read, written } = encoder.encodeInto(text, bytes.subarray(at, at + length));
      if (read === length && written === length) {
        this.#at = at + length;
        return;
      }
    }
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0xff) {
        // Not Latin-1 after all: start over in UTF-16.
        this.#at = start;
        this.#room(length * 2 + 5);
        this.#leb(length * 2 + 1);
        bytes = this.#bytes;
        at = this.#at;
        for (let j = 0; j < length; j++) {
          const wide = text.charCodeAt(j);
          bytes[at++] = wide;
          bytes[at++] = wide >>> 8;
        }
        break;
      }
      bytes[at++] = unit;
    }
    this.#at = at;
  }

  #bigint(value: bigint): void {
    this.#bytes[this.#at++] = TAG_BIGINT;
    if (value === 0n) {
      this.#leb(0);
      return;
    }
    // Two's complement needs one bit more than the magnitude, and ~x has the magnitude of a negative x.
    const magnitude = value < 0n ? ~value : value;
    const digits = magnitude.toString(16);
    const bits = digits.length * 4 - (Math.clz32(Number.parseInt(digits.charAt(0), 16)) - 28);
    const size = magnitude === 0n ? 1 : Math.floor(bits / 8) + 1;
    if (size > MAX_BIGINT_BYTES) {
      throw this.#unsupported(`is a BigInt of more than ${MAX_BIGINT_BYTES * 8 - 1} bits`);
    }
    this.#room(size + 5);
    this.#leb(size);
    const hex = digits.padStart(size * 2, '0');
    const flip = value < 0n ? 0xff : 0;
    for (let i = size - 1; i >= 0; i--) {
      this.#bytes[this.#at++] = Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16) ^ flip;
    }
  }

  #container(value: object): void {
    if (++this.#containers > MAX_CONTAINERS) {
      throw (
        this.#cycle() ??
        new SandboxError('INPUT_TOO_LARGE', `${this.#name} has more than ${MAX_CONTAINERS} objects`)
      );
    }
    if (this.#open.length >= MAX_DEPTH) {
      throw this.#cycle() ?? this.#unsupported(`is nested deeper than ${MAX_DEPTH}`);
    }
    let kind: ObjectKind | 'array';
    try {
      kind = isArray(value) ? 'array' : objectKind(value);
    } catch (error) {
      throw this.#unsupported('could not be read', error);
    }
    switch (kind) {
      case 'date':
        this.#bytes[this.#at++] = TAG_DATE;
        this.#number(Date.prototype.getTime.call(value));
        return;
      case 'bytes':
        this.#byteArray(value as Uint8Array);
        return;
      case 'other':
        throw this.#unsupported(describeObject(value));
    }
    this.#open.push(value);
    if (kind === 'array') this.#array(value as readonly unknown[]);
    else if (kind === 'object') this.#object(value as Record<string, unknown>);
    else if (kind === 'map') this.#map(value as ReadonlyMap<unknown, unknown>);
    else this.#set(value as ReadonlySet<unknown>);
    this.#open.pop();
  }

  /** Announces `count` items that follow, each of a byte at least. */
  #header(tag: number, count: number): void {
    if (count > this.#cap) throw this.#tooLarge();
    this.#room(16);
    this.#bytes[this.#at++] = tag;
    this.#leb(count);
  }

  /** Announces a wrapper of mode 1 with `inner` items in an array of its own. */
  #wrapper(mark: string, inner: number): void {
    this.#header(TAG_ARRAY, 2);
    this.#mark(mark);
    this.#header(TAG_ARRAY, inner);
  }

  #mark(mark: string): void {
    this.#bytes[this.#at++] = TAG_STRING;
    this.#string(mark);
  }

  /** What `read` answers; what it throws becomes a caller's mistake at the current path. */
  #read<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw this.#unsupported('could not be read', error);
    }
  }

  #array(items: readonly unknown[]): void {
    const depth = this.#path.length;
    const count = this.#read(() => items.length);
    if (this.#tagged) {
      this.#header(TAG_ARRAY, count + 1);
      this.#mark('A');
    } else this.#header(TAG_ARRAY, count);
    for (let i = 0; i < count; i++) {
      this.#path[depth] = i;
      let item: unknown;
      try {
        item = items[i];
      } catch (error) {
        throw this.#unsupported('could not be read', error);
      }
      this.#value(item);
    }
    this.#path.length = depth;
  }

  #object(object: Record<string, unknown>): void {
    const depth = this.#path.length;
    const keys = this.#read(() => ownKeys(object));
    const count = keys.length;
    if (this.#tagged) this.#wrapper('O', count * 2);
    else this.#header(TAG_OBJECT, count);
    for (let i = 0; i < count; i++) {
      const key = keys[i] as string;
      this.#path[depth] = key;
      let item: unknown;
      try {
        item = object[key];
      } catch (error) {
        throw this.#unsupported('could not be read', error);
      }
      this.#room(16);
      if (this.#tagged) this.#mark(key);
      else this.#key(key);
      this.#value(item);
    }
    this.#path.length = depth;
  }

  #key(key: string): void {
    const unit = key.charCodeAt(0);
    if (unit >= 0x30 && unit <= 0x39 && key.length < 10) {
      const integer = Number(key);
      if (String(integer) === key) {
        this.#leb(integer * 2 + 1);
        return;
      }
    }
    let atom = this.#atoms.get(key);
    if (atom === undefined) {
      atom = this.#atoms.size + 1;
      this.#atoms.set(key, atom);
    }
    this.#leb(atom * 2);
  }

  #map(map: ReadonlyMap<unknown, unknown>): void {
    this.collections = true;
    const depth = this.#path.length;
    const entries = mapEntries(map);
    if (this.#tagged) this.#wrapper('M', entries.length);
    else this.#header(TAG_NOTE_MAP, entries.length);
    for (let i = 0; i < entries.length; i++) {
      this.#path[depth] = { map: i >>> 1, part: i % 2 === 0 ? 'key' : 'value' };
      this.#value(entries[i]);
    }
    this.#path.length = depth;
  }

  #set(set: ReadonlySet<unknown>): void {
    this.collections = true;
    const depth = this.#path.length;
    const items = setItems(set);
    if (this.#tagged) this.#wrapper('S', items.length);
    else this.#header(TAG_NOTE_SET, items.length);
    for (let i = 0; i < items.length; i++) {
      this.#path[depth] = { map: i, part: 'item' };
      this.#value(items[i]);
    }
    this.#path.length = depth;
  }

  #byteArray(view: Uint8Array): void {
    // A copy through the constructor reads the bytes without asking the object for anything.
    const copy = this.#read(() => new Uint8Array(view));
    this.#room(copy.length + 24);
    this.#bytes[this.#at++] = TAG_TYPED_ARRAY;
    this.#bytes[this.#at++] = KIND_UINT8;
    this.#leb(copy.length);
    this.#leb(0);
    this.#bytes[this.#at++] = TAG_BUFFER;
    this.#leb(copy.length);
    this.#leb(FIXED_LENGTH);
    this.#bytes.set(copy, this.#at);
    this.#at += copy.length;
  }
}
