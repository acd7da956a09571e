/**
 * One engine in one cell: boots from the snapshot, is rewound between runs, and holds the meters that every tick
 * checks. Knows nothing of frames or messages.
 */
import { DEFAULT_LIMITS } from '../../core/limits.ts';
import { Stopped, type StopReason } from '../cell/execution.ts';
import type { NetLink } from '../cell/net.ts';
import { writeText } from './bjson.ts';
import { type BridgeHooks, callHost } from './bridge.ts';
import { Engine, type EngineHooks, PAGE_BYTES, PAGE_CLASSES } from './engine.ts';
import { type Image, type Layout, Rewinder } from './image.ts';
import { Rejections } from './rejections.ts';
import { Values } from './values.ts';

/** Pointers and addresses that a snapshot was made with. */
export interface SnapshotMeta {
  readonly engine: string;
  readonly layout: Layout;
  readonly runtime: number;
  readonly context: number;
  /** `JSValue *` of each function of guest/main.ts. */
  readonly entry: Readonly<Record<EntryName, number>>;
  /** Address of the record of rejections.ts. */
  readonly rejection: number;
  readonly staticBytes: number;
  readonly heapBytes: number;
}

export type EntryName =
  | 'setup'
  | 'setInput'
  | 'nextTimer'
  | 'fireTimers'
  | 'isDenial'
  | 'receive'
  | 'describe'
  | 'detail'
  | 'isClaimed'
  | 'tag'
  | 'refuse'
  | 'extend';
export const ENTRY_NAMES: readonly EntryName[] = [
  'setup', 'setInput', 'nextTimer', 'fireTimers', 'isDenial', 'receive', 'describe', 'detail', 'isClaimed', 'tag', 'refuse',
  'extend',
]; // biome-ignore format: a list

/** Native fuel between two ticks: well under a millisecond (see scripts/build-engine.ts for the rate). */
const SLICE = 1_000_000;
/** The interpreter polls every 10,000 jumps; about as long as a slice of native fuel. */
const POLL_FUEL = 1_000_000;

/** Highest limits.memoryBytes plus the engine's own part. */
const MAX_PAGES = (1024 * 1024 * 1024) / PAGE_BYTES + 512;

/** Enough for the engine's own readers and writers at the greatest depth of a value. */
export const BRIDGE_STACK_BYTES: number = 128 * 1024;

/** The smallest size of memory in which the image leaves room for the limit, or else the largest. */
function pagesFor(image: Image, memoryBytes: number): number {
  const wanted = Math.ceil((image.brk + memoryBytes) / PAGE_BYTES);
  const size = PAGE_CLASSES.find(pages => pages >= wanted) ?? (PAGE_CLASSES.at(-1) as number);
  return Math.max(size, Math.ceil(image.brk / PAGE_BYTES));
}

export interface MachineHooks {
  log(level: number, text: string): void;
  readonly net: NetLink;
  random(bytes: number): Uint8Array;
  /** Eight bytes for a run's Math.random. */
  seed(): Uint8Array;
  loadModule(name: string): string | null;
  /** Asked at every tick; an answer ends the guest. */
  stopRequest(): StopReason | null;
}

export class Machine {
  engine: Engine;
  values: Values;
  rewinder: Rewinder;
  readonly meta: SnapshotMeta;
  readonly base: Image;
  readonly rejections: Rejections = new Rejections();
  fuelLimit: number = Number.MAX_SAFE_INTEGER;
  /** Set when the guest was refused memory: an out-of-memory error without it is the guest's own invention. */
  refusedMemory = false;
  /** Monotonic enough: the watchdog outside does not depend on it. */
  startedAt = 0;
  deadline: number = Number.POSITIVE_INFINITY;
  /** Of the run, waiting for host functions: no part of the guest's time. */
  hostMs = 0;
  #idleSince = 0;
  #heapCeiling: number = Number.POSITIVE_INFINITY;
  #spent = 0;
  #peak = 0;

  readonly #module: WebAssembly.Module;
  readonly #engineHooks: EngineHooks;

  constructor(module: WebAssembly.Module, meta: SnapshotMeta, image: Uint8Array, hooks: MachineHooks) {
    this.meta = meta;
    this.#module = module;
    this.#engineHooks = {
      tick: runtime => this.#tick(runtime, hooks),
      callHost: (argc, argv) => {
        const answer = callHost(this.engine, this.values, bridgeHooks, argc, argv);
        // The host's own work costs no fuel; time it costs all the same.
        this.checkDeadline(hooks);
        return answer;
      },
      rejection: () => this.rejections.note(this.engine, this.meta),
      loadModule: name => {
        const source = hooks.loadModule(name);
        if (source === null) this.#refuse(name);
        return source;
      },
      memoryCeiling: wanted => {
        if (wanted > this.#heapCeiling) this.refusedMemory = true;
        return this.#heapCeiling;
      },
    };
    const bridgeHooks: BridgeHooks = {
      held: null,
      log: hooks.log,
      net: hooks.net,
      random: hooks.random,
      elapsed: () => Math.max(0, Date.now() - this.startedAt),
      wait: (id: number) => this.#waitForHost(id, hooks),
    };
    const { staticBytes, heapBytes } = meta;
    this.base = {
      statics: image.slice(0, staticBytes),
      heap: image.slice(staticBytes, staticBytes + heapBytes),
      brk: meta.layout.heapBase + heapBytes,
    };
    this.engine = new Engine(
      module,
      pagesFor(this.base, DEFAULT_LIMITS.memoryBytes),
      MAX_PAGES,
      this.#engineHooks,
    );
    this.rewinder = new Rewinder(this.engine, meta.layout);
    this.rewinder.load(this.base);
    this.values = new Values(this.engine, meta.context);
  }

