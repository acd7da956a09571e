import { domException } from './dom-exception.ts';
import { dispatchTrusted, EventTarget, linkSignals } from './event-target.ts';
import { apply, NumberCtor, RangeErrorCtor, TypeErrorCtor } from './primordials.ts';
import { later } from './timers.ts';
import { claim, eachOf, expose, isObject, iteratorOf, list, need } from './webidl.ts';

const KEY = {};

interface SignalState {
  aborted: boolean;
  reason: unknown;
  algorithms: (() => void)[];
  /** Signals made by AbortSignal.any from this one, and, for those, what they were made from. */
  readonly dependents: AbortSignal[];
  readonly sources: AbortSignal[] | null;
  handler: unknown;
}

let stateOf: (signal: unknown) => SignalState | undefined;

export class AbortSignal extends EventTarget {
  readonly #state: SignalState;

  static {
    stateOf = signal => (isObject(signal) && #state in signal ? signal.#state : undefined);
  }

  constructor(key?: unknown, sources: AbortSignal[] | null = null) {
    if (key !== KEY) throw new TypeErrorCtor('Illegal constructor');
    super();
    this.#state = {
      aborted: false,
      reason: undefined,
      algorithms: list(),
      dependents: list(),
      sources,
      handler: null,
    };
  }

  static abort(reason: unknown = domException('AbortError', 'This operation was aborted')): AbortSignal {
    const signal = createSignal();
    const state = stateOf(signal) as SignalState;
    state.aborted = true;
    state.reason = reason;
    return signal;
  }

  static timeout(milliseconds: unknown): AbortSignal {
    need(arguments.length, 1, 'AbortSignal.timeout');
    const ms = NumberCtor(milliseconds) as number;
    if (!(ms >= 0 && ms <= NumberCtor.MAX_SAFE_INTEGER)) {
      throw new RangeErrorCtor('AbortSignal.timeout: the time must be from 0 to 2 ** 53 - 1 milliseconds');
    }
    const signal = createSignal();
    later(ms, () =>
      abortSignal(signal, domException('TimeoutError', 'The operation was aborted due to timeout')),
    );
    return signal;
  }

  static any(signals: unknown): AbortSignal {
    need(arguments.length, 1, 'AbortSignal.any');
    const iterator = isObject(signals) ? iteratorOf(signals) : undefined;
    if (iterator === undefined) throw new TypeErrorCtor('AbortSignal.any: the argument must be iterable');
    const given: AbortSignal[] = list();
    eachOf(signals as object, iterator, item => {
      required(item);
      given[given.length] = item as AbortSignal;
    });
    const sources: AbortSignal[] = list();
    const made = createSignal(sources);
    const state = stateOf(made) as SignalState;
    for (let i = 0; i < given.length; i++) {
      const from = required(given[i]);
      if (from.aborted) {
        state.aborted = true;
        state.reason = from.reason;
        return made;
      }
    }
    for (let i = 0; i < given.length; i++) {
      const one = given[i] as AbortSignal;
      const from = required(one);
      // Of a dependent signal, its sources count: chains stay one level deep.
      const roots = from.sources ?? [one];
      for (let j = 0; j < roots.length; j++) follow(roots[j] as AbortSignal, made, sources);
    }
    return made;
  }

  get aborted(): boolean {
    return this.#state.aborted;
  }
  get reason(): unknown {
    return this.#state.reason;
  }
  throwIfAborted(): void {
    if (this.#state.aborted) throw this.#state.reason;
  }
  get onabort(): unknown {
    return this.#state.handler;
  }
  set onabort(handler: unknown) {
    const state = this.#state;
    state.handler = isObject(handler) ? handler : null;
    // Its place among the listeners is that of the first assignment: adding the same listener again does nothing.
    if (state.handler !== null) apply(addListener, this, ['abort', runHandler]);
  }
}

const addListener = EventTarget.prototype.addEventListener;
function runHandler(this: unknown, event: unknown): void {
  const handler = stateOf(this)?.handler;
  if (typeof handler === 'function') apply(handler as () => void, this, [event]);
}

function follow(root: AbortSignal, made: AbortSignal, sources: AbortSignal[]): void {
  for (let i = 0; i < sources.length; i++) if (sources[i] === root) return;
  sources[sources.length] = root;
  const { dependents } = required(root);
  dependents[dependents.length] = made;
}

function required(signal: unknown): SignalState {
  const state = stateOf(signal);
  if (state === undefined) throw new TypeErrorCtor('the signal must be an AbortSignal');
  return state;
}

export function createSignal(sources: AbortSignal[] | null = null): AbortSignal {
  return new AbortSignal(KEY, sources);
}

export function isSignal(value: unknown): value is AbortSignal {
  return stateOf(value) !== undefined;
}

/** Undefined while the signal has not aborted; otherwise a box, since the reason may be any value. */
export function abortReason(signal: AbortSignal): { readonly reason: unknown } | undefined {
  const state = required(signal);
  return state.aborted ? { reason: state.reason } : undefined;
}

/** Calls `run` when the signal aborts. It must not throw. */
export function onAbort(signal: AbortSignal, run: () => void): void {
  const { algorithms } = required(signal);
  algorithms[algorithms.length] = run;
}

/** A signal that aborts with `signal`. */
export function followSignal(signal: AbortSignal): AbortSignal {
  const made = createSignal(list());
  const state = required(made);
  const from = required(signal);
  if (from.aborted) {
    state.aborted = true;
    state.reason = from.reason;
    return made;
  }
  const roots = from.sources ?? [signal];
  for (let i = 0; i < roots.length; i++)
    follow(roots[i] as AbortSignal, made, state.sources as AbortSignal[]);
  return made;
}

function abortSignal(signal: AbortSignal, reason: unknown): void {
  const state = required(signal);
  if (state.aborted) return;
  state.aborted = true;
  state.reason = reason;
  const run: AbortSignal[] = list();
  run[0] = signal;
  for (let i = 0; i < state.dependents.length; i++) {
    const dependent = state.dependents[i] as AbortSignal;
    const its = required(dependent);
    if (its.aborted) continue;
    its.aborted = true;
    its.reason = reason;
    run[run.length] = dependent;
  }
  for (let i = 0; i < run.length; i++) {
    const one = run[i] as AbortSignal;
    const its = required(one);
    const { algorithms } = its;
    its.algorithms = list();
    for (let j = 0; j < algorithms.length; j++) (algorithms[j] as () => void)();
    dispatchTrusted(one, 'abort');
  }
}

class AbortController {
  readonly #signal: AbortSignal = createSignal();

  constructor() {
    claim();
  }

  get signal(): AbortSignal {
    return this.#signal;
  }
  abort(reason: unknown = undefined): void {
    const signal = this.#signal;
    abortSignal(
      signal,
      reason === undefined ? domException('AbortError', 'This operation was aborted') : reason,
    );
  }
}

export function installAbort(): void {
  linkSignals({
    aborted: signal => required(signal).aborted,
    onAbort: (signal, run) => onAbort(signal as AbortSignal, run),
  });
  expose('AbortSignal', AbortSignal);
  expose('AbortController', AbortController);
}
