/** What a caller passes, held to its size and shape before anything else looks at it. */
import { SandboxError } from '../core/errors.ts';
import { FORBIDDEN_KEYS, type JsonReading, parseJson } from '../core/json.ts';
import { cleanLine } from '../core/text.ts';
import type { Value } from '../core/value.ts';

export interface InputLimits {
  /** Arrays, objects, maps and sets within each other. Default 20, ceiling 100. */
  readonly depth: number;
  /** Entries and elements of all of them together. Default 10,000, ceiling 1,000,000. */
  readonly entries: number;
  /** UTF-16 units of a key. Default 100, ceiling 10,000. */
  readonly keyChars: number;
  /** UTF-16 units of a string. Default 10,000, ceiling 16,777,216. */
  readonly stringChars: number;
  /** Of one Uint8Array. Default 100,000, ceiling 67,108,864. */
  readonly bytes: number;
}

const RANGES: Readonly<Record<keyof InputLimits, readonly [standard: number, ceiling: number]>> = {
  depth: [20, 100],
  entries: [10_000, 1_000_000],
  keyChars: [100, 10_000],
  stringChars: [10_000, 16_777_216],
  bytes: [100_000, 67_108_864],
};

export const DEFAULT_INPUT_LIMITS: InputLimits = Object.freeze(
  Object.fromEntries(Object.entries(RANGES).map(([name, [standard]]) => [name, standard])) as Record<
    keyof InputLimits,
    number
  >,
);

/** @throws SandboxError INVALID_ARGUMENT or LIMIT_OUT_OF_RANGE */
export function inputLimits(given: Partial<InputLimits> = {}): InputLimits {
  const limits: Record<keyof InputLimits, number> = { ...DEFAULT_INPUT_LIMITS };
  for (const [name, value] of Object.entries(given)) {
    const range = Object.hasOwn(RANGES, name) ? RANGES[name as keyof InputLimits] : undefined;
    if (range === undefined)
      throw new SandboxError(
        'INVALID_ARGUMENT',
        `input.${cleanLine(name, 40)} is unknown; known are ${Object.keys(RANGES).join(', ')}`,
      );
    if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > range[1])
      throw new SandboxError(
        'LIMIT_OUT_OF_RANGE',
        `input.${name} must be an integer from 0 to ${range[1]}, got ${String(value)}`,
      );
    limits[name as keyof InputLimits] = value as number;
  }
  return Object.freeze(limits);
}

const refuse = (path: string, what: string): SandboxError =>
  new SandboxError('INPUT_REFUSED', `${path} ${what}`);

/**
 * A copy of a value that has been read once, property by property: what was checked is what goes on. Types beside JSON are
 * those of docs/values.md.
 * @throws SandboxError INPUT_REFUSED naming the place
 */
export function filterInput(value: unknown, limits: InputLimits = DEFAULT_INPUT_LIMITS): Value {
  return new Filter(limits).copy(value, 'input', 0);
}

class Filter {
  readonly #limits: InputLimits;
  #entries = 0;

  constructor(limits: InputLimits) {
    this.#limits = limits;
  }

  copy(value: unknown, path: string, depth: number): Value {
    switch (typeof value) {
      case 'string':
        return this.#text(value, path);
      case 'number':
      case 'boolean':
      case 'undefined':
      case 'bigint':
        return value;
      case 'object':
        return value === null ? null : this.#object(value, path, depth);
      default:
        throw refuse(path, `is a ${typeof value}; pass plain data`);
    }
  }

  #text(text: string, path: string): string {
    if (text.length > this.#limits.stringChars)
      throw refuse(path, `has ${text.length} characters, at most ${this.#limits.stringChars}`);
    return text;
  }

  #count(path: string, more: number): void {
    this.#entries += more;
    if (this.#entries > this.#limits.entries)
      throw refuse(path, `brings the entries above ${this.#limits.entries}`);
  }

  #object(value: object, path: string, depth: number): Value {
    if (value instanceof Uint8Array) {
      if (value.length > this.#limits.bytes)
        throw refuse(path, `has ${value.length} bytes, at most ${this.#limits.bytes}`);
      return new Uint8Array(value);
    }
    if (value instanceof Date) return new Date(value.getTime());
    if (depth >= this.#limits.depth)
      throw refuse(path, `is nested deeper than ${this.#limits.depth} levels, or contains itself`);
    if (Array.isArray(value)) {
      this.#count(path, value.length);
      return Array.from(value, (item, i) => this.copy(item, `${path}[${i}]`, depth + 1));
    }
    if (value instanceof Map) {
      this.#count(path, value.size);
      return new Map(
        [...value].map(
          ([key, item], i) =>
            [
              this.copy(key, `${path}.keys[${i}]`, depth + 1),
              this.copy(item, `${path}.values[${i}]`, depth + 1),
            ] as const,
        ),
      );
    }
    if (value instanceof Set) {
      this.#count(path, value.size);
      return new Set([...value].map((item, i) => this.copy(item, `${path}.items[${i}]`, depth + 1)));
    }
    return this.#record(value, path, depth);
  }

  #record(value: object, path: string, depth: number): Value {
    const prototype = Object.getPrototypeOf(value) as object | null;
    // The Object.prototype of another realm has no prototype either; a class instance's is two steps away.
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
      throw refuse(path, 'is an instance of a class; pass plain data');
    const keys = Object.keys(value);
    this.#count(path, keys.length);
    const copy: Record<string, Value> = {};
    for (const key of keys) {
      const shown = `${path}.${cleanLine(key, 40)}`;
      if (key.length > this.#limits.keyChars)
        throw refuse(shown, `is a key of ${key.length} characters, at most ${this.#limits.keyChars}`);
      if (FORBIDDEN_KEYS.includes(key)) throw refuse(shown, 'is a key that is not allowed');
      copy[key] = this.copy((value as Record<string, unknown>)[key], shown, depth + 1);
    }
    return copy;
  }
}

/**
 * Reads a request's text: JSON without duplicate or harmful keys, within limits that are checked before it is parsed.
 * @param chars of the whole text; default 1,048,576
 */
export function parseJsonInput(
  text: string,
  limits: InputLimits = DEFAULT_INPUT_LIMITS,
  chars: number = 1_048_576,
): JsonReading {
  const { depth, entries, keyChars, stringChars } = limits;
  return parseJson(text, {
    chars,
    depth,
    entries,
    keyChars,
    stringChars,
    bigIntegers: 'bigint',
    harmless: true,
  });
}

/**
 * The steps of a path such as `order.items[0].price`, for code that reads or sets by path.
 * @returns `null` for what is no path, is longer than 32 steps, or leads through a key that is not allowed
 */
export function dataPath(text: string): readonly (string | number)[] | null {
  if (typeof text !== 'string' || text.length > 1000 || !/^[^.[\]]+(?:\.[^.[\]]+|\[\d{1,9}\])*$/.test(text))
    return null;
  const steps = [...text.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, key]) =>
    index === undefined ? (key as string) : Number(index),
  );
  return steps.length > 32 ||
    steps.some(step => typeof step === 'string' && FORBIDDEN_KEYS.includes(step.trim()))
    ? null
    : steps;
}
