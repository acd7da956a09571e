/**
 * The tagged form of values that the engine's binary JSON has no place for (see protocol/value-format.ts): every
 * container is wrapped in an array that begins with its kind. Also says, with its path, what cannot cross at all.
 * No getter is called; a Proxy's traps may run, under the run's own deadline. Nothing here recurses: how deep a value
 * is nested is the guest's choice, and the stack limit is for its own code.
 */
import { pathText, type Step } from './path.ts';
import { opaqueName } from './platform/opaque.ts';
import {
  bufferByteLength,
  bufferDetached,
  DateGetTime,
  defineProperty,
  getOwn,
  getPrototypeOf,
  isArray,
  isError,
  MapCtor,
  MapForEach,
  MapSet,
  MapSize,
  ObjectPrototype,
  ownKeys,
  RegExpSource,
  regExec,
  SetAdd,
  SetCtor,
  SetDelete,
  SetForEach,
  SetHas,
  SetSize,
  StringCtor,
  sharedByteLength,
  typedArrayBuffer,
  typedArrayName,
} from './platform/primordials.ts';
import { list, ordinary } from './platform/webidl.ts';

const MAX_DEPTH = 500;
const VOWEL: RegExp = /^[AEIOaeio]/;

/** An open container, and how far the walk is in it. */
interface Frame {
  readonly object: object;
  readonly kind: 'A' | 'O' | 'M' | 'S';
  /** Keys of an object, keys and values of a Map in turn, items of a Set; an array is asked itself. */
  readonly source: unknown[];
  readonly length: number;
  readonly out: unknown[];
  next: number;
}

interface Walk {
  readonly frames: Frame[];
  readonly open: Set<object>;
  /** Whether an object has private fields of a class of the guest's. Absent when no such class can be. */
  readonly hidesPrivate: ((object: object) => boolean) | undefined;
}

/** Why the walk in progress stopped. Kept apart from what is thrown: a guest's trap may throw anything. */
let refusal = '';

function refuse(walk: Walk, what: string): never {
  const steps: Step[] = list();
  for (let i = 0; i < walk.frames.length; i++) {
    const { kind, source, next } = walk.frames[i] as Frame;
    const at = next - 1;
    steps[i] = { kind, at, key: kind === 'A' ? undefined : source[kind === 'M' ? at - (at % 2) : at] };
  }
  refusal = pathText(steps) + ' ' + what;
  throw refusal;
}

const isOf = (probe: (value: unknown) => unknown, value: unknown): boolean => {
  try {
    probe(value);
    return true;
  } catch {
    return false;
  }
};

function property(walk: Walk, object: object, key: string): unknown {
  const own = getOwn(object, key);
  if (own === undefined) return undefined;
  if (own.get !== undefined || own.set !== undefined) refuse(walk, 'is a getter or setter; return its value');
  return own.value;
}

/** What the engine writes as it is, what it has no place for, and what must be opened. */
const OPENED: object = {};

function enter(walk: Walk, value: unknown): unknown {
  const type = typeof value;
  if (type === 'function') refuse(walk, 'is a function');
  if (type === 'symbol') refuse(walk, 'is a symbol');
  if (type !== 'object' || value === null) return value;
  const object = value as object;
  if (SetHas(walk.open, object)) refuse(walk, 'refers back to itself');
  if (isArray(object)) return open(walk, object, 'A', list(), object.length);
  const proto = getPrototypeOf(object);
  // Asked of its class only where there may be one: each question that is answered with no costs an exception.
  if (proto === ObjectPrototype || proto === null) return openPlain(walk, object);
  if (isOf(DateGetTime, object)) return object;
  const elements = typedArrayName(object);
  if (elements === 'Uint8Array') {
    const buffer = typedArrayBuffer(object);
    if (isOf(sharedByteLength, buffer)) refuse(walk, 'is a view of shared memory; return a copy');
    if (bufferDetached(buffer)) refuse(walk, 'is a view of a buffer that was transferred');
    return object;
  }
  if (elements !== undefined) refuse(walk, 'is a ' + elements + '; return a Uint8Array or an array');
  if (isError(object)) refuse(walk, 'is an Error; return its message, or throw it');
  if (isOf(MapSize, object)) return openMap(walk, object as Map<unknown, unknown>);
  if (isOf(SetSize, object)) return openSet(walk, object as Set<unknown>);
  if (isOf(bufferByteLength, object)) refuse(walk, 'is an ArrayBuffer; return a Uint8Array');
  if (isOf(RegExpSource, object)) refuse(walk, 'is a RegExp; return its source');
  const name = opaqueName(object);
  if (name !== undefined) refuse(walk, 'is ' + opaqueText(name));
  if (walk.hidesPrivate?.(object) === true)
    refuse(walk, 'has private fields, which would be lost; return a plain object');
  return openPlain(walk, object);
}

const INSTEAD: readonly string[] = [
  'Promise', 'await it', 'iterator', 'return an array: [...it]', 'async iterator', 'collect it with for await first',
  'URL', 'return its href', 'URLSearchParams', 'return its text, or [...it]', 'Headers', 'return Object.fromEntries(it)',
  'Response', 'return what it holds: await it.text()', 'Request', 'return what it holds: await it.text()',
  'DataView', 'return a Uint8Array of its buffer', 'Map', 'return a real one, no Proxy of it',
  'Set', 'return a real one, no Proxy of it', 'Date', 'return a real one, no Proxy of it',
]; // biome-ignore format: pairs

