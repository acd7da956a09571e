/**
 * The engine's own functions, taken before any guest code can replace them. The rest of the platform calls only
 * these, and uses no syntax that looks a method up on a prototype: no `for…of`, spread or array destructuring (they
 * call Symbol.iterator), no `await` (Promise.prototype.constructor), no template literal with substitutions
 * (QuickJS compiles it to a call of String.prototype.concat), no `instanceof` (Symbol.hasInstance).
 * test/unit/runtimes/quickjs/platform/syntax.test.ts checks the bundle for them.
 */
type Method<T, A extends unknown[], R> = (this: T, ...args: A) => R;

export const apply: <T, R>(
  fn: (this: T, ...args: never[]) => R,
  self: unknown,
  args: ArrayLike<unknown>,
) => R = Reflect.apply as never;
export const construct: (fn: unknown, args: ArrayLike<unknown>, newTarget: unknown) => object =
  Reflect.construct as never;
const { bind, call } = Function.prototype;

/** `method.call` as a function of its own, reachable through no prototype. */
export function uncurry<T, A extends unknown[], R>(method: Method<T, A, R>): (self: T, ...args: A) => R {
  return apply(bind as never, call, [method]) as never;
}

// biome-ignore lint/suspicious/noExplicitAny: the brand of the receiver is what the getter itself checks
type Any = any;
const describe = Reflect.getOwnPropertyDescriptor;
export const setPrototypeOf: <T extends object>(o: T, proto: object | null) => T = Object.setPrototypeOf;
/** A descriptor that inherits nothing: a `get` on Object.prototype must not make every property an accessor. */
export function getOwn(o: object, key: PropertyKey): PropertyDescriptor | undefined {
  const own = describe(o, key);
  return own === undefined ? undefined : setPrototypeOf(own, null);
}
function getter<R>(proto: object, key: PropertyKey): (self: unknown) => R {
  return uncurry(getOwn(proto, key)?.get as never) as never;
}

export const ownKeys: (o: object) => (string | symbol)[] = Reflect.ownKeys;
export const getPrototypeOf: (o: object) => object | null = Reflect.getPrototypeOf;
export const defineProperty: (o: object, key: PropertyKey, d: PropertyDescriptor) => unknown =
  Object.defineProperty;
export const freeze: <T>(o: T) => T = Object.freeze;
export const ObjectPrototype: object = Object.prototype;
export const ArrayPrototype: unknown[] = Array.prototype;
export const FunctionPrototype: unknown = Function.prototype;
export const hasOwn: (o: object, key: PropertyKey) => boolean = Object.hasOwn;
export const isArray: (x: unknown) => x is unknown[] = Array.isArray;
export const isError: (x: unknown) => x is Error = (Error as Any).isError;

export const SymbolIterator: typeof Symbol.iterator = Symbol.iterator;
export const SymbolAsyncIterator: typeof Symbol.asyncIterator = Symbol.asyncIterator;
export const SymbolToStringTag: typeof Symbol.toStringTag = Symbol.toStringTag;
export const IteratorPrototype: object = Iterator.prototype;

export const TypeErrorCtor: TypeErrorConstructor = TypeError;
export const SyntaxErrorCtor: SyntaxErrorConstructor = SyntaxError;
export const RangeErrorCtor: RangeErrorConstructor = RangeError;
export const ErrorCtor: ErrorConstructor = Error;
export const EvalErrorCtor: EvalErrorConstructor = EvalError;
export const ErrorPrototype: Error = Error.prototype;
export const ErrorToString: (self: unknown) => string = uncurry(Error.prototype.toString) as never;
export const ArrayCtor: ArrayConstructor = Array;
export const ObjectCtor: ObjectConstructor = Object;

