/**
 * The guest's side of host functions: evaluated for jobs that have any, after the platform and before guest code. Like the
 * platform it uses no syntax that looks something up where a guest could put something else.
 */
import type { Bridge, Tools } from './main.ts';
import { CALL_ANSWER, CALL_UNABLE, CALL_UNENCODED, HOST_OP } from './ops.ts';

interface Waiting {
  readonly name: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** An iterable of the host that is being read, one item at a time. */
interface Stream {
  readonly name: string;
  /** Who asked for the next item and has none yet, in turn. */
  asked: Waiting[];
  isOver: boolean;
}

const { create, defineProperty, freeze, setPrototypeOf } = Object;
const { apply } = Reflect;
const PromiseCtor = Promise;
const ErrorCtor = Error;
const TypeErrorCtor = TypeError;
const RangeErrorCtor = RangeError;
const MapCtor = Map;
const { get: mapGet, set: mapSet, delete: mapDelete } = Map.prototype;
const { slice: textSlice, split } = String.prototype;
const { shift } = Array.prototype;
const asyncIterator: typeof Symbol.asyncIterator = Symbol.asyncIterator;
const global = globalThis;

const property = (value: unknown, enumerable = true): PropertyDescriptor =>
  ({ __proto__: null, value, writable: false, enumerable, configurable: false }) as PropertyDescriptor;
const list = (): unknown[] => setPrototypeOf([], null) as unknown[];

let bridge: Bridge;
let denial: Tools['denial'];
let tag: Tools['tag'];
let untag: Tools['untag'];

const waiting: Map<number, Waiting> = new MapCtor();
const streams: Map<number, Stream> = new MapCtor();
const get = <T>(map: Map<number, T>, id: number): T | undefined => apply(mapGet, map, [id]) as T | undefined;

function named(error: Error, name: string): Error {
  defineProperty(error, 'name', {
    __proto__: null,
    value: name,
    writable: true,
    enumerable: false,
    configurable: true,
  } as PropertyDescriptor);
  return error;
}

/** A copy of the arguments leaves at once: what the guest does to them later changes nothing. */
function send(op: number, index: number, name: string, args: unknown[]): number {
  let answer = bridge(op, index, args, 0) as number;
  if (answer === CALL_UNENCODED) {
    const tagged = tag(args);
    if (typeof tagged === 'string')
      throw new TypeErrorCtor(name + ': arguments' + (apply(textSlice, tagged, [6]) as string));
    answer = bridge(op, index, (tagged as unknown[])[0], 1) as number;
  }
  if (answer === CALL_UNENCODED) throw new TypeErrorCtor(name + ': the arguments cannot cross');
  if (answer === 0)
    throw new RangeErrorCtor(
      name +
        ': a run may make no more calls, or send no more: limits.functionCalls, limits.functionInputBytes',
    );
  return answer;
}

function failure(texts: string[]): Error {
  const message = texts[2] as string;
  if (texts[0] === 'denied') return denial(message);
  return named(new ErrorCtor(message), texts[1] as string);
}

function makeFunction(index: number, name: string): unknown {
  const call = (...args: unknown[]): Promise<unknown> =>
    new PromiseCtor((resolve, reject) => {
      const id = send(HOST_OP.call, index, name, args);
      apply(mapSet, waiting, [id, { name, resolve, reject }]);
    });
  const sync = (...args: unknown[]): unknown => {
    const kind = send(HOST_OP.callSync, index, name, args);
    if (kind === CALL_UNABLE)
      throw named(
        new ErrorCtor(
          'await ' +
            name +
            '() instead of ' +
            name +
            '.sync(): no thread can wait in this page, which is not cross-origin isolated',
        ),
        'SyncUnavailable',
      );
    const value = bridge(HOST_OP.callTake);
    if (kind === CALL_ANSWER.value) return value;
    if (kind === CALL_ANSWER.tagged) return untag(value);
    if (kind === CALL_ANSWER.items)
      throw new TypeErrorCtor(
        'use ' + name + '() and for await instead of ' + name + '.sync(): it answers an iterable',
      );
    throw failure(value as string[]);
  };
  defineProperty(call, 'name', property(name, false));
  defineProperty(sync, 'name', property(name + '.sync', false));
  defineProperty(call, 'sync', property(freeze(sync), false));
  return freeze(call);
}

function result(done: boolean, value: unknown): unknown {
  return { done, value };
}

function finish(id: number, stream: Stream): void {
  stream.isOver = true;
  apply(mapDelete, streams, [id]);
  const { asked } = stream;
  stream.asked = list() as Waiting[];
  for (let i = 0; i < asked.length; i++) (asked[i] as Waiting).resolve(result(true, undefined));
}

function makeStream(id: number, name: string): unknown {
  const stream: Stream = { name, asked: list() as Waiting[], isOver: false };
  apply(mapSet, streams, [id, stream]);
  const iterator: Record<PropertyKey, unknown> = {
    next: () =>
      new PromiseCtor((resolve, reject) => {
        if (stream.isOver) {
          resolve(result(true, undefined));
          return;
        }
        stream.asked[stream.asked.length] = { name, resolve, reject };
        // One item is asked for at a time.
        if (stream.asked.length === 1) bridge(HOST_OP.netRead, id, 1);
      }),
    return: (value: unknown) =>
      new PromiseCtor(resolve => {
        if (!stream.isOver) {
          bridge(HOST_OP.netCancel, id);
          finish(id, stream);
        }
        resolve(result(true, value));
      }),
  };
  defineProperty(
    iterator,
    asyncIterator,
    property(() => iterator, false),
  );
  return freeze(iterator);
}

function receiveItem(id: number, stream: Stream, kind: number, value: unknown): void {
  const first = apply(shift, stream.asked as never, []) as Waiting | undefined;
  if (kind === CALL_ANSWER.value || kind === CALL_ANSWER.tagged) {
    first?.resolve(result(false, kind === CALL_ANSWER.tagged ? untag(value) : value));
    if (stream.asked.length > 0) bridge(HOST_OP.netRead, id, 1);
    return;
  }
  if (kind === CALL_ANSWER.fault) first?.reject(failure(value as string[]));
  else first?.resolve(result(true, undefined));
  finish(id, stream);
}

/** Takes an answer; 0 for what is none of its own. */
function receive(kind: number, id: number, value: unknown): number {
  const stream = get(streams, id);
  if (stream !== undefined) {
    receiveItem(id, stream, kind, value);
    return 1;
  }
  const call = get(waiting, id);
  if (call === undefined) return 0;
  apply(mapDelete, waiting, [id]);
  if (kind === CALL_ANSWER.value) call.resolve(value);
  else if (kind === CALL_ANSWER.tagged) call.resolve(untag(value));
  else if (kind === CALL_ANSWER.items) call.resolve(makeStream(id, call.name));
  else call.reject(failure(value as string[]));
  return 1;
}

type Group = { [name: string]: unknown };

/** Made when it is first asked for: most guests of a sandbox with many functions call few of them, or none. */
function build(names: string[]): Group {
  const root = create(null) as Group;
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    const parts = apply(split, name, ['.']) as string[];
    let group = root;
    for (let k = 0; k < parts.length - 1; k++) {
      const part = parts[k] as string;
      if (group[part] === undefined) group[part] = create(null);
      group = group[part] as Group;
    }
    group[parts[parts.length - 1] as string] = makeFunction(i, name);
  }
  return frozen(root);
}

function frozen(group: Group): Group {
  for (const name in group) {
    const member = group[name];
    if (typeof member === 'object') frozen(member as Group);
  }
  return freeze(group);
}

export function install(tools: Tools): typeof receive {
  bridge = tools.bridge;
  denial = tools.denial;
  tag = tools.tag;
  untag = tools.untag;
  // As text: every run copies what is in the heap.
  const { parse, settings } = tools;
  let host: Group | null = null;
  defineProperty(global, 'host', {
    __proto__: null,
    get: () => {
      host ??= build(parse(settings) as string[]);
      return host;
    },
    // A script may declare a variable of that name.
    configurable: true,
    enumerable: false,
  } as PropertyDescriptor);
  return receive;
}
