/**
 * One engine in one cell: boots from the snapshot, is put back between runs, and calls the driver. All state of a guest is
 * its memory, the stack pointer, and the operating system made for its run; there is nothing else to put back.
 */
import { Aborted, Engine, type EngineHooks, PAGE_BYTES } from './engine.ts';
import type { Files } from './os/files.ts';
import type { Snapshot } from './snapshot.ts';

/** What a run gets, and what watches it. */
export interface RunEnvironment {
  readonly files: Files;
  tick(): void;
}

export interface MachineHooks {
  random(bytes: number): Uint8Array;
}

/** The driver itself failed: an exception came out of it. */
export class DriverFailed {}

/** Memory that grew further than this past the image is given back by making a new engine. */
const KEEP_GROWN_BYTES = 64 * 1024 * 1024;
const MONOTONIC_START_MS = 1000;

export class Machine {
  readonly #module: WebAssembly.Module;
  readonly #snapshot: Snapshot;
  readonly #hooks: EngineHooks;
  readonly #initialBytes: number;
  #engine: Engine;
  #environment: RunEnvironment | null = null;
  #ceiling = 0;
  #startedAt: number = Date.now();
  /** Where the heap of the current run starts to grow. */
  #base = 0;
  #peak = 0;
  /** The engine stopped somewhere it cannot be put back from with certainty. */
  #broken = false;
  /** The guest was refused memory: an out-of-memory error without it is the guest's own invention. */
  refusedMemory = false;

  constructor(module: WebAssembly.Module, snapshot: Snapshot, hooks: MachineHooks) {
    this.#module = module;
    this.#snapshot = snapshot;
    this.#hooks = {
      tick: () => this.#environment?.tick(),
      files: () => {
        if (this.#environment === null) throw new Aborted();
        return this.#environment.files;
      },
      random: hooks.random,
      now: () => Date.now(),
      monotonic: () => Math.max(0, Date.now() - this.#startedAt) + MONOTONIC_START_MS,
      environment: () => [],
      memoryCeiling: wanted => {
        if (wanted > this.#ceiling) this.refusedMemory = true;
        else this.#peak = Math.max(this.#peak, wanted);
        return this.#ceiling;
      },
    };
    this.#engine = this.#create();
    this.#initialBytes = this.#engine.guest.bytes.length;
  }

  /** Fuel left in the current slice, counted down by the engine. */
  get fuel(): WebAssembly.Global {
    return this.#engine.fuel;
  }

  /** The most the heap of this run took, from what is known: its size now, and how far the memory grew. */
  get memoryBytes(): number {
    const end = this.#broken ? 0 : this.#engine.fn.sbrk(0) >>> 0;
    return Math.max(0, Math.max(this.#peak, Math.min(end, this.#ceiling)) - this.#base);
  }

  #create(): Engine {
    const engine = new Engine(this.#module, this.#hooks);
    this.#ceiling = Number.MAX_SAFE_INTEGER;
    if (!engine.grow(this.#snapshot.meta.end)) throw new Error('no memory for the snapshot');
    this.#snapshot.fill(engine.guest.bytes);
    engine.fn.stackRestore(this.#snapshot.meta.stackPointer);
    return engine;
  }

  /** A guest nobody used before, which may take `memoryBytes`. */
  reset(environment: RunEnvironment, memoryBytes: number, used: boolean): void {
    const { end } = this.#snapshot.meta;
    // The engine's memory starts out larger than the snapshot. Where that alone would be more than the limit, the
    // heap starts to grow further up. It must not depend on runs before: fuel depends on addresses.
    const base = Math.max(end, Math.floor((this.#initialBytes - memoryBytes) / PAGE_BYTES) * PAGE_BYTES);
    const ceiling = Math.ceil((base + memoryBytes) / PAGE_BYTES) * PAGE_BYTES;
    const size = this.#engine.guest.bytes.length;
    if (this.#broken || size > this.#initialBytes + KEEP_GROWN_BYTES || size > ceiling)
      this.#engine = this.#create();
    else if (used) {
      this.#snapshot.restore(this.#engine.guest.bytes);
      this.#engine.fn.stackRestore(this.#snapshot.meta.stackPointer);
    }
    const { fn, guest } = this.#engine;
    guest.view.setUint32(fn.brkAddress() >>> 0, base, true);
    this.#base = base;
    this.#broken = false;
    this.#environment = environment;
    this.#ceiling = ceiling;
    this.#peak = 0;
    this.#startedAt = Date.now();
    this.refusedMemory = false;
    // A meter counts from what it finds.
    this.#engine.fuel.value = 0;
  }

  /** Calls a function of the driver with bytes, and answers bytes. Throws what ends a run from outside the guest. */
  call(name: 'begin' | 'resume', argument: Uint8Array): Uint8Array<ArrayBuffer> {
    const engine = this.#engine;
    const { fn } = engine;
    this.#broken = true;
    const bytes = fn.bytesNew(0, argument.length);
    if (bytes === 0) throw new DriverFailed();
    engine.guest.bytes.set(argument, fn.bytesData(bytes) >>> 0);
    const result = fn.callOne(this.#snapshot.meta[name], bytes);
    const length = result === 0 ? -1 : fn.bytesSize(result);
    if (length < 0) throw new DriverFailed();
    // A copy: the memory is put back before the answer is used.
    const answer = engine.guest.range(fn.bytesData(result), length).slice();
    fn.release(result);
    this.#broken = false;
    return answer;
  }

  /** After a stop the guest's memory is anything, but the engine around it is whole. */
  stopped(): void {
    this.#broken = false;
  }
}