export const StringCtor: StringConstructor = String;
export const charCodeAt: (s: string, i: number) => number = uncurry(String.prototype.charCodeAt);
export const slice: (s: string, from?: number, to?: number) => string = uncurry(String.prototype.slice);
/** Indexing an empty string would ask String.prototype; this does not. */
export function startsWith(text: string, start: string): boolean {
  return slice(text, 0, start.length) === start;
}
export const indexOf: (s: string, what: string, from?: number) => number = uncurry(String.prototype.indexOf);
export const repeat: (s: string, n: number) => string = uncurry(String.prototype.repeat);
export const toLowerCase: (s: string) => string = uncurry(String.prototype.toLowerCase);
export const toUpperCase: (s: string) => string = uncurry(String.prototype.toUpperCase);
export const toWellFormed: (s: string) => string = uncurry(String.prototype.toWellFormed);
export const fromCharCode: (...units: number[]) => string = String.fromCharCode;
export const regExec: (re: RegExp, s: string) => RegExpExecArray | null = uncurry(RegExp.prototype.exec);
export const symbolToString: (s: symbol) => string = uncurry(Symbol.prototype.toString);
export const SymbolValueOf: (s: unknown) => symbol = uncurry(Symbol.prototype.valueOf) as never;

export const NumberPrototype: object = Number.prototype;
export const BigIntPrototype: object = BigInt.prototype;
export const StringPrototype: object = String.prototype;
export const normalize: (s: string, form: string) => string = uncurry(String.prototype.normalize) as never;
export const NumberCtor: NumberConstructor = Number;
export const NumberToString: (n: number, radix?: number) => string = uncurry(Number.prototype.toString);
export const NumberValueOf: (x: unknown) => number = uncurry(Number.prototype.valueOf) as never;
export const BooleanValueOf: (x: unknown) => boolean = uncurry(Boolean.prototype.valueOf) as never;
export const StringValueOf: (x: unknown) => string = uncurry(String.prototype.valueOf) as never;
export const BigIntValueOf: (x: unknown) => bigint = uncurry(BigInt.prototype.valueOf) as never;
export const trunc: (n: number) => number = Math.trunc;
export const floor: (n: number) => number = Math.floor;
export const min: (a: number, b: number) => number = Math.min;
export const isNaNValue: (n: number) => boolean = Number.isNaN as never;
export const parseIntOf: (s: string, radix?: number) => number = parseInt;
export const parseFloatOf: (s: string) => number = parseFloat;

export const DateCtor: DateConstructor = Date;
export const dateNow: () => number = Date.now;
export const DateGetTime: (d: unknown) => number = uncurry(Date.prototype.getTime) as never;
export const DateToISOString: (d: unknown) => string = uncurry(Date.prototype.toISOString) as never;

const { prototype: DatePrototype } = Date;
export const DateParts: Readonly<
  Record<'year' | 'month' | 'day' | 'hours' | 'minutes' | 'seconds', (d: unknown) => number>
> = {
  year: uncurry(DatePrototype.getUTCFullYear) as never,
  month: uncurry(DatePrototype.getUTCMonth) as never,
  day: uncurry(DatePrototype.getUTCDate) as never,
  hours: uncurry(DatePrototype.getUTCHours) as never,
  minutes: uncurry(DatePrototype.getUTCMinutes) as never,
  seconds: uncurry(DatePrototype.getUTCSeconds) as never,
};
export const RegExpCtor: RegExpConstructor = RegExp;
export const RegExpPrototype: RegExp = RegExp.prototype;
export const RegExpSource: (r: unknown) => string = getter(RegExp.prototype, 'source');
/** Each flag with its accessor: `flags` itself reads them through the prototype. */
export const RegExpFlags: readonly { readonly letter: string; readonly get: (r: unknown) => boolean }[] = [
  { letter: 'd', get: getter(RegExp.prototype, 'hasIndices') },
  { letter: 'g', get: getter(RegExp.prototype, 'global') },
  { letter: 'i', get: getter(RegExp.prototype, 'ignoreCase') },
  { letter: 'm', get: getter(RegExp.prototype, 'multiline') },
  { letter: 's', get: getter(RegExp.prototype, 'dotAll') },
  { letter: 'u', get: getter(RegExp.prototype, 'unicode') },
  { letter: 'v', get: getter(RegExp.prototype, 'unicodeSets') },
  { letter: 'y', get: getter(RegExp.prototype, 'sticky') },
];

