/** The few rules of Web IDL that every interface here needs. */
import type { GuestHost } from '../host.ts';
import {
  defineProperty,
  getOwn,
  getPrototypeOf,
  global,
  hasOwn,
  ObjectPrototype,
  ownKeys,
  StringCtor,
  SymbolToStringTag,
  setPrototypeOf,
  TypeErrorCtor,
  toWellFormed,
} from './primordials.ts';

/** Set once, before any guest code. Modules must not use it while they load. */
export let host: GuestHost;
export function linkHost(linked: GuestHost): void {
  host = linked;
}

/** An array that inherits nothing: writing past its end meets no setter the guest put on a prototype. */
export function list<T>(): T[] {
  return setPrototypeOf([], null) as T[];
}

export function isObject(x: unknown): x is object {
  return (typeof x === 'object' && x !== null) || typeof x === 'function';
}

/** DOMString. */
export function toStr(x: unknown): string {
  if (typeof x === 'string') return x;
  if (typeof x === 'symbol') throw new TypeErrorCtor('Cannot convert a Symbol value to a string');
  return StringCtor(x);
}

/** USVString: lone surrogates become U+FFFD. */
export function toUsv(x: unknown): string {
  return toWellFormed(toStr(x));
}

export function need(got: number, wanted: number, where: string): void {
  if (got >= wanted) return;
  throw new TypeErrorCtor(
    where +
      ': ' +
      wanted +
      ' argument' +
      (wanted === 1 ? '' : 's') +
      ' required, but only ' +
      got +
      ' present',
  );
}

/** Checks what may be a dictionary: undefined and null count as an empty one. */
export function dictionary(x: unknown, where: string): object | undefined {
  if (x === undefined || x === null) return undefined;
  if (!isObject(x)) throw new TypeErrorCtor(where + ': the options must be an object');
  return x;
}

/**
 * A dictionary's member. Inherited members count, as the standard says, but not those of Object.prototype itself: a
 * plugin that pollutes it must not steer calls which never named the member.
 */
export function member(options: object | undefined, key: PropertyKey): unknown {
  for (let at: object | null | undefined = options; at && at !== ObjectPrototype; at = getPrototypeOf(at)) {
    if (hasOwn(at, key)) return (options as Record<PropertyKey, unknown>)[key];
  }
  return undefined;
}

/** A hidden but ordinary property, as browsers define their globals. */
export function hidden(target: object, key: PropertyKey, value: unknown): void {
  defineProperty(target, key, attributes(value, true, false));
}

/** A descriptor without a prototype: defineProperty reads inherited `get` and `set` too. */
function attributes(value: unknown, writable: boolean, enumerable: boolean): PropertyDescriptor {
  return { __proto__: null, value, writable, enumerable, configurable: true } as PropertyDescriptor;
}

/** Makes the members of a prototype or constructor enumerable, as Web IDL has them. */
function enumerableMembers(target: object, skip: readonly string[]): void {
  const keys = ownKeys(target);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string | symbol;
    if (typeof key === 'symbol' || key === skip[0] || key === skip[1] || key === skip[2]) continue;
    const old = getOwn(target, key) as PropertyDescriptor;
    if (!old.enumerable)
      defineProperty(target, key, { __proto__: null, enumerable: true } as PropertyDescriptor);
  }
}

/** Gives a class its tag and defines it on the global object. */
export function expose(name: string, cls: { readonly prototype: object }): void {
  enumerableMembers(cls.prototype, ['constructor']);
  enumerableMembers(cls, ['length', 'name', 'prototype']);
  tag(cls.prototype, name);
  hidden(global, name, cls);
}

export function tag(target: object, name: string): void {
  defineProperty(target, SymbolToStringTag, attributes(name, false, false));
}

/** Constants that stand on both the interface and its prototype. */
export function constants(
  cls: { readonly prototype: object },
  names: readonly string[],
  first: number,
): void {
  for (let i = 0; i < names.length; i++) {
    const constant = { __proto__: null, value: first + i, enumerable: true } as PropertyDescriptor;
    defineProperty(cls, names[i] as string, constant);
    defineProperty(cls.prototype, names[i] as string, constant);
  }
}
