/**
 * The tagged form of values that the engine's binary JSON has no place for (see protocol/value-format.ts): every
 * container is wrapped in an array that begins with its kind. Also says, with its path, what cannot cross at all.
 * No getter is called; a Proxy's traps may run, under the run's own deadline.
 */
import {
  bufferByteLength,
  DateGetTime,
  defineProperty,
  getOwn,
  getPrototypeOf,
  global,
  isArray,
  isError,
  MapCtor,
  MapForEach,
  MapSet,
  MapSize,
  ObjectCtor,
  ownKeys,
  RegExpSource,
  SetAdd,
  SetCtor,
  SetDelete,
  SetForEach,
  SetHas,
  SetSize,
  StringCtor,
  startsWith,
  TypeErrorCtor,
  typedArrayName,
} from './platform/primordials.ts';
import { list, ordinary } from './platform/webidl.ts';

const MAX_DEPTH = 500;

const OPAQUE: readonly string[] = [
  'Promise',
  'WeakMap',
  'WeakSet',
  'WeakRef',
  'FinalizationRegistry',
  'SharedArrayBuffer',
];
const opaque: Map<object, string> = new MapCtor();
for (let i = 0; i < OPAQUE.length; i++) {
  const name = OPAQUE[i] as string;
  MapSet(opaque, (global[name] as { prototype: object }).prototype, name);
}

/** Thrown to the top of the walk, never to the guest. */
interface Refusal {
  readonly reason: string;
}

const isOf = (probe: (value: unknown) => unknown, value: unknown): boolean => {
  try {
    probe(value);
    return true;
  } catch {
    return false;
  }
};

function refuse(path: string, what: string): never {
  throw { reason: path + ' ' + what } as Refusal;
}

function tagged(kind: string, items: unknown[]): unknown[] {
  const out: unknown[] = list();
  out[0] = kind;
  for (let i = 0; i < items.length; i++) out[i + 1] = items[i];
  return ordinary(out);
}

function property(object: object, key: string, path: string): unknown {
  const own = getOwn(object, key);
  if (own === undefined) return undefined;
  if (own.get !== undefined || own.set !== undefined) refuse(path, 'is a getter or setter; return its value');
  return own.value;
}

function visit(value: unknown, path: string, depth: number, above: Set<unknown>): unknown {
  const type = typeof value;
  if (type === 'function') refuse(path, 'is a function');
  if (type === 'symbol') refuse(path, 'is a symbol');
  if (type !== 'object' || value === null) return value;
  const object = value as object;
  if (isOf(DateGetTime, object) || typedArrayName(object) === 'Uint8Array') return object;
  const elements = typedArrayName(object);
  if (elements !== undefined) refuse(path, 'is a ' + elements + '; return a Uint8Array or an array');
  if (isOf(bufferByteLength, object)) refuse(path, 'is an ArrayBuffer; return a Uint8Array');
  if (isError(object)) refuse(path, 'is an Error; return its message, or throw it');
  if (isOf(RegExpSource, object)) refuse(path, 'is a RegExp; return its source');
  if (SetHas(above, object)) refuse(path, 'refers back to itself');
  if (depth >= MAX_DEPTH) refuse(path, 'is nested deeper than ' + StringCtor(MAX_DEPTH) + ' levels');
  SetAdd(above, object);
  const result = container(object, path, depth + 1, above);
  SetDelete(above, object);
  return result;
}

function container(object: object, path: string, depth: number, above: Set<unknown>): unknown {
  const items: unknown[] = list();
  if (isOf(MapSize, object)) {
    MapForEach(object as Map<unknown, unknown>, (value, key) => {
      const at = path + '.get(' + (typeof key === 'string' ? key : typeof key) + ')';
      items[items.length] = visit(key, path + '.key', depth, above);
      items[items.length] = visit(value, at, depth, above);
    });
    return pair('M', items);
  }
  if (isOf(SetSize, object)) {
    SetForEach(object as Set<unknown>, item => {
      items[items.length] = visit(item, path + '.item', depth, above);
    });
    return pair('S', items);
  }
  if (isArray(object)) {
    const length = object.length;
    for (let i = 0; i < length; i++) {
      const key = StringCtor(i);
      const at = path + '[' + key + ']';
      items[i] = visit(property(object, key, at), at, depth, above);
    }
    return tagged('A', items);
  }
  const proto = getPrototypeOf(object);
  if (proto !== null) {
    const name = opaqueName(proto);
    if (name !== '') refuse(path, 'is a ' + name + (name === 'Promise' ? '; await it' : ''));
  }
  const keys = ownKeys(object);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    if (typeof key !== 'string') continue;
    if (getOwn(object, key)?.enumerable !== true) continue;
    items[items.length] = key;
    items[items.length] = visit(property(object, key, path + '.' + key), path + '.' + key, depth, above);
  }
  return pair('O', items);
}

function opaqueName(proto: object): string {
  let found = '';
  MapForEach(opaque, (name, candidate) => {
    if (candidate === proto) found = name;
  });
  return found;
}

function pair(kind: string, items: unknown[]): unknown[] {
  const out: unknown[] = list();
  out[0] = kind;
  out[1] = ordinary(items);
  return ordinary(out);
}

/** A one-element array with the tagged value, or the text of why it cannot cross. */
export function tagValue(value: unknown): unknown {
  try {
    const out: unknown[] = list();
    out[0] = visit(value, 'result', 0, new SetCtor());
    return ordinary(out);
  } catch (error) {
    const reason = getOwn(ObjectCtor(error), 'reason');
    if (reason !== undefined && typeof reason.value === 'string' && startsWith(reason.value, 'result'))
      return reason.value;
    throw error;
  }
}

/** Rebuilds an input that the host encoded in tagged form; it is trusted to be well-formed. */
export function untagValue(value: unknown): unknown {
  if (!isArray(value)) return value;
  const kind = value[0];
  if (kind === 'A') {
    const out: unknown[] = list();
    for (let i = 1; i < value.length; i++) out[i - 1] = untagValue(value[i]);
    return ordinary(out);
  }
  const items = value[1] as unknown[];
  if (kind === 'S') {
    const set = new SetCtor<unknown>();
    for (let i = 0; i < items.length; i++) SetAdd(set, untagValue(items[i]));
    return set;
  }
  if (kind === 'M') {
    const map = new MapCtor<unknown, unknown>();
    for (let i = 0; i < items.length; i += 2) MapSet(map, untagValue(items[i]), untagValue(items[i + 1]));
    return map;
  }
  if (kind !== 'O') throw new TypeErrorCtor('malformed input');
  const object = {};
  for (let i = 0; i < items.length; i += 2) {
    const descriptor: PropertyDescriptor = {
      writable: true,
      enumerable: true,
      configurable: true,
      value: untagValue(items[i + 1]),
    };
    defineProperty(object, items[i] as string, descriptor);
  }
  return object;
}
