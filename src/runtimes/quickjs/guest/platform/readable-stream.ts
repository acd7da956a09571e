/**
 * `Response.body`: a ReadableStream of bytes, as much of it as reading needs. It cannot be constructed: there are no streams
 * but those of bodies.
 */

import { hidesState } from './opaque.ts';
import { apply, defineProperty, PromiseCtor, SymbolAsyncIterator, TypeErrorCtor } from './primordials.ts';
import { resolved, settle } from './promises.ts';
import { type Branch, cancel, fork, next } from './source.ts';
import { claim, expose, isObject, list, member, ordinary, tag } from './webidl.ts';

const KEY = {};

interface StreamState {
  readonly branch: Branch;
  readonly touched: () => void;
  reader: Reader | null;
}

let stateOf: (stream: unknown) => StreamState | undefined;

type Result = { value: Uint8Array | undefined; done: boolean };

class ReadableStream {
  readonly #state: StreamState;

  static {
    stateOf = value => (isObject(value) && #state in value ? value.#state : undefined);
  }

  constructor(key?: unknown, branch?: Branch, touched?: () => void) {
    claim();
    if (key !== KEY)
      throw new TypeErrorCtor('ReadableStream cannot be constructed here: use the body of a Response');
    this.#state = { branch: branch as Branch, touched: touched as () => void, reader: null };
  }

  get locked(): boolean {
    return this.#state.reader !== null;
  }

  getReader(options: unknown = undefined): Reader {
    const state = this.#state;
    const mode = isObject(options) ? member(options, 'mode') : undefined;
    if (mode !== undefined)
      throw new TypeErrorCtor('ReadableStream.getReader: there is no reader of that mode');
    return lock(state, 'getReader');
  }

  cancel(): Promise<undefined> {
    const state = this.#state;
    return settle(() => {
      unlocked(state, 'cancel');
      state.touched();
      cancel(state.branch);
      return undefined;
    });
  }

  tee(): ReadableStream[] {
    const state = this.#state;
    lock(state, 'tee');
    state.touched();
    const both: ReadableStream[] = list();
    const other = fork(state.branch);
    both[0] = new ReadableStream(KEY, state.branch, nothing);
    both[1] = new ReadableStream(KEY, other, nothing);
    return ordinary(both);
  }

  values(options: unknown = undefined): StreamIterator {
    const state = this.#state;
    const keep = isObject(options) && !!member(options, 'preventCancel');
    return new StreamIterator(KEY, lock(state, 'values'), state, keep);
  }
}

const nothing = (): void => {};

function unlocked(state: StreamState, where: string): void {
  if (state.reader !== null)
    throw new TypeErrorCtor('ReadableStream.' + where + ': the stream is locked to a reader');
}

function lock(state: StreamState, where: string): Reader {
  unlocked(state, where);
  state.reader = new Reader(KEY, state);
  return state.reader;
}

function read(state: StreamState): Promise<Result> {
  state.touched();
  return new PromiseCtor((resolve, reject) => {
    const step = (): void => {
      try {
        const piece = next(state.branch, step);
        if (piece !== undefined)
          resolve(piece === null ? { value: undefined, done: true } : { value: piece, done: false });
      } catch (error) {
        reject(error);
      }
    };
    step();
  });
}

class Reader {
  #state: StreamState | null;

  constructor(key?: unknown, state?: StreamState) {
    claim();
    if (key !== KEY) {
      const stream = stateOf(key);
      if (stream === undefined)
        throw new TypeErrorCtor('ReadableStreamDefaultReader: the argument must be a ReadableStream');
      unlocked(stream, 'getReader');
      stream.reader = this;
      this.#state = stream;
    } else this.#state = state as StreamState;
  }

  read(): Promise<Result> {
    const state = this.#state;
    return state === null ? settle(released) : read(state);
  }

  cancel(): Promise<undefined> {
    const state = this.#state;
    return settle(() => {
      if (state === null) return released();
      state.touched();
      cancel(state.branch);
      return undefined;
    });
  }

  releaseLock(): void {
    const state = this.#state;
    this.#state = null;
    if (state !== null) state.reader = null;
  }
}

function released(): never {
  throw new TypeErrorCtor('the reader has been released');
}

class StreamIterator {
  readonly #reader: Reader;
  readonly #state: StreamState;
  readonly #keep: boolean;
  #over = false;

  constructor(key: unknown, reader: Reader, state: StreamState, keep: boolean) {
    if (key !== KEY) throw new TypeErrorCtor('Illegal constructor');
    claim();
    this.#reader = reader;
    this.#state = state;
    this.#keep = keep;
  }

  next(): Promise<Result> {
    return this.#over ? resolved({ value: undefined, done: true }) : read(this.#state);
  }

  return(value: unknown = undefined): Promise<{ value: unknown; done: boolean }> {
    if (!this.#over) {
      this.#over = true;
      releaseLock(this.#reader);
      if (!this.#keep) cancel(this.#state.branch);
    }
    return resolved({ value, done: true });
  }
}

const releaseLock = (reader: Reader): void => {
  apply(release, reader, []);
};
const release = Reader.prototype.releaseLock;

/** `touched`: called when somebody reads or cancels. */
export function makeStream(branch: Branch, touched: () => void): object {
  return new ReadableStream(KEY, branch, touched);
}

export function isLocked(stream: object): boolean {
  return stateOf(stream)?.reader !== null;
}

export function installReadableStream(): void {
  const method = (target: object, value: unknown): void => {
    defineProperty(target, SymbolAsyncIterator, {
      __proto__: null,
      value,
      writable: true,
      configurable: true,
    } as PropertyDescriptor);
  };
  method(ReadableStream.prototype, ReadableStream.prototype.values);
  method(StreamIterator.prototype, function (this: unknown) {
    return this;
  });
  delete (StreamIterator.prototype as { constructor?: unknown }).constructor;
  tag(StreamIterator.prototype, 'ReadableStreamAsyncIterator');
  hidesState(StreamIterator.prototype, 'async iterator');
  expose('ReadableStream', ReadableStream);
  expose('ReadableStreamDefaultReader', Reader);
}
