/** The one instance of an interface, such as `crypto`. */
import { FunctionPrototype, ObjectPrototype, setPrototypeOf, WeakSetCtor } from './primordials.ts';

/**
 * What its class extends while the instance is made. The object is of a class that the engine's writer refuses: as part
 * of a result it does not pass for an empty object, although no constructor of it runs in a run.
 */
export class Singleton {
  constructor() {
    // biome-ignore lint/correctness/noConstructorReturn: that is the point
    return new WeakSetCtor();
  }
}

export function only<T extends object>(cls: new (key: unknown) => T, key: unknown): T {
  const made = setPrototypeOf(new cls(key), cls.prototype);
  setPrototypeOf(cls, FunctionPrototype as object);
  setPrototypeOf(cls.prototype as object, ObjectPrototype);
  return made;
}
