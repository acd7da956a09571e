/** structuredClone: HTML's StructuredSerialize and -Deserialize in one walk. */

import { copyBytes } from './buffers.ts';
import { domException, domExceptionParts } from './dom-exception.ts';
import { flagsOf } from './inspect.ts';
import { opaqueName } from './opaque.ts';
import {
  ArrayBufferCtor, ArrayCtor, BigIntValueOf, BooleanValueOf, Bytes, bufferByteLength, bufferDetached, bufferMaxByteLength,
  bufferResizable, bufferTransfer, construct, DataViewCtor, DateCtor, DateGetTime, defineProperty, ErrorCtor, getOwn,
  global, isArray, isError, MapCtor, MapForEach, MapGet, MapSet, MapSize, NumberValueOf, ObjectCtor,
  ownKeys, RegExpCtor, RegExpPrototype, RegExpSource, SetAdd, SetCtor, SetForEach, SetSize, StringValueOf,
  SymbolValueOf, sharedByteLength, TypeErrorCtor, typedArrayBuffer, typedArrayByteOffset, typedArrayLength, typedArrayName, viewBuffer, viewByteLength, viewByteOffset,
} from './primordials.ts'; // biome-ignore format: a list
import { dictionary, eachOf, hidden, isObject, iteratorOf, list, member, need, toStr } from './webidl.ts';

type Memory = Map<object, object>;

const NAMES: readonly string[] = [
  'Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array',
  'Float16Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array',
]; // biome-ignore format: a list
const ERRORS: readonly string[] = [
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'TypeError',
  'URIError',
];
/** The engine's own constructors by name. */
const ctors: Map<string, unknown> = new MapCtor();
for (let i = 0; i < NAMES.length; i++) MapSet(ctors, NAMES[i], global[NAMES[i] as string]);
for (let i = 0; i < ERRORS.length; i++) MapSet(ctors, ERRORS[i], global[ERRORS[i] as string]);

function refuse(what: string): Error {
  return domException('DataCloneError', what + ' could not be cloned.');
}

function attempt<T>(read: (x: unknown) => T, value: unknown): T | undefined {
  try {
    return read(value);
  } catch {
    return undefined;
  }
}

function put(target: object, key: PropertyKey, value: unknown, enumerable = true): void {
  defineProperty(target, key, {
    __proto__: null,
    value,
    writable: true,
    enumerable,
    configurable: true,
  } as PropertyDescriptor);
}

function boxed(value: object): object | undefined {
  const number = attempt(NumberValueOf, value);
  if (number !== undefined) return ObjectCtor(number) as object;
  const text = attempt(StringValueOf, value);
  if (text !== undefined) return ObjectCtor(text) as object;
  const truth = attempt(BooleanValueOf, value);
  if (truth !== undefined) return ObjectCtor(truth) as object;
  const big = attempt(BigIntValueOf, value);
  if (big !== undefined) return ObjectCtor(big) as object;
  if (attempt(SymbolValueOf, value) !== undefined) throw refuse('A Symbol object');
  return undefined;
}

function cloneBuffer(value: ArrayBuffer, length: number): ArrayBuffer {
  if (bufferDetached(value)) throw refuse('A detached ArrayBuffer');
  if (!bufferResizable(value)) return copyBytes(new Bytes(value));
  const copy = new ArrayBufferCtor(length, { maxByteLength: bufferMaxByteLength(value) });
  const from = new Bytes(value);
  const to = new Bytes(copy);
  for (let i = 0; i < length; i++) to[i] = from[i] as number;
  return copy;
}

function cloneView(value: object, memory: Memory): object | undefined {
  const name = typedArrayName(value);
  if (name !== undefined) {
    const buffer = clone(typedArrayBuffer(value), memory);
    return construct(
      MapGet(ctors, name),
      [buffer, typedArrayByteOffset(value), typedArrayLength(value)],
      MapGet(ctors, name),
    );
  }
  const length = attempt(viewByteLength, value);
  if (length === undefined) return undefined;
  return new DataViewCtor(clone(viewBuffer(value), memory) as ArrayBuffer, viewByteOffset(value), length);
}

function cloneError(value: Error, memory: Memory): object {
  const name = (value as { name?: unknown }).name;
  const text = name === undefined ? 'Error' : toStr(name);
  const ctor = MapGet(ctors, text);
  let known = false;
  for (let i = 0; i < ERRORS.length; i++) if (ERRORS[i] === text) known = true;
  const message = getOwn(value, 'message');
  const made = construct(known ? ctor : ErrorCtor, [], known ? ctor : ErrorCtor);
  MapSet(memory, value, made);
  if (message !== undefined && 'value' in message) put(made, 'message', toStr(message.value), false);
  const stack = getOwn(value, 'stack')?.value;
  if (typeof stack === 'string') put(made, 'stack', stack, false);
  const cause = getOwn(value, 'cause');
  if (cause !== undefined) put(made, 'cause', clone((value as { cause?: unknown }).cause, memory), false);
  return made;
}

