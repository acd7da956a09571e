/**
 * The metered QuickJS wasm with imports of our own: nothing of the library's glue runs in a cell. Pointers are plain
 * numbers; a `JSValue *` is what the engine's C interface takes and answers with.
 */

import { utf8Decode, utf8Encode } from '../cell/utf8.ts';
import { ENGINE_EXPORTS, ENGINE_IMPORT_MODULE, ENGINE_IMPORTS, FUEL_EXPORT } from './engine-names.ts';

type ExportName = keyof typeof ENGINE_EXPORTS;
type EngineFunctions = { readonly [K in ExportName]: (...args: number[]) => number };

export interface EngineHooks {
  /** A slice of fuel is used up (`runtime` 0) or the interpreter polls. Throws to kill the guest. */
  tick(runtime: number): void;
  /** The one host function: `argv` holds `argc` values; answers a `JSValue *`, or 0 for undefined. */
  callHost(argc: number, argv: number): number;
  /** Source of a module by its exact specifier, or null when an exception was thrown into the guest instead. */
  loadModule(name: string): string | null;
  /** A promise was rejected without a handler, or has got one since: see rejections.ts. */
  rejection(): void;
  /** The memory wants to have this many bytes. Answers how many it may have; fewer than asked for is a refusal. */
  memoryCeiling(wanted: number): number;
}

export const PAGE_BYTES = 65_536;
/**
 * Sizes of memory an engine starts with, the smallest of which is the module's declared minimum. Pages nobody touches
 * cost nothing; growth costs a call out of the engine, and memory that grew cannot shrink.
 */
export const PAGE_CLASSES: readonly number[] = [256, 512, 1280];
/** Growth is asked for in steps, because each one makes a new ArrayBuffer. */
const GROWTH_PAGES = 16;

/** From the text of a JSString back to its length (31 bits); the contract tests hold this very build to it. */
const STRING_LENGTH_BEFORE = 12;

const ENOSYS = 52;

export class Engine {
  readonly fn: EngineFunctions;
  readonly memory: WebAssembly.Memory;
  /** Fuel left in the current slice; the engine calls `tick` when it is negative. */
  readonly fuel: { value: number };
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView<ArrayBuffer>;
  readonly #hooks: EngineHooks;
  readonly #maxPages: number;

  constructor(module: WebAssembly.Module, initialPages: number, maxPages: number, hooks: EngineHooks) {
    this.#hooks = hooks;
    this.#maxPages = maxPages;
    this.memory = new WebAssembly.Memory({ initial: initialPages, maximum: maxPages });
    this.bytes = new Uint8Array(this.memory.buffer as ArrayBuffer);
    this.view = new DataView(this.memory.buffer as ArrayBuffer);
    const { exports } = new WebAssembly.Instance(module, this.#imports());
    const functions: Record<string, unknown> = Object.create(null);
    for (const name of Object.keys(ENGINE_EXPORTS) as ExportName[])
      functions[name] = exports[ENGINE_EXPORTS[name]];
    this.fn = functions as EngineFunctions;
    this.fuel = exports[FUEL_EXPORT] as unknown as { value: number };
  }

  /** A NUL-terminated copy of the text in the guest's heap; 0 when it does not fit. Answers pointer and length. */
  allocate(text: string): { pointer: number; length: number } {
    const bytes = utf8Encode(text);
    const pointer = this.allocateBytes(bytes, 1);
    if (pointer !== 0) this.bytes[pointer + bytes.length] = 0;
    return { pointer, length: bytes.length };
  }

  allocateBytes(bytes: Uint8Array, extra = 0): number {
    const pointer = this.fn.malloc(bytes.length + extra);
    if (pointer !== 0) this.bytes.set(bytes, pointer);
    return pointer;
  }

  /** The memory has a new buffer. */
  refresh(): void {
    this.bytes = new Uint8Array(this.memory.buffer as ArrayBuffer);
    this.view = new DataView(this.memory.buffer as ArrayBuffer);
  }

  #text(pointer: number): string {
    const end = this.bytes.indexOf(0, pointer);
    return end < 0 ? '' : (utf8Decode(this.bytes.subarray(pointer, end), false) ?? '');
  }

