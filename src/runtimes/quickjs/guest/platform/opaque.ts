/**
 * Objects whose state no property shows: instances of the engine's own classes and of the platform's. They are known by
 * their prototypes, wherever one stands in the chain, so that a Proxy or a subclass of one is one too.
 */
import {
  FunctionPrototype,
  getOwn,
  getPrototypeOf,
  global,
  IteratorPrototype,
  MapCtor,
  MapGet,
  MapSet,
  ObjectPrototype,
  ownKeys,
} from './primordials.ts';
import { isObject } from './webidl.ts';

/** A chain longer than this has been made so. */
const MAX_PROTOTYPES = 100;

/** What an object is called that inherits from each. */
const names: Map<object, string> = new MapCtor();

/** Objects that inherit from `prototype` hide their state, and are called `name`. */
export function hidesState(prototype: object, name: string): void {
  MapSet(names, prototype, name);
}

/** Every class there is, after the platform is installed and before any guest code. */
export function nameOpaque(): void {
  const keys = ownKeys(global);
  for (let i = 0; i < keys.length; i++) {
    const cls = getOwn(global, keys[i] as string)?.value as unknown;
    if (typeof cls !== 'function') continue;
    const prototype = getOwn(cls, 'prototype')?.value as unknown;
    if (isObject(prototype) && prototype !== ObjectPrototype && prototype !== FunctionPrototype)
      hidesState(prototype, keys[i] as string);
  }
  hidesState(IteratorPrototype, 'iterator');
}

/** The name of the class that hides what is in the object; undefined for an object that is its properties. */
export function opaqueName(object: object): string | undefined {
  let at = getPrototypeOf(object);
  for (let i = 0; at !== null && at !== ObjectPrototype; i++) {
    const name = MapGet<string>(names, at);
    if (name !== undefined || i > MAX_PROTOTYPES) return name ?? 'object with an endless chain of prototypes';
    at = getPrototypeOf(at);
  }
  return undefined;
}
