/** Reads what a cell encoded. Hostile input: everything is bounded, nothing is believed. */
import {
  HOST_BYTES,
  HOST_NANOSECONDS,
  hostBytesFor,
  hostNanosecondsFor,
  TABLE_NAMES,
  unfoldedBytesFor,
} from '../core/budget.ts';
import { isIndexKey, setEntry, setIndex } from '../core/entries.ts';
import type { Value } from '../core/value.ts';
import { CollisionBudget, Keys } from './collisions.ts';
import { ProtocolError } from './error.ts';
import {
  FORMAT_VERSION,
  KIND_UINT8,
  MAX_BIGINT_BYTES,
  MAX_CONTAINERS,
  MAX_DEPTH,
  MIN_VALUE_BYTES,
  MODE_PLAIN,
  MODE_TAGGED,
  TAG_ARRAY,
  TAG_BIGINT,
  TAG_BOXED,
  TAG_BUFFER,
  TAG_DATE,
  TAG_FALSE,
  TAG_FLOAT,
  TAG_INT,
  TAG_NOTE_MAP,
  TAG_NOTE_SET,
  TAG_NULL,
  TAG_OBJECT,
  TAG_REFERENCE,
  TAG_REGEXP,
  TAG_STRING,
  TAG_TRUE,
  TAG_TYPED_ARRAY,
  TAG_UNDEFINED,
  type ValueCaps,
} from './value-format.ts';
import { costsTooMuch, malformed, takesTooLong, unfoldsTooFar, unsupported } from './value-refusals.ts';
import { FLAT_CHARS, latin1Text, shortText, wideText } from './value-text.ts';

const float = new Float64Array(1);
const floatBytes = new Uint8Array(float.buffer);
const objectPrototype = Object.prototype;

const {
  array: ARRAY_BYTES,
  slot: SLOT_BYTES,
  object: OBJECT_BYTES,
  entry: ENTRY_BYTES,
  text: TEXT_BYTES,
  float: FLOAT_BYTES,
} = HOST_BYTES;
const { item: ITEM_NS, float: FLOAT_NS, text: TEXT_NS } = HOST_NANOSECONDS;
const ENDLESS: number = Number.POSITIVE_INFINITY;
const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
/** V8 makes an array that is created with more places a hash table; one that grows to it stays an array. */
const MAX_PREALLOCATED = 32 * 1024 * 1024;
/** Stands in the reference table for a container that is not finished, or that no reference may name. */
const OPEN: unique symbol = Symbol('open');
type Slot = Value | ArrayBuffer | typeof OPEN;

/**
 * @throws ProtocolError, and nothing else, for bytes that are not an encoded value within the caps. The result
 * holds plain data only: no functions, no accessors, no prototypes of the guest's choosing, no cycles.
 */
export function decodeValue(bytes: Uint8Array, caps: ValueCaps): Value {
  if (bytes.length > Math.max(caps.bytes, MIN_VALUE_BYTES)) {
    throw new ProtocolError(`a value of ${bytes.length} bytes exceeds its cap of ${caps.bytes}`);
  }
  const mode = bytes[0];
  if (mode !== MODE_PLAIN && mode !== MODE_TAGGED) throw malformed('unknown mode');
  return new Reader(bytes, mode === MODE_TAGGED, false, {
    hostBytes: hostBytesFor(caps.bytes),
    nanoseconds: hostNanosecondsFor(caps.bytes),
    unfolded: unfoldedBytesFor(caps.bytes),
  }).readAll();
}

/** Reads an input in its cell: the host has checked it, and the cell's own limits bound what it takes. */
export function decodeInput(bytes: Uint8Array): Value {
  return new Reader(bytes, bytes[0] === MODE_TAGGED, false, null).readAll();
}

/** Reads the encoder's own notes: plain mode, but Maps and Sets have tags. Trusted input. */
export function decodeNotes(bytes: Uint8Array): Value {
  return new Reader(bytes, false, true, null).readAll();
}

interface Costs {
  readonly hostBytes: number;
  readonly nanoseconds: number;
  readonly unfolded: number;
}
const UNBOUNDED: Costs = { hostBytes: ENDLESS, nanoseconds: ENDLESS, unfolded: ENDLESS };

class Reader {
  readonly #bytes: Uint8Array;
  readonly #tagged: boolean;
  readonly #notes: boolean;
  readonly #end: number;
  #at = 1;
  #depth = 0;
  /** Items that all containers together have announced; each costs a byte at least. */
  #announced = 0;
  readonly #atoms: string[] = [];
  /** Atoms that a plain assignment is wrong for: what Object.prototype has, and integers. */
  #odd: Set<string> | null = null;
  readonly #collisions: CollisionBudget | null;
  readonly #slots: Slot[] = [];
  /** Estimated bytes of the host's heap that may still be taken. */
  #hostBytes: number;
  /** Estimated time of the host's thread that is left. */
  #nanoseconds: number;
  readonly #most: Costs;
  /** What the value is longer than its bytes so far, once each reference and each key is written out. */
  #unfolded = 0;
  /** Of each slot: where it was opened, in unfolded bytes, then the bytes it unfolds to. */
  readonly #sizes: number[] = [];

