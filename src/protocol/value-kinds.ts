/** Which kind of container an object is. By brand, never by `instanceof`: it may come from another realm. */
import { cleanLine } from '../core/text.ts';

export type ObjectKind = 'object' | 'date' | 'bytes' | 'map' | 'set' | 'other';

const { apply } = Reflect;
const { getPrototypeOf } = Object;
const objectPrototype = Object.prototype;

type Getter = (this: unknown) => unknown;
const getter = (owner: object, name: string | symbol): Getter =>
  Object.getOwnPropertyDescriptor(owner, name)?.get as Getter;

const typedArrayTag = getter(getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag);
const typedArrayLength = getter(getPrototypeOf(Uint8Array.prototype), 'length');
const mapSize = getter(Map.prototype, 'size');
const setSize = getter(Set.prototype, 'size');
const dateTime = Date.prototype.getTime;
const mapForEach = Map.prototype.forEach;
const setForEach = Set.prototype.forEach;

/** Whether `probe`, which throws for a foreign brand, accepts the object. */
function accepts(probe: (this: unknown) => unknown, object: object): boolean {
  try {
    apply(probe, object, []);
    return true;
  } catch {
    return false;
  }
}

/** Length of a Uint8Array, asked of the platform; null for everything else. */
export function byteLengthOf(value: unknown): number | null {
  return apply(typedArrayTag, value, []) === 'Uint8Array'
    ? (apply(typedArrayLength, value, []) as number)
    : null;
}

/** Arrays are the caller's to tell apart. May throw what a Proxy throws. */
export function objectKind(object: object): ObjectKind {
  const prototype: object | null = getPrototypeOf(object);
  if (prototype === objectPrototype || prototype === null) return 'object';
  const tag = apply(typedArrayTag, object, []);
  if (tag !== undefined) return tag === 'Uint8Array' ? 'bytes' : 'other';
  if (accepts(dateTime, object)) return 'date';
  if (accepts(mapSize, object)) return 'map';
  if (accepts(setSize, object)) return 'set';
  // The Object.prototype of another realm is the one object of that realm without a prototype.
  if (getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'hasOwnProperty')) return 'object';
  return 'other';
}

/** Keys and values in turn; nothing the Map's owner may have overridden is called. */
export function mapEntries(map: ReadonlyMap<unknown, unknown>): unknown[] {
  const entries: unknown[] = [];
  apply(mapForEach, map, [(value: unknown, key: unknown) => entries.push(key, value)]);
  return entries;
}

export function setItems(set: ReadonlySet<unknown>): unknown[] {
  const items: unknown[] = [];
  apply(setForEach, set, [(item: unknown) => items.push(item)]);
  return items;
}

/** Why an object of kind `other` does not cross, and what would. */
export function describeObject(object: object): string {
  const tag = apply(typedArrayTag, object, []);
  if (typeof tag === 'string')
    return `is a ${tag}; pass a Uint8Array of its bytes, or an array of its numbers`;
  if (accepts(getter(ArrayBuffer.prototype, 'byteLength'), object)) {
    return 'is an ArrayBuffer; pass new Uint8Array(buffer)';
  }
  let name = '';
  try {
    const given = (object as { constructor?: { name?: unknown } }).constructor?.name;
    if (typeof given === 'string') name = cleanLine(given, 60);
  } catch {
    // A Proxy may refuse to say; the message does without.
  }
  const what = name === '' ? 'an object of a class' : `an instance of ${name}`;
  return `is ${what}; only plain objects, arrays, Maps, Sets, Dates and Uint8Arrays cross`;
}
