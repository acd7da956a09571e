/** setTimeout and its kin: a binary heap ordered by due time, then by age. The cell's loop fires it. */
import {
  apply,
  defineProperty,
  global,
  MapCtor,
  MapDelete,
  MapGet,
  MapSet,
  MapSize,
  NumberCtor,
  PromiseCtor,
  PromiseThen,
  RangeErrorCtor,
  TypeErrorCtor,
} from './primordials.ts';
import { hidden, host, list } from './webidl.ts';

interface Timer {
  readonly id: number;
  readonly run: () => void;
  readonly repeatMs: number;
  /** How many timers deep it was set: browsers slow down chains deeper than five. */
  readonly nesting: number;
  dueMs: number;
  age: number;
  /** Its place in the heap, -1 outside it. */
  at: number;
}

const MAX_TIMERS = 10_000;
const MAX_NESTING = 5;
const NESTED_MIN_MS = 4;

const heap: Timer[] = list();
const live: Map<number, Timer> = new MapCtor();
let nextId = 1;
let age = 0;
let nesting = 0;

function before(a: Timer, b: Timer): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.age < b.age);
}

function place(timer: Timer, at: number): void {
  heap[at] = timer;
  timer.at = at;
}

function rise(timer: Timer, from: number): void {
  let at = from;
  while (at > 0) {
    const up = (at - 1) >> 1;
    const parent = heap[up] as Timer;
    if (!before(timer, parent)) break;
    place(parent, at);
    at = up;
  }
  place(timer, at);
}

function sink(timer: Timer, from: number): void {
  let at = from;
  for (;;) {
    let down = 2 * at + 1;
    if (down >= heap.length) break;
    if (down + 1 < heap.length && before(heap[down + 1] as Timer, heap[down] as Timer)) down++;
    const child = heap[down] as Timer;
    if (!before(child, timer)) break;
    place(child, at);
    at = down;
  }
  place(timer, at);
}

function insert(timer: Timer): void {
  timer.age = age++;
  rise(timer, heap.length);
}

function remove(timer: Timer): void {
  const at = timer.at;
  if (at < 0) return;
  timer.at = -1;
  const last = heap[heap.length - 1] as Timer;
  heap.length--;
  if (last === timer) return;
  sink(last, at);
  rise(last, last.at);
}

function add(run: () => void, dueMs: number, repeatMs: number): number {
  if (MapSize(live) >= MAX_TIMERS)
    throw new RangeErrorCtor('too many timers: ' + MAX_TIMERS + ' are pending');
  const timer: Timer = { id: nextId++, run, repeatMs, nesting, dueMs, age: 0, at: -1 };
  MapSet(live, timer.id, timer);
  insert(timer);
  return timer.id;
}

function cancel(id: number): void {
  const timer = MapGet(live, id);
  if (timer === undefined) return;
  MapDelete(live, id);
  remove(timer);
}

/** For the platform's own timers; throws the guest's RangeError when there are too many. */
export function later(delayMs: number, run: () => void): number {
  return add(run, host.now() + delayMs, -1);
}

/** An error nobody can catch: it ends the run as soon as the event loop turns. */
export function reportUncaught(error: unknown): void {
  const timer: Timer = {
    id: nextId++,
    run: () => {
      throw error;
    },
    repeatMs: -1,
    nesting: 0,
    dueMs: 0,
    age: 0,
    at: -1,
  };
  // Past the cap on purpose: a plugin that fills it must not hide its errors.
  MapSet(live, timer.id, timer);
  insert(timer);
}

function set(
  name: string,
  repeat: boolean,

  handler: unknown,
  delay: unknown,
  args: unknown[],
): number {
  if (typeof handler !== 'function') {
    throw new TypeErrorCtor(
      name + ': the handler must be a function, not text: code is never made from strings',
    );
  }
  // `| 0` is the standard's conversion to long: it wraps, so 2**31 fires at once, in browsers too.
  let ms = (NumberCtor(delay) as number) | 0;
  if (ms < 0) ms = 0;
  if (repeat && ms < 1) ms = 1;
  if (nesting > MAX_NESTING && ms < NESTED_MIN_MS) ms = NESTED_MIN_MS;
  return add(() => apply(handler as () => void, global, args), host.now() + ms, repeat ? ms : -1);
}

function setTimeout(handler: unknown, delay: unknown = 0, ...args: unknown[]): number {
  return set('setTimeout', false, handler, delay, args);
}

function setInterval(handler: unknown, delay: unknown = 0, ...args: unknown[]): number {
  return set('setInterval', true, handler, delay, args);
}

function setImmediate(handler: unknown, ...args: unknown[]): number {
  if (typeof handler !== 'function')
    throw new TypeErrorCtor('setImmediate: the handler must be a function: code is never made from strings');
  return add(() => apply(handler as () => void, global, args), host.now(), -1);
}

function clearImmediate(id: unknown = 0): void {
  cancel((NumberCtor(id) as number) | 0);
}

function clearTimeout(id: unknown = 0): void {
  cancel((NumberCtor(id) as number) | 0);
}

function clearInterval(id: unknown = 0): void {
  cancel((NumberCtor(id) as number) | 0);
}

// An own `constructor` of undefined keeps `then` from asking the guest which class to make.
const settled: Promise<void> = new PromiseCtor(resolve => resolve());
defineProperty(settled, 'constructor', { value: undefined });

function queueMicrotask(callback: unknown): void {
  if (typeof callback !== 'function')
    throw new TypeErrorCtor('queueMicrotask: the callback must be a function');
  PromiseThen(settled, () => {
    try {
      apply(callback as () => void, undefined, []);
    } catch (error) {
      reportUncaught(error);
    }
  });
}

export function nextTimer(): number {
  return heap.length > 0 ? (heap[0] as Timer).dueMs : -1;
}

export function fireTimers(nowMs: number): void {
  const timer = heap[0];
  if (timer === undefined || timer.dueMs > nowMs) return;
  remove(timer);
  const repeats = timer.repeatMs >= 0;
  if (!repeats) MapDelete(live, timer.id);
  nesting = timer.nesting + 1;
  try {
    timer.run();
  } finally {
    nesting = 0;
    // Unless its own callback cleared it.
    if (repeats && MapGet(live, timer.id) === timer) {
      timer.dueMs = host.now() + timer.repeatMs;
      insert(timer);
    }
  }
}

export function installTimers(): void {
  hidden(global, 'setTimeout', setTimeout);
  hidden(global, 'clearTimeout', clearTimeout);
  hidden(global, 'setInterval', setInterval);
  hidden(global, 'clearInterval', clearInterval);
  hidden(global, 'setImmediate', setImmediate);
  hidden(global, 'clearImmediate', clearImmediate);
  hidden(global, 'queueMicrotask', queueMicrotask);
}