  constructor(bytes: Uint8Array, tagged: boolean, notes: boolean, costs: Costs | null) {
    this.#bytes = bytes;
    this.#tagged = tagged;
    this.#notes = notes;
    this.#end = bytes.length;
    this.#most = costs ?? UNBOUNDED;
    this.#hostBytes = this.#most.hostBytes;
    this.#nanoseconds = this.#most.nanoseconds;
    this.#collisions = costs === null ? null : new CollisionBudget();
  }

  readAll(): Value {
    if (this.#byte() !== FORMAT_VERSION) throw malformed('unknown format version');
    const count = this.#count(1);
    for (let i = 0; i < count; i++) {
      const atom = this.#string();
      if (atom in objectPrototype || isIndexKey(atom)) {
        this.#odd ??= new Set();
        this.#odd.add(atom);
      }
      this.#atoms.push(atom);
    }
    const value = this.#value();
    if (this.#at !== this.#end) throw malformed('bytes after its end');
    return value;
  }

  /**
   * Takes estimated bytes of the host's heap before they are allocated. Texts and numbers, which take little more than they do on
   * the wire, are only counted, in time as in bytes: the next container is refused.
   */
  #spend(bytes: number): void {
    this.#hostBytes -= bytes;
    if (this.#hostBytes < 0) throw costsTooMuch(this.#most.hostBytes);
  }

  /** Takes estimated time of the host's thread before it is spent. */
  #work(nanoseconds: number): void {
    this.#nanoseconds -= nanoseconds;
    if (this.#nanoseconds < 0) throw takesTooLong(this.#most.nanoseconds);
  }

  /** Counts what a reference or a key stands for beyond its own bytes. */
  #unfold(bytes: number): void {
    this.#unfolded += bytes;
    if (this.#at + this.#unfolded > this.#most.unfolded) throw unfoldsTooFar(this.#most.unfolded);
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw malformed('it ends early');
    return byte;
  }

  /** Moves past `size` bytes and answers where they start. */
  #take(size: number): number {
    const start = this.#at;
    if (size > this.#end - start) throw malformed('it ends early');
    this.#at = start + size;
    return start;
  }

  #leb(): number {
    let byte = this.#byte();
    if (byte < 0x80) return byte;
    let result = byte & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      byte = this.#byte();
      // The fifth byte carries four bits.
      if (shift === 28 && byte > 0x0f) break;
      result |= (byte & 0x7f) << shift;
      if (byte < 0x80) return result >>> 0;
    }
    throw malformed('an integer is longer than 32 bits');
  }

  /** How many items follow, of `size` bytes each at least. All counts together are bounded by the bytes. */
  #count(size: number): number {
    const count = this.#leb();
    this.#announced += count * size;
    if (this.#announced > this.#end) throw malformed('it announces more items than it has bytes');
    return count;
  }

  #string(): string {
    const head = this.#leb();
    const length = head >>> 1;
    if ((head & 1) === 1) {
      const start = this.#take(length * 2);
      this.#hostBytes -= TEXT_BYTES + length * 2;
      return wideText(this.#bytes, start, this.#at);
    }
    const start = this.#take(length);
    this.#hostBytes -= TEXT_BYTES + length;
    if (length > FLAT_CHARS) return latin1Text(this.#bytes, start, this.#at);
    return shortText(this.#bytes, start, this.#at);
  }

  #float(): number {
    const start = this.#take(8);
    this.#hostBytes -= FLOAT_BYTES;
    for (let i = 0; i < 8; i++) floatBytes[i] = this.#bytes[start + i] as number;
    return float[0] as number;
  }

  #bigint(): bigint {
    const size = this.#leb();
    if (size > MAX_BIGINT_BYTES) throw malformed('a BigInt is larger than the engine’s largest');
    this.#spend(HOST_BYTES.bigint + size);
    this.#work(HOST_NANOSECONDS.bigint + size);
    if (size === 0) return 0n;
    const start = this.#take(size);
    let hex = '0x';
    for (let i = start + size - 1; i >= start; i--) hex += HEX[this.#bytes[i] as number];
    return BigInt.asIntN(size * 8, BigInt(hex));
  }

  /** Opens a container: its place in the reference table. */
  #open(): number {
    if (this.#slots.length >= MAX_CONTAINERS) {
      throw unsupported(`more than ${MAX_CONTAINERS} objects`);
    }
    this.#work(HOST_NANOSECONDS.container);
    this.#sizes.push(this.#at + this.#unfolded);
    return this.#slots.push(OPEN) - 1;
  }

