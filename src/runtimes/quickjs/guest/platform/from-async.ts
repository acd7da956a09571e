/** Array.fromAsync (ECMAScript 2026), without syntax a guest can hook. */
import {
  ArrayCtor,
  apply,
  construct,
  defineProperty,
  NumberCtor,
  ObjectCtor,
  PromiseCtor,
  PromiseThen,
  SymbolAsyncIterator,
  SymbolIterator,
  TypeErrorCtor,
  trunc,
} from './primordials.ts';
import { hidden, isObject } from './webidl.ts';

type Go = (value: unknown) => void;

/** `await`: an own `constructor` keeps `then` from asking the guest which class to make. */
function after(value: unknown, ok: Go, fail: Go): void {
  const promise = new PromiseCtor(resolve => resolve(value));
  defineProperty(promise, 'constructor', { __proto__: null, value: undefined } as PropertyDescriptor);
  PromiseThen(promise, ok, fail);
}

const attempt = (work: () => void, fail: Go): void => {
  try {
    work();
  } catch (error) {
    fail(error);
  }
};

function isConstructor(value: unknown): boolean {
  try {
    construct(ObjectCtor, [], value);
    return typeof value === 'function';
  } catch {
    return false;
  }
}

function put(target: object, at: number, value: unknown): void {
  defineProperty(target, at, {
    __proto__: null,
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  } as PropertyDescriptor);
}

function methodOf(value: unknown, key: symbol): unknown {
  const method = (value as Record<symbol, unknown>)[key];
  if (method === undefined || method === null) return undefined;
  if (typeof method !== 'function')
    throw new TypeErrorCtor('Array.fromAsync: the iterator method is no function');
  return method;
}

interface Job {
  readonly make: (length?: number) => { length: number };
  readonly map: ((value: unknown, at: number, ok: Go, fail: Go) => void) | null;
  readonly resolve: Go;
  readonly reject: Go;
}

function overIterator(
  items: unknown,
  method: unknown,
  sync: boolean,
  { make, map, resolve, reject }: Job,
): void {
  const target = make();
  const iterator = apply(method as () => unknown, items, []);
  if (!isObject(iterator)) throw new TypeErrorCtor('Array.fromAsync: the iterator is not an object');
  const { next } = iterator as Iterator<unknown>;
  let at = 0;
  /** What went wrong in the middle ends the iterator; an error of the iterator itself does not. */
  const abandon = (error: unknown): void => {
    try {
      const close = (iterator as Iterator<unknown>).return;
      const closed =
        close === undefined || close === null ? undefined : apply(close as () => unknown, iterator, []);
      after(
        closed,
        () => reject(error),
        () => reject(error),
      );
    } catch {
      reject(error);
    }
  };
  const store = (value: unknown): void =>
    attempt(() => {
      put(target, at, value);
      at++;
      step();
    }, abandon);
  const take = (value: unknown): void => {
    if (map === null) store(value);
    else attempt(() => map(value, at, store, abandon), abandon);
  };
  const stepped = (result: unknown): void =>
    attempt(() => {
      if (!isObject(result)) throw new TypeErrorCtor('Array.fromAsync: the iterator gave no object');
      if ((result as IteratorResult<unknown>).done) {
        target.length = at;
        resolve(target);
        return;
      }
      const { value } = result as IteratorResult<unknown>;
      if (sync) after(value, take, abandon);
      else take(value);
    }, reject);
  const step = (): void => {
    attempt(() => {
      const result = apply(next as () => unknown, iterator, []);
      if (sync) stepped(result);
      else after(result, stepped, reject);
    }, reject);
  };
  step();
}

function overArrayLike(items: unknown, { make, map, resolve, reject }: Job): void {
  const source = ObjectCtor(items) as { readonly length: unknown; readonly [at: number]: unknown };
  const given = trunc(NumberCtor(source.length) as number);
  const length = given > 0 ? (given < 2 ** 53 - 1 ? given : 2 ** 53 - 1) : 0;
  const target = make(length);
  let at = 0;
  const store = (value: unknown): void =>
    attempt(() => {
      put(target, at, value);
      at++;
      step();
    }, reject);
  const step = (): void => {
    attempt(() => {
      if (at >= length) {
        target.length = length;
        resolve(target);
        return;
      }
      after(
        source[at],
        value => (map === null ? store(value) : attempt(() => map(value, at, store, reject), reject)),
        reject,
      );
    }, reject);
  };
  step();
}

function fromAsync(
  this: unknown,
  items: unknown,
  mapper: unknown = undefined,
  self: unknown = undefined,
): Promise<unknown> {
  return new PromiseCtor((resolve, reject) => {
    if (mapper !== undefined && typeof mapper !== 'function')
      throw new TypeErrorCtor('Array.fromAsync: the second argument must be a function');
    const make = (length?: number): { length: number } =>
      (isConstructor(this)
        ? construct(this, length === undefined ? [] : [length], this)
        : new ArrayCtor(length ?? 0)) as { length: number };
    const map: Job['map'] =
      mapper === undefined
        ? null
        : (value, at, ok, fail) => after(apply(mapper as () => unknown, self, [value, at]), ok, fail);
    const job: Job = { make, map, resolve, reject };
    if (items === undefined || items === null)
      throw new TypeErrorCtor('Array.fromAsync: there is nothing to read');
    const asynchronous = methodOf(items, SymbolAsyncIterator);
    const method = asynchronous ?? methodOf(items, SymbolIterator);
    if (method === undefined) overArrayLike(items, job);
    else overIterator(items, method, asynchronous === undefined, job);
  });
}

export function installFromAsync(): void {
  defineProperty(fromAsync, 'length', { __proto__: null, value: 1 } as PropertyDescriptor);
  hidden(ArrayCtor, 'fromAsync', fromAsync);
}
