/** Values as JSON and as text: one meaning wherever a text is made of them, or a failure that names the place. */
import { Budget } from '../core/budget.ts';
import type { Value } from '../core/value.ts';
import { failure } from './failure.ts';

/** As in everything that crosses: docs/values.md. */
const DEPTH = 500;

const fail = (path: string, problem: string): Error => failure('NODE_FAILED', `${path} ${problem}`);

const step = (path: string, key: string): string =>
  /^[A-Za-z_$][\w$]{0,60}$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key.slice(0, 60))}]`;

function dateText(value: Date, path: string): string {
  if (Number.isNaN(value.getTime())) throw fail(path, 'is a date that is none');
  return value.toISOString();
}

function numberText(value: number, path: string): string {
  if (!Number.isFinite(value))
    throw fail(path, `is ${value}, which no text stands for: decide what is meant`);
  return Object.is(value, -0) ? '-0' : String(value);
}

/** A key of a Map as a key of JSON. */
function keyText(key: unknown, path: string): string {
  if (typeof key === 'string') return key;
  if (typeof key === 'number') return numberText(key, `a key of ${path}`);
  if (typeof key === 'bigint' || typeof key === 'boolean') return String(key);
  throw fail(path, 'is a Map with keys that are neither text nor numbers: make an object of it');
}

class Writer {
  readonly #budget: Budget;
  readonly #parts: string[] = [];

  constructor(chars: number, path: string) {
    this.#budget = new Budget(chars, () => fail(path, `has more than ${chars} characters as JSON`));
  }

  text(): string {
    return this.#parts.join('');
  }

  #put(text: string): void {
    this.#budget.spend(text.length);
    this.#parts.push(text);
  }

  #string(text: string): void {
    // Before it is made: escapes can only make it longer.
    this.#budget.spend(text.length);
    const written = JSON.stringify(text);
    this.#budget.spend(written.length - text.length);
    this.#parts.push(written);
  }

  value(value: unknown, path: string, depth: number): void {
    if (typeof value === 'string') this.#string(value);
    else if (typeof value === 'number') this.#put(numberText(value, path));
    else if (typeof value === 'bigint' || typeof value === 'boolean') this.#put(String(value));
    else if (value === null || value === undefined) this.#put('null');
    else if (typeof value === 'object') this.#object(value, path, depth + 1);
    else throw fail(path, `is a ${typeof value}, which JSON has no word for`);
  }

  #object(value: object, path: string, depth: number): void {
    if (depth > DEPTH) throw fail(path, `has more than ${DEPTH} containers inside one another`);
    if (ArrayBuffer.isView(value))
      throw fail(path, 'is bytes, which JSON has no word for: encode them with utils.base64');
    if (value instanceof Date) this.#string(dateText(value, path));
    else if (Array.isArray(value) || value instanceof Set) this.#list(value, path, depth);
    else if (value instanceof Map) this.#map(value, path, depth);
    else this.#entries(Object.keys(value), key => (value as Record<string, unknown>)[key], path, depth);
  }

  #list(list: Iterable<unknown>, path: string, depth: number): void {
    this.#put('[');
    let index = 0;
    for (const one of list) {
      if (index > 0) this.#put(',');
      this.value(one, `${path}[${index}]`, depth);
      index += 1;
    }
    this.#put(']');
  }

  #map(map: ReadonlyMap<unknown, unknown>, path: string, depth: number): void {
    const named = new Map<string, unknown>();
    for (const [key, value] of map) {
      const name = keyText(key, path);
      if (named.has(name)) throw fail(path, `is a Map with two keys ${JSON.stringify(name.slice(0, 60))}`);
      named.set(name, value);
    }
    this.#entries(named.keys(), key => named.get(key), path, depth);
  }

  /** What is undefined has no place in an object of JSON. */
  #entries(keys: Iterable<string>, of: (key: string) => unknown, path: string, depth: number): void {
    this.#put('{');
    let isFirst = true;
    for (const key of keys) {
      const value = of(key);
      if (value === undefined) continue;
      if (!isFirst) this.#put(',');
      isFirst = false;
      this.#string(key);
      this.#put(':');
      this.value(value, step(path, key), depth);
    }
    this.#put('}');
  }
}

/**
 * A value as JSON. Dates are ISO 8601 texts, BigInts all their digits, Sets lists, Maps objects by the text of their keys.
 * @throws SandboxError NODE_FAILED naming the path, for NaN, the infinities, bytes, invalid dates, and more than so many characters
 */
export function jsonOf(value: unknown, path: string, chars: number): string {
  const writer = new Writer(chars, path);
  writer.value(value, path, 0);
  return writer.text();
}

/**
 * A value as text: a text as it is, nothing for null and undefined, numbers and dates as in JSON without quotes, lists and objects
 * as JSON.
 * @throws SandboxError NODE_FAILED as `jsonOf`, and for half a character
 */
export function textOf(value: unknown, path: string, chars: number): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') {
    if (value.length > chars) throw fail(path, `has more than ${chars} characters`);
    if (!value.isWellFormed())
      throw fail(path, 'has half a character (a lone surrogate), which no bytes stand for');
    return value;
  }
  if (typeof value === 'number') return numberText(value, path);
  if (value instanceof Date) return dateText(value, path);
  if (ArrayBuffer.isView(value))
    throw fail(path, 'is bytes: fill in a text, or send them as a body of their own with config.from');
  const text = jsonOf(value as Value, path, chars);
  if (!text.isWellFormed())
    throw fail(path, 'has half a character (a lone surrogate), which no bytes stand for');
  return text;
}
