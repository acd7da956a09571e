import { domException } from './dom-exception.ts';
import { Event, type EventState, eventState } from './event.ts';
import { apply, TypeErrorCtor } from './primordials.ts';
import { reportUncaught } from './timers.ts';
import { claim, expose, isObject, list, member, need, toStr } from './webidl.ts';

interface Listener {
  readonly type: string;
  readonly callback: object;
  readonly capture: boolean;
  readonly once: boolean;
  readonly passive: boolean;
  removed: boolean;
}

/** What an AbortSignal must be able to do here; abort.ts supplies it, since its class extends this one. */
export interface SignalHooks {
  aborted(signal: unknown): boolean;
  onAbort(signal: unknown, run: () => void): void;
}
let signals: SignalHooks;
export function linkSignals(hooks: SignalHooks): void {
  signals = hooks;
}

function captureOf(options: unknown): boolean {
  return isObject(options) ? !!member(options, 'capture') : !!options;
}

function call(listener: Listener, state: EventState, event: Event, target: object): void {
  state.inPassive = listener.passive;
  try {
    const { callback } = listener;
    if (typeof callback === 'function') apply(callback as () => void, target, [event]);
    else {
      const method = (callback as { handleEvent?: unknown }).handleEvent;
      if (typeof method !== 'function') throw new TypeErrorCtor('the listener has no handleEvent method');
      apply(method as () => void, callback, [event]);
    }
  } catch (error) {
    // As in browsers, the other listeners still run and the error is uncaught.
    reportUncaught(error);
  }
  state.inPassive = false;
}

let fire: (target: EventTarget, event: Event) => boolean;

export class EventTarget {
  #listeners: Listener[] = list();

  static {
    fire = (target, event) => target.#dispatch(event);
  }

  constructor() {
    claim();
  }

  addEventListener(type: unknown, callback: unknown, options: unknown = undefined): void {
    const listeners = this.#listeners;
    need(arguments.length, 2, 'EventTarget.addEventListener');
    const name = toStr(type);
    const dict = isObject(options) ? options : undefined;
    const capture = captureOf(options);
    const once = !!member(dict, 'once');
    const passive = !!member(dict, 'passive');
    const signal = member(dict, 'signal');
    // Throws for what is no AbortSignal.
    const dead = signal !== undefined && signals.aborted(signal);
    if (callback === null || callback === undefined) return;
    if (!isObject(callback))
      throw new TypeErrorCtor('addEventListener: the listener must be a function or an object');
    if (dead) return;
    for (let i = 0; i < listeners.length; i++) {
      const known = listeners[i] as Listener;
      if (known.type === name && known.callback === callback && known.capture === capture) return;
    }
    const listener: Listener = { type: name, callback, capture, once, passive, removed: false };
    listeners[listeners.length] = listener;
    if (signal !== undefined) signals.onAbort(signal, () => this.#remove(listener));
  }

  removeEventListener(type: unknown, callback: unknown, options: unknown = undefined): void {
    const listeners = this.#listeners;
    need(arguments.length, 2, 'EventTarget.removeEventListener');
    const name = toStr(type);
    const capture = captureOf(options);
    for (let i = 0; i < listeners.length; i++) {
      const known = listeners[i] as Listener;
      if (known.type === name && known.callback === callback && known.capture === capture) {
        this.#remove(known);
        return;
      }
    }
  }

  dispatchEvent(event: unknown): boolean {
    this.#listeners;
    need(arguments.length, 1, 'EventTarget.dispatchEvent');
    const state = eventState(event);
    if (state.dispatching) throw domException('InvalidStateError', 'the event is already being dispatched');
    state.trusted = false;
    return this.#dispatch(event as Event);
  }

  #remove(listener: Listener): void {
    listener.removed = true;
    const kept: Listener[] = list();
    for (let i = 0; i < this.#listeners.length; i++) {
      const known = this.#listeners[i] as Listener;
      if (known !== listener) kept[kept.length] = known;
    }
    this.#listeners = kept;
  }

  /** There is no tree: the target is the whole path, capturing listeners first. */
  #dispatch(event: Event): boolean {
    const state = eventState(event);
    state.dispatching = true;
    state.target = state.currentTarget = this;
    state.phase = 2;
    // A copy: listeners added meanwhile wait for the next event.
    const now = this.#listeners;
    for (let pass = 0; pass < 2; pass++) {
      const { length } = now;
      for (let i = 0; i < length && !state.stoppedNow; i++) {
        const listener = now[i] as Listener;
        if (listener.removed || listener.type !== state.type || listener.capture !== (pass === 0)) continue;
        if (listener.once) this.#remove(listener);
        call(listener, state, event, this);
      }
      if (state.stopped) break;
    }
    state.phase = 0;
    state.currentTarget = null;
    state.dispatching = state.stopped = state.stoppedNow = false;
    return !state.canceled;
  }
}

/** Dispatches an event of the platform's own. */
export function dispatchTrusted(target: EventTarget, type: string): void {
  const event = new Event(type);
  eventState(event).trusted = true;
  fire(target, event);
}

export function installEventTarget(): void {
  expose('EventTarget', EventTarget);
}