export const MapCtor: MapConstructor = Map;
export const MapGet: <V>(m: Map<Any, V>, k: unknown) => V | undefined = uncurry(Map.prototype.get);
export const MapSet: (m: Map<Any, Any>, k: unknown, v: unknown) => unknown = uncurry(Map.prototype.set);
export const MapDelete: (m: Map<Any, Any>, k: unknown) => boolean = uncurry(Map.prototype.delete);
export const MapForEach: (m: Map<Any, Any>, fn: (v: Any, k: Any) => void) => void = uncurry(
  Map.prototype.forEach,
);
export const MapSize: (m: unknown) => number = getter(Map.prototype, 'size');
export const SetCtor: SetConstructor = Set;
export const SetAdd: (s: Set<Any>, v: unknown) => unknown = uncurry(Set.prototype.add);
export const SetHas: (s: Set<Any>, v: unknown) => boolean = uncurry(Set.prototype.has);
export const SetDelete: (s: Set<Any>, v: unknown) => boolean = uncurry(Set.prototype.delete);
export const SetForEach: (s: Set<Any>, fn: (v: Any) => void) => void = uncurry(Set.prototype.forEach);
export const SetSize: (s: unknown) => number = getter(Set.prototype, 'size');
export const WeakSetCtor: WeakSetConstructor = WeakSet;
export const WeakSetAdd: (s: WeakSet<WeakKey>, v: WeakKey) => unknown = uncurry(WeakSet.prototype.add);
export const WeakSetHas: (s: WeakSet<WeakKey>, v: Any) => boolean = uncurry(WeakSet.prototype.has);

export const PromiseCtor: PromiseConstructor = Promise;
export const PromiseThen: (p: Promise<Any>, ok?: Any, no?: Any) => Promise<Any> = uncurry(
  Promise.prototype.then,
);

export const ArrayBufferCtor: ArrayBufferConstructor = ArrayBuffer;
export const Bytes: Uint8ArrayConstructor = Uint8Array;
export const SignedBytes: Int8ArrayConstructor = Int8Array;
export const Units: Uint16ArrayConstructor = Uint16Array;
const TypedArray = getPrototypeOf(Uint8Array.prototype) as object;
export const typedArrayName: (x: unknown) => string | undefined = getter(TypedArray, Symbol.toStringTag);
export const typedArrayLength: (x: unknown) => number = getter(TypedArray, 'length');
export const typedArrayByteLength: (x: unknown) => number = getter(TypedArray, 'byteLength');
export const typedArrayByteOffset: (x: unknown) => number = getter(TypedArray, 'byteOffset');
export const typedArrayBuffer: (x: unknown) => ArrayBuffer = getter(TypedArray, 'buffer');
export const typedArraySet: (to: unknown, from: unknown, at?: number) => void = uncurry(
  (TypedArray as Uint8Array).set,
) as never;
export const bufferByteLength: (x: unknown) => number = getter(ArrayBuffer.prototype, 'byteLength');
export const bufferDetached: (x: unknown) => boolean = getter(ArrayBuffer.prototype, 'detached');
export const bufferResizable: (x: unknown) => boolean = getter(ArrayBuffer.prototype, 'resizable');
export const bufferMaxByteLength: (x: unknown) => number = getter(ArrayBuffer.prototype, 'maxByteLength');
export const bufferTransfer: (x: unknown) => ArrayBuffer = uncurry(ArrayBuffer.prototype.transfer) as never;
export const sharedByteLength: (x: unknown) => number = getter(SharedArrayBuffer.prototype, 'byteLength');
export const DataViewCtor: DataViewConstructor = DataView;
export const viewByteLength: (x: unknown) => number = getter(DataView.prototype, 'byteLength');
export const viewByteOffset: (x: unknown) => number = getter(DataView.prototype, 'byteOffset');
export const viewBuffer: (x: unknown) => ArrayBuffer = getter(DataView.prototype, 'buffer');

export const arraySort: <T>(list: T[], compare: (a: T, b: T) => number) => T[] = uncurry(
  Array.prototype.sort,
);
export const jsonParse: (text: string) => unknown = JSON.parse as never;
export const jsonStringify: (value: unknown) => string | undefined = JSON.stringify;
export const global: Record<PropertyKey, unknown> = globalThis as never;
