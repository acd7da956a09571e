/**
 * Objects whose keys a stranger chose. Engines keep integer keys in a dense store that reaches up to the key: `{ 1023: 1, 2573: 1 }`
 * costs 31 KB of memory (measured, V8 of Node.js 20 and 26) and eight bytes on a wire. Everything that copies such keys does
 * it through here; then an object costs what is in it, about 200 bytes and 24 for each integer key.
 */

const { defineProperty, hasOwn, keys } = Object;
const objectPrototype = Object.prototype;
/** The largest index there is. */
const LARGEST = '4294967294';

/** A key that engines keep apart from names: digits of an integer below 2³² − 1, without leading zeros. */
export function isIndexKey(key: string): boolean {
  const first = key.charCodeAt(0);
  if (first < 48 || first > 57 || key.length > 10) return false;
  const index = Number(key) >>> 0;
  return index !== 4294967295 && String(index) === key;
}

/**
 * Moves an object's integer keys, those it has and those to come, into a hash table. What this rests on: V8 never makes a store
 * dense again that once held an index above 2²⁹, and SpiderMonkey never grows one of an object that had a sparse index.
 */
export function makeSparse(object: Record<string, unknown>): void {
  // With that key it is sparse already.
  if (hasOwn(object, LARGEST)) return;
  object[LARGEST] = 0;
  delete object[LARGEST];
}

/** An empty object that {@link makeSparse} need not be called for: three times as fast. */
export function sparseObject<T>(): Record<string, T> {
  const object: Record<string, unknown> = { 4294967294: 0 };
  delete object[LARGEST];
  return object as Record<string, T>;
}

/**
 * `setEntry` of a key that is an index: an integer from 0 to 2³² − 2. Keys that count up from 0 stay as dense as in an array.
 */
export function setIndex<T>(object: Record<string, T>, index: number, value: T): void {
  if (index > 0 && !hasOwn(object, index - 1) && !hasOwn(object, index)) makeSparse(object);
  object[index] = value;
}

/** Sets an own, ordinary property: whatever the key, `__proto__` included, and at a cost that does not depend on the key's value. */
export function setEntry<T>(object: Record<string, T>, key: string, value: T): void {
  if (isIndexKey(key)) setIndex(object, Number(key), value);
  else if (key in objectPrototype) {
    defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else object[key] = value;
}

/** Copies the own enumerable entries of `from`, as a spread would: `{ ...object, ...from }` without its cost. */
export function setEntries<T>(object: Record<string, T>, from: Readonly<Record<string, T>>): void {
  for (const key of keys(from)) setEntry(object, key, from[key] as T);
}

/** A plain object of entries, like `Object.fromEntries`. */
export function fromEntries<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  const object: Record<string, T> = {};
  for (const [key, value] of entries) setEntry(object, key, value);
  return object;
}

/** One plain object with the entries of all parts, later ones win: `{ ...a, ...b }`. */
export function mergeEntries<T>(...parts: readonly Readonly<Record<string, T>>[]): Record<string, T> {
  const object: Record<string, T> = {};
  for (const part of parts) setEntries(object, part);
  return object;
}
