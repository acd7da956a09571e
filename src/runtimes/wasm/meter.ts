/** Fuel and time of one run. The module counts down a slice of fuel on its own; when it is used up, it calls the tick. */
import { Stopped, type StopReason } from '../cell/execution.ts';

/** About a millisecond of code, and of the heaviest bulk operations. */
const SLICE = 2_000_000;
/** Calls of the host between two looks at the clock: the slowest take some ten microseconds. */
const CALLS_PER_LOOK = 32;
/** Work worth a look of its own. */
const LARGE_CHARGE = 10_000;
/** A thread that waits looks up this often: for cancellation, and to hand over its logs. */
const NAP_MS = 20;
/** An index of the control area that nobody writes: see protocol/control.ts. */
const NAP_INDEX = 8;

export interface MeterHooks {
  /** Asked at every tick; an answer ends the guest. */
  stopRequest(): StopReason | null;
  /** Shared memory to wait on; null where a thread cannot wait. */
  readonly sleeper: Int32Array | null;
}

export class Meter {
  readonly startedAt: number;
  /** Milliseconds spent waiting, not computing. */
  sleptMs = 0;
  /** Of these, waiting for host functions: no part of the guest's time. */
  hostMs = 0;
  #deadline: number;
  readonly #limit: number;
  readonly #hooks: MeterHooks;
  #global: WebAssembly.Global | null = null;
  /** Fuel of the slices used up, and the size of the one in use. */
  #spent = 0;
  #slice = 0;
  #calls = 0;

  constructor(timeoutMs: number, fuel: number, hooks: MeterHooks) {
    this.startedAt = Date.now();
    this.#deadline = this.startedAt + timeoutMs;
    this.#limit = fuel;
    this.#hooks = hooks;
  }

  /** Takes the fuel global of the instance that is about to run. */
  attach(global: WebAssembly.Global): void {
    this.#global = global;
    this.#refill();
  }

  /** Never more than the limit: what could not be paid for was not done. */
  get spent(): number {
    const left = this.#global === null ? this.#slice : (this.#global.value as number);
    return Math.min(this.#limit, this.#spent + (this.#slice - left));
  }

  get elapsedMs(): number {
    return Math.max(0, Date.now() - this.startedAt);
  }

  /** @throws Stopped when the run is to end: called by the module, and through it. */
  tick(): void {
    this.#refill();
    this.check();
  }

  /** @throws Stopped when the host wants the run to end */
  checkStop(): void {
    const asked = this.#hooks.stopRequest();
    if (asked !== null) throw new Stopped(asked);
  }

  excuse(ms: number): void {
    this.#deadline += ms;
    this.hostMs += ms;
  }

  /** @throws Stopped */
  check(): void {
    this.checkStop();
    if (this.#spent > this.#limit) throw new Stopped('FUEL_EXHAUSTED');
    if (Date.now() >= this.#deadline) throw new Stopped('TIMEOUT');
  }

  /**
   * Pays for work done for the guest. Fuel is a poor measure of what the host's functions take, so the clock is looked at
   * as well, every few calls. @throws Stopped
   */
  charge(units: number): void {
    this.#calls++;
    if (units >= LARGE_CHARGE || this.#calls % CALLS_PER_LOOK === 0) this.check();
    const global = this.#global;
    if (global === null) this.#spent += units;
    else {
      const left = (global.value as number) - units;
      // The global is 32 bits wide; anything below zero means the same.
      if (left < 0) {
        this.#spent += this.#slice - left;
        this.#slice = 0;
        global.value = 0;
        this.tick();
      } else global.value = left;
    }
  }

  /** Blocks the thread. @throws Stopped at the deadline, or when the run is cancelled. */
  sleep(ms: number): void {
    const begun = Date.now();
    const until = begun + ms;
    const { sleeper } = this.#hooks;
    for (;;) {
      const now = Date.now();
      if (now >= until) break;
      const nap = Math.min(NAP_MS, until - now, Math.max(1, this.#deadline - now));
      // Without shared memory the thread has to spin; the deadline holds all the same.
      if (sleeper !== null) Atomics.wait(sleeper, NAP_INDEX, 0, nap);
      this.sleptMs += sleeper === null ? 0 : Date.now() - now;
      this.check();
    }
  }

  #refill(): void {
    const global = this.#global as WebAssembly.Global;
    this.#spent += this.#slice - (global.value as number);
    // Never beyond the limit: the unit after the last one is the one that calls the tick.
    this.#slice = Math.max(0, Math.min(SLICE, this.#limit - this.#spent));
    global.value = this.#slice;
  }
}
