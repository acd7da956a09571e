/**
 * CPython as Pyodide compiles it, with imports of our own: neither Pyodide's JavaScript nor Emscripten's is in a cell.
 * What is not in the table of open imports does not exist for the guest.
 */
import { utf8Decode, utf8Encode } from '../cell/utf8.ts';
import { ENGINE_EXPORTS, ENGINE_MEMORY, ENGINE_TABLE, FUEL_EXPORT } from './engine-names.ts';
import { CLOSED, FUNCTION_MODULES, NULL_ADDRESSES, OPEN, REFUSED, unclassified } from './imports.ts';
import { createClock } from './os/clock.ts';
import { guarded } from './os/errno.ts';
import type { Files } from './os/files.ts';
import { GuestMemory } from './os/memory.ts';
import { createSyscalls } from './os/syscalls.ts';

type ExportName = keyof typeof ENGINE_EXPORTS;
type EngineFunctions = { readonly [K in ExportName]: (...args: number[]) => number };

export const PAGE_BYTES = 65_536;
const GROWTH_BYTES = 4 * 1024 * 1024;
const RANDOM_CHUNK = 65_536;

/** The program called `exit`. */
export class Exit {
  readonly code: number;

  constructor(code: number) {
    this.code = code;
  }
}

/** The engine gave up: `abort()`, or a failed assertion of its own. */
export class Aborted {}

/** The engine called what no program can: see imports.ts. */
export class Violation {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

export interface EngineHooks {
  /** A slice of fuel is used up, or the interpreter polls. Throws to end the run. */
  tick(): void;
  files(): Files;
  random(bytes: number): Uint8Array;
  now(): number;
  monotonic(): number;
  environment(): readonly string[];
  /** The memory wants to have this many bytes; answers how many it may have. */
  memoryCeiling(wanted: number): number;
}

export class Engine {
  readonly fn: EngineFunctions;
  readonly guest: GuestMemory;
  /** Fuel left in the current slice; a constant when the engine is not metered. */
  readonly fuel: WebAssembly.Global;
  readonly #exports: WebAssembly.Exports;
  readonly #hooks: EngineHooks;

  constructor(module: WebAssembly.Module, hooks: EngineHooks) {
    this.#hooks = hooks;
    const { exports } = new WebAssembly.Instance(module, this.#imports(WebAssembly.Module.imports(module)));
    this.#exports = exports;
    const functions: Record<string, unknown> = Object.create(null);
    for (const name of Object.keys(ENGINE_EXPORTS) as ExportName[])
      functions[name] = exports[ENGINE_EXPORTS[name]];
    this.fn = functions as EngineFunctions;
    this.guest = new GuestMemory(exports[ENGINE_MEMORY] as WebAssembly.Memory);
    this.fuel =
      (exports[FUEL_EXPORT] as WebAssembly.Global | undefined) ??
      new WebAssembly.Global({ value: 'i32', mutable: true }, 0);
  }

  address(name: string): number {
    return (this.#exports[name] as WebAssembly.Global).value as number;
  }

  /** Everything the engine can call by a pointer. */
  get table(): WebAssembly.Table {
    return this.#exports[ENGINE_TABLE] as WebAssembly.Table;
  }

  /** A NUL-terminated copy of the text in the guest's heap; 0 when it does not fit. */
  allocateText(text: string): number {
    const bytes = utf8Encode(text);
    const pointer = this.fn.malloc(bytes.length + 1) >>> 0;
    if (pointer !== 0) {
      this.guest.bytes.set(bytes, pointer);
      this.guest.bytes[pointer + bytes.length] = 0;
    }
    return pointer;
  }

  text(pointer: number): string {
    const end = this.guest.bytes.indexOf(0, pointer >>> 0);
    return end < 0 ? '' : (utf8Decode(this.guest.bytes.subarray(pointer >>> 0, end), false) ?? '');
  }

  grow(wanted: number): boolean {
    const { memory } = this.guest;
    const current = memory.buffer.byteLength;
    if (wanted <= current) return true;
    const ceiling = this.#hooks.memoryCeiling(wanted);
    if (wanted > ceiling) return false;
    const target = Math.min(ceiling, Math.max(wanted, current + GROWTH_BYTES));
    try {
      memory.grow(Math.ceil((target - current) / PAGE_BYTES));
    } catch {
      return false;
    }
    this.guest.refresh();
    return true;
  }

  #imports(descriptors: readonly WebAssembly.ModuleImportDescriptor[]): WebAssembly.Imports {
    const strangers = unclassified(descriptors);
    if (strangers.length > 0)
      throw new Error(`nobody classified the engine's import ${strangers.join(', ')}`);
    const functions = this.#functions();
    const imports: Record<string, WebAssembly.ModuleImports> = Object.create(null);
    for (const name of [...FUNCTION_MODULES, NULL_ADDRESSES]) imports[name] = Object.create(null);
    for (const { module, name } of descriptors) {
      (imports[module] as WebAssembly.ModuleImports)[name] =
        module === NULL_ADDRESSES
          ? new WebAssembly.Global({ value: 'i32', mutable: true }, 0)
          : (functions[name] as WebAssembly.ImportValue);
    }
    return imports;
  }

  #functions(): Record<string, unknown> {
    const functions: Record<string, unknown> = Object.create(null);
    for (const [name, answer] of Object.entries(REFUSED)) functions[name] = () => answer;
    for (const name of CLOSED)
      functions[name] = () => {
        throw new Violation(name);
      };
    const own = this.#own();
    for (const name of Object.keys(OPEN)) {
      if (own[name] === undefined) throw new Error(`the open import ${name} has no code`);
      functions[name] = own[name];
    }
    return functions;
  }

