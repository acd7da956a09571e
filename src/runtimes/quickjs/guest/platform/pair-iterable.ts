import {
  apply,
  defineProperty,
  IteratorPrototype,
  SymbolIterator,
  setPrototypeOf,
  TypeErrorCtor,
} from './primordials.ts';
import { claim, need, tag } from './webidl.ts';

export type Pair = [name: string, value: string];

const KEYS = 1;
const VALUES = 2;

/**
 * Gives a class what Web IDL's `iterable<name, value>` has. `pairsOf` reads the pairs anew at each step (they may
 * change meanwhile) and throws for a foreign object.
 */
export function pairIterable(
  cls: { readonly prototype: object },
  name: string,
  pairsOf: (self: unknown) => readonly Pair[],
): void {
  class PairIterator {
    readonly #target: unknown;
    readonly #kind: number;
    #at = 0;

    constructor(target: unknown, kind: number) {
      claim();
      this.#target = target;
      this.#kind = kind;
    }

    next(): IteratorResult<unknown> {
      const pairs = pairsOf(this.#target);
      const pair = pairs[this.#at];
      if (pair === undefined) return { value: undefined, done: true };
      this.#at++;
      const value = this.#kind === KEYS ? pair[0] : this.#kind === VALUES ? pair[1] : [pair[0], pair[1]];
      return { value, done: false };
    }
  }
  setPrototypeOf(PairIterator.prototype, IteratorPrototype);
  delete (PairIterator.prototype as { constructor?: unknown }).constructor;
  tag(PairIterator.prototype, name + ' Iterator');

  const methods = {
    entries(this: unknown): unknown {
      pairsOf(this);
      return new PairIterator(this, 0);
    },
    keys(this: unknown): unknown {
      pairsOf(this);
      return new PairIterator(this, KEYS);
    },
    values(this: unknown): unknown {
      pairsOf(this);
      return new PairIterator(this, VALUES);
    },
    forEach(this: unknown, callback: unknown, self: unknown = undefined): void {
      let pairs = pairsOf(this);
      need(arguments.length, 1, name + '.forEach');
      if (typeof callback !== 'function')
        throw new TypeErrorCtor(name + '.forEach: the callback must be a function');
      for (let i = 0; i < pairs.length; i++) {
        const pair = pairs[i] as Pair;
        apply(callback as () => void, self, [pair[1], pair[0], this]);
        pairs = pairsOf(this);
      }
    },
  };
  const define = (key: PropertyKey, value: unknown): void => {
    defineProperty(cls.prototype, key, {
      __proto__: null,
      value,
      writable: true,
      configurable: true,
    } as PropertyDescriptor);
  };
  define('entries', methods.entries);
  define('keys', methods.keys);
  define('values', methods.values);
  define('forEach', methods.forEach);
  define(SymbolIterator, methods.entries);
}