  /** A new engine with the image in it. */
  #replace(image: Image, pages: number): void {
    this.engine = new Engine(this.#module, pages, MAX_PAGES, this.#engineHooks);
    this.rewinder = new Rewinder(this.engine, this.meta.layout);
    this.rewinder.load(image);
    this.values = new Values(this.engine, this.meta.context);
  }

  /** Fuel spent since `reset`. */
  get fuel(): number {
    return this.#spent + (SLICE - this.engine.fuel.value);
  }

  /** Highest growth of the heap since `reset`. */
  get peakMemory(): number {
    return Math.max(this.#peak, this.rewinder.grown);
  }

  /**
   * Puts an image in force for a run that will get `memoryBytes`, with fresh meters and no limits yet. `before` says
   * what the last run may have left on the stack.
   */
  reset(image: Image, memoryBytes: number, before: { stackBytes: number; wholeStack: boolean }): void {
    // A memory of another size has other addresses, and fuel depends on addresses (tables hash by them): with one size
    // for each limit, a run is the same in every cell, whatever ran before.
    const pages = pagesFor(image, memoryBytes);
    const fits = this.engine.bytes.length === pages * PAGE_BYTES;
    if (!fits || !this.rewinder.restore(image, before.stackBytes, before.wholeStack))
      this.#replace(image, pages);
    this.engine.fuel.value = SLICE;
    this.#spent = 0;
    this.#peak = 0;
    this.refusedMemory = false;
    this.rejections.reset();
    this.fuelLimit = Number.MAX_SAFE_INTEGER;
    this.#heapCeiling = Number.POSITIVE_INFINITY;
  }

  /** Starts the time of a run: reading and compiling its program is part of it. */
  startClock(timeoutMs: number): void {
    this.startedAt = Date.now();
    this.hostMs = 0;
    this.#idleSince = 0;
    this.deadline = this.startedAt + timeoutMs;
    this.fuelLimit = Number.MAX_SAFE_INTEGER;
  }

  /** The guest has nothing to do while a host function works. */
  idle(): void {
    this.#idleSince = Date.now();
  }

  /** Its time goes on. */
  resume(): void {
    if (this.#idleSince === 0) return;
    this.#excuse(Date.now() - this.#idleSince);
    this.#idleSince = 0;
  }

  #excuse(ms: number): void {
    this.deadline += ms;
    this.hostMs += ms;
  }

  /** Keeps the thread until the answer to a call is there. @throws Stopped when the run is to end */
  #waitForHost(id: number, { net, stopRequest }: MachineHooks): Uint8Array {
    const begun = Date.now();
    const check = (): void => {
      const asked = stopRequest();
      if (asked !== null) throw new Stopped(asked);
    };
    try {
      net.send(check);
      return net.wait(id, check);
    } finally {
      this.#excuse(Date.now() - begun);
    }
  }

  /** Bounds what compiling may take, roughly: the caller compares what it took. */
  limitCompiler(memoryBytes: number): void {
    this.#heapCeiling = Math.max(this.engine.bytes.length, this.rewinder.brk + memoryBytes);
  }

  limit(memoryBytes: number, fuel: number): void {
    this.#heapCeiling = this.rewinder.limitHeap(memoryBytes);
    this.fuelLimit = fuel;
  }

  /**
   * The stack limit for the guest's own code, or for what surrounds it: reading a value nested as deep as is allowed
   * must not depend on how little stack the guest may have.
   */
  stackFor(who: 'guest' | 'bridge', guestBytes: number): void {
    if (guestBytes >= BRIDGE_STACK_BYTES) return;
    this.engine.fn.QTS_RuntimeSetMaxStackSize(
      this.meta.runtime,
      who === 'guest' ? guestBytes : BRIDGE_STACK_BYTES,
    );
  }

  seedRandom(seed: Uint8Array): void {
    const { randomWord } = this.meta.layout;
    this.engine.bytes.set(seed.subarray(0, 8), randomWord);
    // The generator's one forbidden state.
    this.engine.bytes[randomWord] = (this.engine.bytes[randomWord] as number) | 1;
  }

  /** Makes the import fail in the guest with an error that says why. */
  #refuse(name: string): void {
    const text = this.values.decode(writeText(name.slice(0, 256)));
    const error = this.values.call(this.meta.entry.refuse, text);
    this.engine.fn.QTS_Throw(this.meta.context, error);
  }

  /** @throws Stopped when the guest's time is over. Also called between calls into the engine. */
  checkDeadline(hooks: MachineHooks): void {
    const asked = hooks.stopRequest();
    if (asked !== null) throw new Stopped(asked);
    if (this.fuel > this.fuelLimit) throw new Stopped('FUEL_EXHAUSTED');
    if (Date.now() >= this.deadline) throw new Stopped('TIMEOUT');
  }

  #tick(runtime: number, hooks: MachineHooks): void {
    if (runtime === 0) {
      this.#spent += SLICE - this.engine.fuel.value;
      this.engine.fuel.value = SLICE;
    } else this.#spent += POLL_FUEL;
    this.#peak = Math.max(this.#peak, this.rewinder.grown);
    this.checkDeadline(hooks);
  }
}
