/** What a caller passes, copied while it is held to its size and shape. */
import { setEntry } from '../core/entries.ts';
import { SandboxError } from '../core/errors.ts';
import { FORBIDDEN_KEYS } from '../core/json.ts';
import { cleanLine } from '../core/text.ts';
import type { Value } from '../core/value.ts';
import { DEFAULT_INPUT_LIMITS, type InputLimits } from './input.ts';

/**
 * A copy of a value that has been read once, property by property: what was checked is what goes on. Types beside JSON are
 * those of docs/values.md. What is there several times is read once, counts at each place, and is shared in the copy.
 * @throws SandboxError INPUT_REFUSED naming the place
 */
export function filterInput(value: unknown, limits: InputLimits = DEFAULT_INPUT_LIMITS): Value {
  try {
    return new Filter(limits).copy(value, 0);
  } catch (cause) {
    if (cause instanceof SandboxError) throw cause;
    // A getter or a proxy of the caller's.
    throw new SandboxError('INPUT_REFUSED', 'input cannot be read: reading it throws', { cause });
  }
}

interface Copy {
  readonly value: Value;
  /** Of everything in it. */
  readonly entries: number;
  /** Containers within each other, this one included. */
  readonly height: number;
}

/** As they are, whatever a subclass says of itself. */
const lengthOf = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype) as object,
  'length',
)?.get as (this: Uint8Array) => number;
const entriesOf = Map.prototype.entries;
const itemsOf = Set.prototype.values;

class Filter {
  readonly #limits: InputLimits;
  readonly #copies: Map<object, Copy> = new Map();
  /** Steps to where the filter is; texts are made of them when something is refused. */
  readonly #path: string[] = [];
  readonly #places: (string | number)[] = [];
  #entries = 0;
  /** Of what was copied last. */
  #height = 0;

  constructor(limits: InputLimits) {
    this.#limits = limits;
  }

  copy(value: unknown, depth: number): Value {
    this.#height = 0;
    switch (typeof value) {
      case 'string':
        if (value.length > this.#limits.stringChars)
          throw this.#refuse(depth, `has ${value.length} characters, at most ${this.#limits.stringChars}`);
        return value;
      case 'number':
      case 'boolean':
      case 'undefined':
      case 'bigint':
        return value;
      case 'object':
        return value === null ? null : this.#object(value, depth);
      default:
        throw this.#refuse(depth, `is a ${typeof value}; pass plain data`);
    }
  }

  #refuse(depth: number, what: string): SandboxError {
    let place = 'input';
    for (let i = 0; i < depth; i++) {
      const step = this.#places[i] as string | number;
      place += typeof step === 'number' ? `${this.#path[i]}[${step}]` : `.${cleanLine(step, 40)}`;
    }
    return new SandboxError('INPUT_REFUSED', `${place} ${what}`);
  }

  #count(depth: number, more: number): void {
    this.#entries += more;
    if (this.#entries > this.#limits.entries)
      throw this.#refuse(depth, `brings the entries above ${this.#limits.entries}`);
  }

  #object(value: object, depth: number): Value {
    const known = this.#copies.get(value);
    if (known !== undefined) {
      this.#count(depth, known.entries);
      if (depth + known.height > this.#limits.depth) throw this.#tooDeep(depth);
      this.#height = known.height;
      return known.value;
    }
    const before = this.#entries;
    const copy = this.#leaf(value, depth) ?? this.#container(value, depth);
    this.#copies.set(value, { value: copy, entries: this.#entries - before, height: this.#height });
    return copy;
  }

  #tooDeep(depth: number): SandboxError {
    return this.#refuse(depth, `is nested deeper than ${this.#limits.depth} levels, or contains itself`);
  }

  #leaf(value: object, depth: number): Uint8Array | Date | null {
    if (value instanceof Uint8Array) {
      const bytes = lengthOf.call(value);
      if (bytes > this.#limits.bytes)
        throw this.#refuse(depth, `has ${bytes} bytes, at most ${this.#limits.bytes}`);
      return new Uint8Array(value);
    }
    return value instanceof Date ? new Date(value.getTime()) : null;
  }

  #container(value: object, depth: number): Value {
    if (depth >= this.#limits.depth) throw this.#tooDeep(depth);
    let height = 0;
    const part = (name: string, place: string | number, item: unknown): Value => {
      this.#path[depth] = name;
      this.#places[depth] = place;
      const copy = this.copy(item, depth + 1);
      if (this.#height > height) height = this.#height;
      return copy;
    };
    const copy = this.#parts(value, depth, part);
    this.#height = height + 1;
    return copy;
  }

  #parts(
    value: object,
    depth: number,
    part: (name: string, place: string | number, item: unknown) => Value,
  ): Value {
    if (Array.isArray(value)) {
      const { length } = value;
      this.#count(depth, length);
      const copy: Value[] = [];
      for (let i = 0; i < length; i++) copy.push(part('', i, value[i]));
      return copy;
    }
    if (value instanceof Map) {
      const copy = new Map<Value, Value>();
      let i = 0;
      for (const [key, item] of entriesOf.call(value)) {
        this.#count(depth, 1);
        copy.set(part('.keys', i, key), part('.values', i++, item));
      }
      return copy;
    }
    if (value instanceof Set) {
      const copy = new Set<Value>();
      let i = 0;
      for (const item of itemsOf.call(value)) {
        this.#count(depth, 1);
        copy.add(part('.items', i++, item));
      }
      return copy;
    }
    return this.#record(value, depth, part);
  }

  #record(value: object, depth: number, part: (name: string, place: string, item: unknown) => Value): Value {
    const prototype = Object.getPrototypeOf(value) as object | null;
    // The Object.prototype of another realm has no prototype either; a class instance's is two steps away.
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
      throw this.#refuse(depth, 'is an instance of a class; pass plain data');
    const keys = Object.keys(value);
    this.#count(depth, keys.length);
    const copy: Record<string, Value> = {};
    for (const key of keys) {
      this.#places[depth] = key;
      if (key.length > this.#limits.keyChars)
        throw this.#refuse(
          depth + 1,
          `is a key of ${key.length} characters, at most ${this.#limits.keyChars}`,
        );
      if (FORBIDDEN_KEYS.includes(key)) throw this.#refuse(depth + 1, 'is a key that is not allowed');
      setEntry(copy, key, part('', key, (value as Record<string, unknown>)[key]));
    }
    return copy;
  }
}
