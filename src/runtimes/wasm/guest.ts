/** One fresh instance of a native plugin, and how the host reaches into it. */
import {
  ENV_MODULE,
  EXTISM_MODULE,
  FUEL_EXPORT,
  HOST_MODULE,
  MEMORY_EXPORT,
  MEMORY_IMPORT,
  type PluginInfo,
  START_EXPORT,
  TICK_EXPORT,
  USER_MODULE,
  WASI_MODULE,
} from '../../instrument/plugin/index.ts';
import type { Meter } from './meter.ts';

/** A module in the cell, with what is looked up at every run. */
export interface LoadedModule {
  readonly module: WebAssembly.Module;
  readonly info: PluginInfo;
  readonly signatures: ReadonlyMap<string, PluginInfo['functions'][number][1]>;
  readonly entries: readonly string[];
  /** Import modules it names. */
  readonly uses: ReadonlySet<string>;
}

/** The plugin failed in its own way: it says so, or what it did is against its interface. */
export class GuestFailure {
  readonly name: string;
  readonly message: string;

  constructor(name: string, message: string) {
    this.name = name;
    this.message = message;
  }
}

/** The platform had no memory left for the instance. */
export class NoRoom {}

/** What calls the guest: each export by its name and arguments, and how the call ended comes back. */
export type Calls<T> = Generator<readonly [name: string, ...args: (number | bigint)[]], T, unknown>;

export type Imports = Record<string, WebAssembly.ExportValue>;

/** Named import modules, each without a prototype. */
export interface Offered {
  readonly [WASI_MODULE]?: Imports;
  readonly [EXTISM_MODULE]?: Imports;
  readonly [USER_MODULE]?: Imports;
  readonly [HOST_MODULE]?: Imports;
  readonly [ENV_MODULE]: Imports;
}

/** https://github.com/WebAssembly/js-promise-integration; not in TypeScript's library yet. */
interface PromiseIntegration {
  readonly Suspending?: new (f: (...args: never[]) => Promise<unknown>) => WebAssembly.ExportValue;
  promising(f: (...args: never[]) => unknown): (...args: unknown[]) => Promise<unknown>;
}
export const Suspension: PromiseIntegration = WebAssembly as unknown as PromiseIntegration;

const PAGE_BYTES = 65_536;

export class Guest {
  readonly memory: WebAssembly.Memory | null;
  readonly #exports: WebAssembly.Exports;

  constructor(loaded: LoadedModule, offered: Offered, memoryPages: number, tick: unknown, meter: Meter) {
    const imports: Record<string, Imports> = Object.create(null);
    for (const name of loaded.uses) {
      const given = offered[name as keyof Offered];
      if (given !== undefined) imports[name] = given;
    }
    const imported = loaded.info.importsMemory;
    if (imported !== null) {
      const maximum = Math.min(imported.max ?? memoryPages, memoryPages);
      (imports[ENV_MODULE] as Imports)[MEMORY_IMPORT] = room(
        () => new WebAssembly.Memory({ initial: imported.min, maximum }),
      );
    }
    const instance = room(() => new WebAssembly.Instance(loaded.module, imports));
    this.#exports = instance.exports;
    this.memory = (this.#exports[MEMORY_EXPORT] as WebAssembly.Memory | undefined) ?? null;
    (this.#exports[TICK_EXPORT] as WebAssembly.Table).set(0, tick);
    meter.attach(this.#exports[FUEL_EXPORT] as WebAssembly.Global);
  }

  /** Runs what a module runs before it is called. */
  *start(info: PluginInfo): Calls<void> {
    if (info.start) yield [START_EXPORT];
  }

  /** Makes the calls, one after the other, and answers what came of them. Throws whatever ends the guest. */
  run<T>(calls: Calls<T>): T {
    let step = calls.next();
    while (!step.done) {
      const [name, ...args] = step.value;
      let result: unknown;
      try {
        result = this.#function(name)(...args);
      } catch (error) {
        step = calls.throw(error);
        continue;
      }
      step = calls.next(result);
    }
    return step.value;
  }

  /** The same where an import may suspend the guest. */
  async runSuspending<T>(calls: Calls<T>): Promise<T> {
    let step = calls.next();
    while (!step.done) {
      const [name, ...args] = step.value;
      let result: unknown;
      try {
        result = await Suspension.promising(this.#function(name))(...args);
      } catch (error) {
        step = calls.throw(error);
        continue;
      }
      step = calls.next(result);
    }
    return step.value;
  }

  /** An export that is known to be a function. */
  #function(name: string): (...args: readonly (number | bigint)[]) => unknown {
    return this.#exports[name] as (...args: readonly (number | bigint)[]) => unknown;
  }

  /** A copy of what lies in memory. @throws GuestFailure for a range that is not inside it */
  read(pointer: number, length: number): Uint8Array {
    return new Uint8Array(this.#range(pointer, length));
  }

  /** @throws GuestFailure */
  write(pointer: number, bytes: Uint8Array): void {
    this.#range(pointer, bytes.length).set(bytes);
  }

  /** Room for bytes, where the plugin says. @throws GuestFailure when it has no `alloc` of the core interface */
  alloc(length: number): number {
    const alloc = this.#exports['alloc'];
    if (typeof alloc !== 'function')
      throw new GuestFailure(
        'NoAlloc',
        'export alloc(i32) → i32: answers of host functions are put where it says',
      );
    return Number((alloc as (length: number) => unknown)(length)) >>> 0;
  }

  get memoryBytes(): number {
    return this.memory === null ? 0 : this.memory.buffer.byteLength;
  }

  #range(pointer: number, length: number): Uint8Array {
    const size = this.memoryBytes;
    // Both are below 2³², so their sum is exact.
    if (this.memory === null || pointer + length > size) {
      throw new GuestFailure(
        'BadPointer',
        `the plugin named ${length} bytes at ${pointer}, and its memory has ${size}`,
      );
    }
    return new Uint8Array(this.memory.buffer, pointer, length);
  }
}

function room<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof RangeError) throw new NoRoom();
    throw error;
  }
}

export const pagesOf = (bytes: number): number => Math.floor(bytes / PAGE_BYTES);
