/** Our own wasm in the cell: see kernel.wat. */
import type { Imports } from './guest.ts';

interface KernelExports {
  readonly memory: WebAssembly.Memory;
  readonly tick: unknown;
  /** End of what is in use. */
  readonly top: WebAssembly.Global;
  readonly output: WebAssembly.Global;
  readonly outputLength: WebAssembly.Global;
  readonly error: WebAssembly.Global;
  reset(): void;
  alloc(length: bigint): bigint;
  length(at: bigint): bigint;
  set_input(length: number): number;
}

/** Functions that plugins import as they are. */
const PASSED = [
  'alloc', 'free', 'length', 'length_unsafe', 'load_u8', 'load_u64', 'store_u8', 'store_u64', 'input_offset',
  'input_length', 'input_load_u8', 'input_load_u64', 'output_set', 'error_set', 'error_get',
] as const; // biome-ignore format: a list

const PAGE_BYTES = 65_536;
/** A memory that grew beyond this is replaced, not kept: WebAssembly memory never shrinks. */
const KEPT_BYTES = 4 * 1024 * 1024;

export class Kernel {
  readonly #module: WebAssembly.Module;
  readonly #onTick: () => void;
  #exports: KernelExports;
  #ceiling = 0;
  #used = false;

  constructor(module: WebAssembly.Module, onTick: () => void) {
    this.#module = module;
    this.#onTick = onTick;
    this.#exports = this.#instantiate();
  }

  #instantiate(): KernelExports {
    const citadel: Imports = Object.create(null);
    citadel['tick'] = this.#onTick as WebAssembly.ExportValue;
    citadel['room'] = ((end: number) => this.#grow(end >>> 0)) as WebAssembly.ExportValue;
    const imports: Record<string, Imports> = Object.create(null);
    imports['citadel'] = citadel;
    return new WebAssembly.Instance(this.#module, imports).exports as unknown as KernelExports;
  }

  /** The tick as a function a table takes. */
  get tick(): unknown {
    return this.#exports.tick;
  }

  get memoryBytes(): number {
    return this.#used ? (this.#exports.top.value as number) : 0;
  }

  /** Makes the exchange memory empty for a run that may fill it up to `ceiling` bytes. */
  reset(ceiling: number): void {
    if (this.#used) {
      if (this.#exports.memory.buffer.byteLength > KEPT_BYTES) this.#exports = this.#instantiate();
      else this.#exports.reset();
    }
    this.#used = false;
    this.#ceiling = ceiling;
  }

  /** The run puts something into it. */
  use(): void {
    this.#used = true;
  }

  /** What a plugin imports of it; also marks it as in use. */
  functions(): Imports {
    this.use();
    const functions: Imports = Object.create(null);
    for (const name of PASSED)
      functions[name] = (this.#exports as unknown as Record<string, WebAssembly.ExportValue>)[
        name
      ] as WebAssembly.ExportValue;
    return functions;
  }

  /** False when there is no room for it. */
  setInput(bytes: Uint8Array): boolean {
    if (bytes.length === 0) return true;
    const at = this.#exports.set_input(bytes.length);
    if (at !== 0) new Uint8Array(this.#exports.memory.buffer).set(bytes, at);
    return at !== 0;
  }

  /** A new block; 0n when there is no room, or nothing to hold. */
  store(bytes: Uint8Array): bigint {
    const at = this.#exports.alloc(BigInt(bytes.length));
    if (at !== 0n) new Uint8Array(this.#exports.memory.buffer).set(bytes, Number(at));
    return at;
  }

  /** A copy of a block; null when it is none. The plugin can write over a block's head: nothing here is believed. */
  load(at: bigint): Uint8Array | null {
    return this.#copy(BigInt.asUintN(64, at), this.#exports.length(at));
  }

  output(): Uint8Array | null {
    const { output, outputLength } = this.#exports;
    if (outputLength.value === 0n) return new Uint8Array(0);
    return this.#copy(
      BigInt.asUintN(64, output.value as bigint),
      BigInt.asUintN(64, outputLength.value as bigint),
    );
  }

  /** The block the plugin named as its error; null when it did not. */
  error(): Uint8Array | null {
    const at = this.#exports.error.value as bigint;
    return at === 0n ? null : (this.load(at) ?? new Uint8Array(0));
  }

  #copy(at: bigint, length: bigint): Uint8Array | null {
    const { buffer } = this.#exports.memory;
    if (length === 0n || at + length > BigInt(buffer.byteLength)) return null;
    return new Uint8Array(new Uint8Array(buffer, Number(at), Number(length)));
  }

  #grow(end: number): number {
    const { memory } = this.#exports;
    if (end > this.#ceiling) return 0;
    const missing = end - memory.buffer.byteLength;
    try {
      // Doubled where it may be, so that many small blocks do not grow it page by page.
      const generous = Math.min(memory.buffer.byteLength * 2, this.#ceiling) - memory.buffer.byteLength;
      memory.grow(Math.ceil(Math.max(missing, generous) / PAGE_BYTES));
      return 1;
    } catch {
      return 0;
    }
  }
}