  /**
   * A module's specifier, whole. The engine hands over a C string that lies in a JSString; one that goes on behind a NUL
   * must not pass for its beginning, so its NUL is shown as what it is: a character no name has.
   */
  #specifier(pointer: number): string {
    const units = this.view.getUint32(pointer - STRING_LENGTH_BEFORE, true) & 0x7fff_ffff;
    const text = this.#text(pointer);
    return units > this.bytes.indexOf(0, pointer) - pointer ? `${text}\ufffd` : text;
  }

  #grow(wanted: number): boolean {
    if (wanted <= this.bytes.length) return true;
    const ceiling = this.#hooks.memoryCeiling(wanted);
    return ceiling >= wanted && this.extend(wanted, ceiling);
  }

  /** Makes the memory at least `wanted` bytes large, and not larger than `ceiling` rounded up to a page. */
  extend(wanted: number, ceiling: number): boolean {
    const pages = this.bytes.length / PAGE_BYTES;
    const needed = Math.ceil(wanted / PAGE_BYTES);
    const most = Math.min(this.#maxPages, Math.ceil(ceiling / PAGE_BYTES));
    if (needed > most) return false;
    const target = Math.max(needed, Math.min(pages + GROWTH_PAGES, most));
    try {
      this.memory.grow(target - pages);
    } catch {
      return false;
    }
    this.refresh();
    return true;
  }

  #imports(): WebAssembly.Imports {
    const hooks = this.#hooks;
    const trap = (): never => {
      throw new WebAssembly.RuntimeError('the engine aborted');
    };
    const table: Record<keyof typeof ENGINE_IMPORTS, WebAssembly.ImportValue> = {
      memory: this.memory,
      assertFail: trap,
      abort: trap,
      exit: trap,
      // Never called by the library itself: scripts/engine-hook.ts.
      keepaliveClear: () => hooks.rejection(),
      setitimer: () => 0,
      dateNow: () => Date.now(),
      // Guests live in UTC: the host's time zone is none of their business, and runs are the same everywhere.
      localtime: (time: bigint, out: number) => this.#localtime(Number(time), out),
      tzset: (zone: number, daylight: number, standard: number, summer: number) => {
        this.view.setInt32(zone, 0, true);
        this.view.setInt32(daylight, 0, true);
        for (const name of [standard, summer]) this.bytes.set([0x55, 0x54, 0x43, 0], name);
      },
      resizeHeap: (wanted: number) => (this.#grow(wanted >>> 0) ? 1 : 0),
      environGet: () => 0,
      environSizesGet: (count: number, size: number) => {
        this.view.setUint32(count, 0, true);
        this.view.setUint32(size, 0, true);
        return 0;
      },
      fdClose: () => ENOSYS,
      fdSeek: () => ENOSYS,
      fdWrite: () => ENOSYS,
      callFunction: (_context: number, _self: number, argc: number, argv: number) =>
        hooks.callHost(argc, argv),
      shouldInterrupt: (runtime: number) => {
        hooks.tick(runtime);
        return 0;
      },
      loadModuleSource: (_runtime: number, _context: number, name: number) => {
        const source = hooks.loadModule(this.#text(name));
        return source === null ? 0 : this.allocate(source).pointer;
      },
      // Specifiers are names, not paths: whoever asks gets the same module.
      normalizeModule: (_runtime: number, _context: number, _base: number, name: number) =>
        this.allocate(this.#specifier(name)).pointer,
      freeHostRef: () => {},
    };
    const named: Record<string, WebAssembly.ImportValue> = Object.create(null);
    for (const key of Object.keys(table) as (keyof typeof table)[]) named[ENGINE_IMPORTS[key]] = table[key];
    const imports: WebAssembly.Imports = Object.create(null);
    imports[ENGINE_IMPORT_MODULE] = named as WebAssembly.ModuleImports;
    return imports;
  }

  /** `struct tm` of musl, in UTC. */
  #localtime(seconds: number, out: number): void {
    const date = new Date(seconds * 1000);
    const year = date.getUTCFullYear();
    const day = Math.floor(
      (Date.UTC(year, date.getUTCMonth(), date.getUTCDate()) - Date.UTC(year, 0, 1)) / 86_400_000,
    );
    const fields = [
      date.getUTCSeconds(),
      date.getUTCMinutes(),
      date.getUTCHours(),
      date.getUTCDate(),
      date.getUTCMonth(),
      year - 1900,
      date.getUTCDay(),
      day,
      0,
      0,
    ];
    fields.forEach((field, i) => {
      this.view.setInt32(out + i * 4, field, true);
    });
  }
}