  #close(slot: number, value: Slot): void {
    this.#slots[slot] = value;
    // And its tag.
    this.#sizes[slot] = this.#at + this.#unfolded - (this.#sizes[slot] as number) + 1;
  }

  #enter(): void {
    if (++this.#depth > MAX_DEPTH) throw unsupported(`objects nested deeper than ${MAX_DEPTH}`);
  }

  #value(): Value {
    const tag = this.#byte();
    switch (tag) {
      case TAG_NULL:
        return null;
      case TAG_UNDEFINED:
        return undefined;
      case TAG_FALSE:
        return false;
      case TAG_TRUE:
        return true;
      case TAG_INT: {
        const zigzag = this.#leb();
        return (zigzag >>> 1) ^ -(zigzag & 1);
      }
      case TAG_FLOAT:
        this.#nanoseconds -= FLOAT_NS;
        return this.#float();
      case TAG_STRING:
        this.#nanoseconds -= TEXT_NS;
        return this.#string();
      case TAG_BIGINT:
        return this.#bigint();
      case TAG_ARRAY:
        return this.#tagged ? this.#wrapped() : this.#array();
      case TAG_OBJECT:
        if (this.#tagged) break;
        return this.#object();
      case TAG_DATE:
        return this.#date();
      case TAG_TYPED_ARRAY:
        return this.#typedArray();
      case TAG_REFERENCE:
        return this.#reference();
      case TAG_NOTE_MAP:
      case TAG_NOTE_SET:
        if (!this.#notes) break;
        return this.#collection(tag === TAG_NOTE_MAP ? 'M' : 'S', this.#open());
      case TAG_BUFFER:
        throw unsupported('an ArrayBuffer; return a Uint8Array');
      case TAG_REGEXP:
        throw unsupported('a RegExp');
      case TAG_BOXED:
        throw unsupported('a boxed primitive such as new Number(1)');
    }
    throw malformed(`unknown tag ${tag}`);
  }

  #array(): Value {
    const slot = this.#open();
    return this.#items(slot, this.#count(1));
  }

  #items(slot: number, count: number): Value {
    this.#enter();
    this.#spend(ARRAY_BYTES + SLOT_BYTES * count);
    this.#work(ITEM_NS * count);
    const items: Value[] = count <= MAX_PREALLOCATED ? new Array(count) : [];
    for (let i = 0; i < count; i++) items[i] = this.#value();
    this.#depth--;
    this.#close(slot, items);
    return items;
  }

  #object(): Value {
    const slot = this.#open();
    const count = this.#count(2);
    this.#enter();
    this.#spend(OBJECT_BYTES + ENTRY_BYTES * count);
    this.#work((count > TABLE_NAMES ? HOST_NANOSECONDS.tableName : HOST_NANOSECONDS.name) * count);
    const object: Record<string, Value> = {};
    let keyBytes = 0;
    let isSparse = false;
    for (let i = 0; i < count; i++) {
      const head = this.#leb();
      if ((head & 1) === 1) {
        this.#spend(HOST_BYTES.indexed);
        this.#work(HOST_NANOSECONDS.index);
        isSparse = setIndex(object, head >>> 1, this.#value(), isSparse);
        continue;
      }
      const key = this.#atoms[(head >>> 1) - 1];
      if (key === undefined) throw malformed('a key names no atom');
      keyBytes += key.length;
      const value = this.#value();
      if (this.#odd?.has(key)) {
        this.#spend(HOST_BYTES.indexed);
        this.#work(HOST_NANOSECONDS.index);
        // A key of which only this knows how to set it.
        isSparse = setEntry(object, key, value, isSparse);
      } else object[key] = value;
    }
    this.#unfold(keyBytes);
    this.#depth--;
    this.#close(slot, object);
    return object;
  }

  /** Mode 1: every array is a wrapper that says what it stands for. */
  #wrapped(): Value {
    const slot = this.#open();
    const count = this.#count(1);
    if (count === 0 || this.#byte() !== TAG_STRING) throw malformed('an unmarked container');
    const mark = this.#string();
    if (mark === 'A') return this.#items(slot, count - 1);
    if (count !== 2 || this.#byte() !== TAG_ARRAY) throw malformed('a marked container of the wrong shape');
    // The inner array is a container on the wire too, but none that a value can refer to.
    this.#open();
    return this.#collection(mark, slot);
  }

  /** The items of an object, Map or Set, after their announcement. */
  #collection(mark: string, slot: number): Value {
    const count = this.#count(1);
    if (mark !== 'S' && count % 2 !== 0) throw malformed('a key without a value');
    this.#enter();
    let result: Value;
    if (mark === 'S') {
      this.#spend(HOST_BYTES.table + HOST_BYTES.tableEntry * count);
      this.#work(HOST_NANOSECONDS.tableEntry * count);
      const keys = new Keys(this.#collisions, count);
      const set = new Set<Value>();
      for (let i = 0; i < count; i++) {
        const item = this.#value();
        keys.add(item);
        set.add(item);
      }
      result = set;
    } else if (mark === 'M') {
      this.#spend(HOST_BYTES.table + (HOST_BYTES.tableEntry / 2) * count);
      this.#work((HOST_NANOSECONDS.tableEntry / 2) * count);
      const keys = new Keys(this.#collisions, count / 2);
      const map = new Map<Value, Value>();
      for (let i = 0; i < count; i += 2) {
        const key = this.#value();
        keys.add(key);
        map.set(key, this.#value());
      }
      result = map;
    } else if (mark === 'O') {
      this.#spend(HOST_BYTES.object + (HOST_BYTES.entry / 2) * count);
      const perName = count / 2 > TABLE_NAMES ? HOST_NANOSECONDS.tableName : HOST_NANOSECONDS.name;
      this.#work((perName / 2) * count);
      const object: Record<string, Value> = {};
      let isIndexed = false;
      let isSparse = false;
      for (let i = 0; i < count; i += 2) {
        if (this.#byte() !== TAG_STRING) throw malformed('a key that is no string');
        const key = this.#string();
        if (isIndexKey(key)) {
          this.#work(HOST_NANOSECONDS.index);
          if (!isIndexed) this.#spend(HOST_BYTES.indexed);
          isIndexed = true;
        }
        isSparse = setEntry(object, key, this.#value(), isSparse);
      }
      result = object;
    } else throw malformed('an unknown container mark');
    this.#depth--;
    this.#close(slot, result);
    return result;
  }

  #date(): Value {
    const slot = this.#open();
    this.#spend(HOST_BYTES.date);
    this.#work(HOST_NANOSECONDS.date);
    const tag = this.#byte();
    let time: number;
    if (tag === TAG_FLOAT) time = this.#float();
    else if (tag === TAG_INT) {
      const zigzag = this.#leb();
      time = (zigzag >>> 1) ^ -(zigzag & 1);
    } else throw malformed('a Date without a number');
    const date = new Date(time);
    this.#close(slot, date);
    return date;
  }

  #typedArray(): Value {
    const slot = this.#open();
    this.#spend(HOST_BYTES.view);
    this.#work(HOST_NANOSECONDS.view);
    const kind = this.#byte();
    if (kind !== KIND_UINT8) throw unsupported('a typed array other than Uint8Array');
    const length = this.#leb();
    const offset = this.#leb();
    const start = this.#at;
    const buffer = this.#buffer();
    // The engine writes a view's last length down even when its buffer has shrunk since.
    if (offset + length > buffer.byteLength) throw unsupported('a byte array whose buffer has shrunk');
    // A view, no copy: a thousand views of one buffer must not become a thousand buffers.
    const view = new Uint8Array(buffer, offset, length);
    if (this.#at - start < length) this.#unfold(length);
    this.#close(slot, view);
    return view;
  }

  #buffer(): ArrayBuffer {
    const tag = this.#byte();
    if (tag === TAG_REFERENCE) {
      const buffer = this.#slots[this.#leb()];
      if (!(buffer instanceof ArrayBuffer)) throw malformed('a reference to no buffer');
      return buffer;
    }
    if (tag !== TAG_BUFFER) throw malformed('a byte array without a buffer');
    const slot = this.#open();
    const length = this.#leb();
    // The maximum of a resizable buffer: ours are not.
    this.#leb();
    const start = this.#take(length);
    this.#spend(HOST_BYTES.buffer + length);
    this.#work(HOST_NANOSECONDS.buffer);
    const { buffer } = new Uint8Array(this.#bytes.subarray(start, this.#at));
    this.#close(slot, buffer);
    return buffer;
  }

  #reference(): Value {
    const index = this.#leb();
    if (index >= this.#slots.length) throw malformed('a reference to nothing');
    const value = this.#slots[index] as Slot;
    // Only finished containers can be shared, so no result ever contains itself.
    if (value === OPEN) throw unsupported('a cycle');
    if (value instanceof ArrayBuffer) throw unsupported('an ArrayBuffer; return a Uint8Array');
    // Twenty-six arrays of two can stand for 2²⁶: small here, and the end of whoever walks the result.
    this.#unfold(this.#sizes[index] as number);
    return value;
  }
}
