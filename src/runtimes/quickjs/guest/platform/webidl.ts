/** The few rules of Web IDL that every interface here needs. */
import type { GuestHost } from '../host.ts';
import {
  ArrayPrototype,
  apply,
  defineProperty,
  getOwn,
  getPrototypeOf,
  global,
  hasOwn,
  isArray,
  ObjectPrototype,
  ownKeys,
  StringCtor,
  SymbolIterator,
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

/**
 * Whether the run has made an object of the platform's. The engine writes such an object as an empty one, for its state
 * is in private fields: a result is then walked through before it is written.
 */
export let claimed = false;
export function claim(): void {
  claimed = true;
}
/** Those made while the platform is installed do not count. */
export function unclaim(): void {
  claimed = false;
}

/** An array that inherits nothing: writing past its end meets no setter the guest put on a prototype. */
export function list<T>(): T[] {
  return setPrototypeOf([], null) as T[];
}

/** Turns a list back into an array for the guest. */
export function ordinary<T>(items: T[]): T[] {
  return setPrototypeOf(items, ArrayPrototype);
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
  if (typeof value === 'function' && typeof key === 'string') {
    defineProperty(value, 'name', { __proto__: null, value: key } as PropertyDescriptor);
  }
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

/** Gives a class its name (a minifier may have shortened it) and tag, and defines it on the global object. */
export function expose(name: string, cls: { readonly prototype: object }): void {
  defineProperty(cls, 'name', { __proto__: null, value: name } as PropertyDescriptor);
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

/** Visits a sequence. Real arrays are read by index, so that a replaced Array.prototype[Symbol.iterator] is not met. */
export function eachOf(value: object, iterator: unknown, visit: (item: unknown) => void): void {
  if (isArray(value)) {
    for (let i = 0; i < value.length; i++) visit(value[i]);
    return;
  }
  const it = apply(iterator as () => unknown, value, []);
  if (!isObject(it)) throw new TypeErrorCtor('the iterator is not an object');
  const { next } = it as Iterator<unknown>;
  for (;;) {
    const step = apply(next as () => unknown, it, []);
    if (!isObject(step)) throw new TypeErrorCtor('the iterator gave no object');
    if ((step as IteratorResult<unknown>).done) return;
    visit((step as IteratorResult<unknown>).value);
  }
}

/** The method that makes an object iterable, or undefined. */
export function iteratorOf(value: object): unknown {
  const method = (value as Record<symbol, unknown>)[SymbolIterator];
  if (method === undefined || method === null) return undefined;
  if (typeof method !== 'function') throw new TypeErrorCtor('Symbol.iterator must be a function');
  return method;
}

/** Reads `sequence<sequence<string>>` or `record<string, string>`, the two shapes of a list of names and values. */
export function eachPair(init: object, where: string, visit: (name: unknown, value: unknown) => void): void {
  const iterator = iteratorOf(init);
  if (iterator === undefined) {
    const keys = ownKeys(init);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string | symbol;
      if (getOwn(init, key)?.enumerable === true) visit(key, (init as Record<PropertyKey, unknown>)[key]);
    }
    return;
  }
  eachOf(init, iterator, pair => {
    const parts: unknown[] = list();
    const inner = isObject(pair) ? iteratorOf(pair) : undefined;
    if (inner === undefined) throw new TypeErrorCtor(where + ': each pair must be iterable');
    eachOf(pair as object, inner, part => {
      parts[parts.length] = part;
    });
    if (parts.length !== 2) throw new TypeErrorCtor(where + ': each pair must be a name and a value');
    visit(parts[0], parts[1]);
  });
}