function checkCloneable(value: object): void {
  if (typeof value === 'function') throw refuse('A function');
  if (attempt(sharedByteLength, value) !== undefined) throw refuse('A SharedArrayBuffer');
}

/** Objects that are values in themselves: no properties are copied. */
function leaf(value: object, memory: Memory): object | undefined {
  const time = attempt(DateGetTime, value);
  if (time !== undefined) return new DateCtor(time);
  const source = value === RegExpPrototype ? undefined : attempt(RegExpSource, value);
  if (source !== undefined) return new RegExpCtor(source, flagsOf(value));
  const box = boxed(value);
  if (box !== undefined) return box;
  const length = attempt(bufferByteLength, value);
  return length === undefined ? cloneView(value, memory) : cloneBuffer(value as ArrayBuffer, length);
}

function clone(value: unknown, memory: Memory): unknown {
  if (!isObject(value)) {
    if (typeof value === 'symbol') throw refuse('A symbol');
    return value;
  }
  const known = MapGet(memory, value);
  if (known !== undefined) return known;
  const exception = domExceptionParts(value);
  if (exception !== undefined) {
    const copy = domException(exception.name, exception.message);
    MapSet(memory, value, copy);
    return copy;
  }
  checkCloneable(value);
  const whole = leaf(value, memory);
  if (whole !== undefined) {
    MapSet(memory, value, whole);
    return whole;
  }
  if (isError(value)) return cloneError(value, memory);
  if (attempt(MapSize, value) !== undefined) return cloneMap(value as Map<unknown, unknown>, memory);
  if (attempt(SetSize, value) !== undefined) return cloneSet(value as Set<unknown>, memory);
  if (!isArray(value) && opaqueName(value) !== undefined) throw refuse('This object');
  const made: object = isArray(value) ? new ArrayCtor(value.length) : {};
  MapSet(memory, value, made);
  const keys = ownKeys(value);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string | symbol;
    if (typeof key === 'symbol' || getOwn(value, key)?.enumerable !== true) continue;
    put(made, key, clone((value as Record<string, unknown>)[key], memory));
  }
  return made;
}

/** Entries are collected first: cloning one may run a getter that changes the collection. */
function cloneMap(value: Map<unknown, unknown>, memory: Memory): object {
  const made = new MapCtor();
  MapSet(memory, value, made);
  const pairs: [unknown, unknown][] = list();
  MapForEach(value, (v, k) => {
    pairs[pairs.length] = [k, v];
  });
  for (let i = 0; i < pairs.length; i++) {
    const pair = pairs[i] as [unknown, unknown];
    const key = clone(pair[0], memory);
    MapSet(made, key, clone(pair[1], memory));
  }
  return made;
}

function cloneSet(value: Set<unknown>, memory: Memory): object {
  const made = new SetCtor();
  MapSet(memory, value, made);
  const items: unknown[] = list();
  SetForEach(value, item => {
    items[items.length] = item;
  });
  for (let i = 0; i < items.length; i++) SetAdd(made, clone(items[i], memory));
  return made;
}

/**
 * Checks the transfer list. The walk meets copies in the buffers' places, and only when it has gone well are the
 * buffers detached: a failed call leaves them as they were.
 */
function prepareTransfer(given: unknown, memory: Memory): ArrayBuffer[] {
  const buffers: ArrayBuffer[] = list();
  if (given === undefined) return buffers;
  const iterator = isObject(given) ? iteratorOf(given) : undefined;
  if (iterator === undefined) throw new TypeErrorCtor('structuredClone: transfer must be iterable');
  eachOf(given as object, iterator, item => {
    if (!isObject(item)) throw new TypeErrorCtor('structuredClone: transfer must hold objects');
    if (MapGet(memory, item) !== undefined) {
      throw domException('DataCloneError', 'An object is in the transfer list twice.');
    }
    const length = attempt(bufferByteLength, item);
    if (length === undefined || bufferDetached(item)) {
      throw domException('DataCloneError', 'Only ArrayBuffers that are not detached can be transferred.');
    }
    const buffer = item as ArrayBuffer;
    MapSet(memory, buffer, cloneBuffer(buffer, length));
    buffers[buffers.length] = buffer;
  });
  return buffers;
}

function structuredClone(value: unknown, options: unknown = undefined): unknown {
  need(arguments.length, 1, 'structuredClone');
  const memory: Memory = new MapCtor();
  const buffers = prepareTransfer(member(dictionary(options, 'structuredClone'), 'transfer'), memory);
  const copy = clone(value, memory);
  for (let i = 0; i < buffers.length; i++) {
    if (attempt(bufferTransfer, buffers[i]) === undefined)
      throw refuse('An ArrayBuffer that is detached by now');
  }
  return copy;
}

export function installStructuredClone(): void {
  hidden(global, 'structuredClone', structuredClone);
}
