import { TypeErrorCtor } from './primordials.ts';
import { claim, constants, dictionary, expose, host, member, need, toStr } from './webidl.ts';

/** What an event knows of itself, for EventTarget. */
export interface EventState {
  type: string;
  bubbles: boolean;
  cancelable: boolean;
  composed: boolean;
  readonly time: number;
  trusted: boolean;
  target: object | null;
  currentTarget: object | null;
  phase: number;
  stopped: boolean;
  stoppedNow: boolean;
  canceled: boolean;
  inPassive: boolean;
  dispatching: boolean;
}

let read: (event: object) => EventState | undefined;

export class Event {
  readonly #state: EventState;

  static {
    read = event => (#state in event ? event.#state : undefined);
  }

  constructor(type: unknown, init: unknown = undefined) {
    claim();
    need(arguments.length, 1, 'Event');
    const name = toStr(type);
    const options = dictionary(init, 'Event');
    this.#state = {
      type: name,
      bubbles: !!member(options, 'bubbles'),
      cancelable: !!member(options, 'cancelable'),
      composed: !!member(options, 'composed'),
      time: host.now(),
      trusted: false,
      target: null,
      currentTarget: null,
      phase: 0,
      stopped: false,
      stoppedNow: false,
      canceled: false,
      inPassive: false,
      dispatching: false,
    };
  }

  get type(): string {
    return this.#state.type;
  }
  get target(): object | null {
    return this.#state.target;
  }
  get srcElement(): object | null {
    return this.#state.target;
  }
  get currentTarget(): object | null {
    return this.#state.currentTarget;
  }
  get eventPhase(): number {
    return this.#state.phase;
  }
  get bubbles(): boolean {
    return this.#state.bubbles;
  }
  get cancelable(): boolean {
    return this.#state.cancelable;
  }
  get composed(): boolean {
    return this.#state.composed;
  }
  get defaultPrevented(): boolean {
    return this.#state.canceled;
  }
  get returnValue(): boolean {
    return !this.#state.canceled;
  }
  set returnValue(value: unknown) {
    if (!value) this.preventDefault();
  }
  get cancelBubble(): boolean {
    return this.#state.stopped;
  }
  set cancelBubble(value: unknown) {
    if (value) this.#state.stopped = true;
  }
  get timeStamp(): number {
    return this.#state.time;
  }
  get isTrusted(): boolean {
    return this.#state.trusted;
  }
  composedPath(): object[] {
    const at = this.#state.currentTarget;
    return at === null ? [] : [at];
  }
  stopPropagation(): void {
    this.#state.stopped = true;
  }
  stopImmediatePropagation(): void {
    this.#state.stopped = true;
    this.#state.stoppedNow = true;
  }
  preventDefault(): void {
    const state = this.#state;
    if (state.cancelable && !state.inPassive) state.canceled = true;
  }
  initEvent(type: unknown, bubbles: unknown = false, cancelable: unknown = false): void {
    const state = this.#state;
    need(arguments.length, 1, 'Event.initEvent');
    const name = toStr(type);
    if (state.dispatching) return;
    state.type = name;
    state.bubbles = !!bubbles;
    state.cancelable = !!cancelable;
    state.stopped = state.stoppedNow = state.canceled = state.trusted = false;
    state.target = null;
  }
}

class CustomEvent extends Event {
  readonly #detail: unknown;

  constructor(type: unknown, init: unknown = undefined) {
    need(arguments.length, 1, 'CustomEvent');
    super(type, init);
    const detail = member(dictionary(init, 'CustomEvent'), 'detail');
    this.#detail = detail === undefined ? null : detail;
  }

  get detail(): unknown {
    return this.#detail;
  }
}

/** The state of an event; throws for anything else. */
export function eventState(value: unknown): EventState {
  const state = typeof value === 'object' && value !== null ? read(value) : undefined;
  if (state === undefined) throw new TypeErrorCtor('dispatchEvent: the argument must be an Event');
  return state;
}

export function installEvent(): void {
  expose('Event', Event);
  constants(Event, ['NONE', 'CAPTURING_PHASE', 'AT_TARGET', 'BUBBLING_PHASE'], 0);
  expose('CustomEvent', CustomEvent);
}