  #own(): Record<string, unknown> {
    const hooks = this.#hooks;
    const memory = (): GuestMemory => this.guest;
    const exit = (code: number): never => {
      throw new Exit(code);
    };
    const abort = (): never => {
      throw new Aborted();
    };
    const nothing = (): void => {};
    const table = (): WebAssembly.Table => this.table;
    /** Entries of the table, which never changes: to ask it for one costs as much as the call. */
    const entries: ((a: number, b?: number, c?: number) => number)[] = [];
    // JavaScript adapts the number of arguments, which WebAssembly insists on.
    const callTable = (index: number, a: number, b: number, c: number): number => {
      try {
        const known = entries[index];
        if (known !== undefined) return known(a, b, c);
        const entry = table().get(index) as (a: number, b?: number, c?: number) => number;
        if (index >= 0 && entry !== null) entries[index] = entry;
        return entry(a, b, c);
      } catch (error) {
        // No such function, or one of another type: what WebAssembly itself would trap for.
        if (error instanceof TypeError) throw new WebAssembly.RuntimeError('no such function');
        throw error;
      }
    };
    return {
      ...createSyscalls({
        memory,
        files: hooks.files,
        now: hooks.now,
        allocate: bytes => this.fn.memalign(PAGE_BYTES, Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES),
      }),
      ...createClock(memory, hooks.now, hooks.monotonic),
      __syscall_getuid32_js: () => 0,
      __syscall_umask_js: () => 0,
      environ_sizes_get: guarded((count: number, size: number) => {
        const { view } = this.guest;
        const entries = hooks.environment().map(utf8Encode);
        view.setUint32(count >>> 0, entries.length, true);
        view.setUint32(
          size >>> 0,
          entries.reduce((sum, { length }) => sum + length + 1, 0),
          true,
        );
        return 0;
      }, 1),
      environ_get: guarded((pointers: number, texts: number) => {
        let at = texts >>> 0;
        hooks.environment().forEach((entry, i) => {
          this.guest.view.setUint32((pointers >>> 0) + i * 4, at, true);
          at += this.guest.putText(at, Number.MAX_SAFE_INTEGER, entry);
        });
        return 0;
      }, 1),
      random_get: guarded((pointer: number, length: number) => {
        const target = this.guest.range(pointer, length);
        for (let at = 0; at < target.length; at += RANDOM_CHUNK)
          target.set(hooks.random(Math.min(RANDOM_CHUNK, target.length - at)), at);
        return 0;
      }, 1),
      emscripten_resize_heap: (wanted: number) => (this.grow(wanted >>> 0) ? 1 : 0),
      emscripten_get_heap_max: () => hooks.memoryCeiling(0) | 0,
      emscripten_runtime_keepalive_push: nothing,
      emscripten_runtime_keepalive_pop: nothing,
      _emscripten_runtime_keepalive_clear: nothing,
      _emscripten_get_progname: guarded((pointer: number, room: number) => {
        this.guest.putText(pointer, room, 'python');
      }, 1),
      _Py_emscripten_runtime: () => 0,
      _Py_CheckEmscriptenSignals_Helper: () => {
        hooks.tick();
        return 0;
      },
      _PyEM_TrampolineCall_JS: callTable,
      __call_sighandler: (index: number, signal: number) => {
        callTable(index, signal, 0, 0);
      },
      exit,
      proc_exit: exit,
      _abort_js: abort,
      __assert_fail: abort,
    };
  }
}
