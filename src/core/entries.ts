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
 * @param isSparse what the call before said of this object, so that many keys are as fast as one
 * @returns whether the object is sparse now
 */
export function setIndex<T>(object: Record<string, T>, index: number, value: T, isSparse = false): boolean {
  let sparse = isSparse;
  if (!sparse && index > 0 && !hasOwn(object, index - 1) && !hasOwn(object, index)) {
    makeSparse(object);
    sparse = true;
  }
  object[index] = value;
  return sparse;
}

/**
 * Sets an own, ordinary property: whatever the key, `__proto__` included, and at a cost that does not depend on the key's value.
 * `isSparse` and the answer are those of {@link setIndex}.
 */
export function setEntry<T>(object: Record<string, T>, key: string, value: T, isSparse = false): boolean {
  if (isIndexKey(key)) return setIndex(object, Number(key), value, isSparse);
  if (key in objectPrototype) {
    defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else object[key] = value;
  return isSparse;
}

/** A plain object of entries, like `Object.fromEntries`. */
export function fromEntries<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  const object: Record<string, T> = {};
  let isSparse = false;
  for (const [key, value] of entries) isSparse = setEntry(object, key, value, isSparse);
  return object;
}

/** Copies the own enumerable entries of `from`. `isSparse` and the answer are those of {@link setIndex}. */
export function setEntries<T>(
  object: Record<string, T>,
  from: Readonly<Record<string, T>>,
  isSparse = false,
): boolean {
  let sparse = isSparse;
  for (const key of keys(from)) sparse = setEntry(object, key, from[key] as T, sparse);
  return sparse;
}

/** One plain object with the entries of all parts, later ones win: `{ ...a, ...b }` without its cost. */
export function mergeEntries<T>(...parts: readonly Readonly<Record<string, T>>[]): Record<string, T> {
  const object: Record<string, T> = {};
  let isSparse = false;
  for (const part of parts) isSparse = setEntries(object, part, isSparse);
  return object;
}