function opaqueText(name: string): string {
  let text = (regExec(VOWEL, name) === null ? 'a ' : 'an ') + name;
  for (let i = 0; i < INSTEAD.length; i += 2)
    if (INSTEAD[i] === name) text += '; ' + (INSTEAD[i + 1] as string);
  return text;
}

function open(walk: Walk, object: object, kind: Frame['kind'], source: unknown[], length: number): unknown {
  const { frames } = walk;
  if (frames.length >= MAX_DEPTH) refuse(walk, 'is nested deeper than ' + StringCtor(MAX_DEPTH) + ' levels');
  SetAdd(walk.open, object);
  const out: unknown[] = list();
  if (kind === 'A') out[0] = kind;
  frames[frames.length] = { object, kind, source, length, out, next: 0 };
  return OPENED;
}

function openMap(walk: Walk, map: Map<unknown, unknown>): unknown {
  const source: unknown[] = list();
  MapForEach(map, (value, key) => {
    source[source.length] = key;
    source[source.length] = value;
  });
  return open(walk, map, 'M', source, source.length);
}

function openSet(walk: Walk, set: Set<unknown>): unknown {
  const source: unknown[] = list();
  SetForEach(set, item => {
    source[source.length] = item;
  });
  return open(walk, set, 'S', source, source.length);
}

function openPlain(walk: Walk, object: object): unknown {
  const source: unknown[] = list();
  const keys = ownKeys(object);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    if (typeof key === 'string' && getOwn(object, key)?.enumerable === true) source[source.length] = key;
  }
  return open(walk, object, 'O', source, source.length);
}

function close({ kind, out }: Frame): unknown[] {
  if (kind === 'A') return ordinary(out);
  const wrapped: unknown[] = list();
  wrapped[0] = kind;
  wrapped[1] = ordinary(out);
  return ordinary(wrapped);
}

function walkThrough(value: unknown, hidesPrivate: Walk['hidesPrivate']): unknown {
  const frames: Frame[] = list();
  const walk: Walk = { frames, open: new SetCtor(), hidesPrivate };
  let result = enter(walk, value);
  while (frames.length > 0) {
    const frame = frames[frames.length - 1] as Frame;
    const { kind, source, out } = frame;
    if (result !== OPENED) out[out.length] = result;
    if (frame.next >= frame.length) {
      frames.length -= 1;
      SetDelete(walk.open, frame.object);
      result = close(frame);
      continue;
    }
    const at = frame.next++;
    if (kind === 'A') result = enter(walk, property(walk, frame.object, StringCtor(at)));
    else if (kind === 'O') {
      const key = source[at] as string;
      out[out.length] = key;
      result = enter(walk, property(walk, frame.object, key));
    } else result = enter(walk, source[at]);
  }
  return result;
}

/** A one-element array with the tagged value, or the text of why it cannot cross. */
export function tagValue(value: unknown, hidesPrivate?: (object: object) => boolean): unknown {
  refusal = '';
  try {
    const out: unknown[] = list();
    out[0] = walkThrough(value, hidesPrivate);
    return ordinary(out);
  } catch (error) {
    if (refusal !== '' && error === refusal) return refusal;
    throw error;
  }
}

/** A container of the input that is being filled. */
interface Rebuilt {
  readonly kind: unknown;
  readonly items: unknown[];
  readonly target: unknown;
  next: number;
  /** Of a Map or an object, until its value is there. */
  key: unknown;
}

function rebuild(frames: Rebuilt[], value: unknown): unknown {
  if (!isArray(value)) return value;
  const kind = value[0];
  const target =
    kind === 'A' ? list() : kind === 'S' ? new SetCtor() : kind === 'M' ? new MapCtor() : ({} as object);
  const items = kind === 'A' ? value : (value[1] as unknown[]);
  frames[frames.length] = { kind, items, target, next: kind === 'A' ? 1 : 0, key: undefined };
  return OPENED;
}

function put(frame: Rebuilt, value: unknown): void {
  const { kind, target } = frame;
  if (kind === 'A') (target as unknown[])[(target as unknown[]).length] = value;
  else if (kind === 'S') SetAdd(target as Set<unknown>, value);
  // `next` has passed the item: odd for a key.
  else if (frame.next % 2 === 1) frame.key = value;
  else if (kind === 'M') MapSet(target as Map<unknown, unknown>, frame.key, value);
  else {
    defineProperty(
      target as object,
      frame.key as string,
      {
        __proto__: null,
        writable: true,
        enumerable: true,
        configurable: true,
        value,
      } as PropertyDescriptor,
    );
  }
}

/** Rebuilds an input that the host encoded in tagged form; it is trusted to be well-formed. */
export function untagValue(value: unknown): unknown {
  const frames: Rebuilt[] = list();
  let result = rebuild(frames, value);
  while (frames.length > 0) {
    const frame = frames[frames.length - 1] as Rebuilt;
    if (result !== OPENED) put(frame, result);
    if (frame.next >= frame.items.length) {
      frames.length -= 1;
      result = frame.kind === 'A' ? ordinary(frame.target as unknown[]) : frame.target;
    } else {
      result = rebuild(frames, frame.items[frame.next]);
      frame.next++;
    }
  }
  return result;
}
