/**
 * All state of the engine is its linear memory and the stack pointer. An image is a copy of what was live at some
 * moment; putting it back gives a guest that has never run, for the price of a copy.
 *
 *   memory := static data | stack (grows down) | heap … brk | unused
 */
import type { Engine } from './engine.ts';

/** The stack of this build (-sSTACK_SIZE of quickjs-emscripten); asserted when the snapshot is made. */
export const STACK_BYTES: number = 5 * 1024 * 1024;

/** Addresses of this engine build, found by calibration when the snapshot is made (scripts/build-snapshot.ts). */
export interface Layout {
  /** Start of the heap, and of the stack downwards. */
  readonly heapBase: number;
  /** Address of the word that holds the end of the heap (`sbrk`). */
  readonly brkWord: number;
  /** Address of the context's 64-bit state of Math.random. */
  readonly randomWord: number;
  readonly stackPointer: number;
}

export interface Image {
  readonly statics: Uint8Array<ArrayBuffer>;
  readonly heap: Uint8Array<ArrayBuffer>;
  readonly brk: number;
}

/** Stack that the engine’s own C frames may use beyond the guest’s limit. */
const STACK_MARGIN = 64 * 1024;
/** Below the zeroed stack, the next part is looked at: parsers recurse without asking for the limit. */
const STACK_PROBE_BYTES = 4 * 1024;

export class Rewinder {
  readonly #engine: Engine;
  readonly #layout: Layout;
  /** Where the heap of the current run started to grow, and where the image under it ends. */
  #base: number;
  #imageEnd: number;

  constructor(engine: Engine, layout: Layout) {
    this.#engine = engine;
    this.#layout = layout;
    this.#base = layout.heapBase;
    this.#imageEnd = layout.heapBase;
  }

  /** End of the heap now. */
  get brk(): number {
    return this.#engine.view.getUint32(this.#layout.brkWord, true);
  }

  /** Bytes the heap has grown since the image was put back. */
  get grown(): number {
    return Math.max(0, this.brk - this.#base);
  }

  capture(): Image {
    const { bytes } = this.#engine;
    const { heapBase } = this.#layout;
    return {
      statics: bytes.slice(0, heapBase - STACK_BYTES),
      heap: bytes.slice(heapBase, this.brk),
      brk: this.brk,
    };
  }

  /** Puts an image into the memory of an engine that has never run. */
  load(image: Image): void {
    const { bytes, view, fn } = this.#engine;
    const { heapBase, brkWord, stackPointer } = this.#layout;
    bytes.set(image.statics, 0);
    bytes.set(image.heap, heapBase);
    view.setUint32(brkWord, image.brk, true);
    fn.stackRestore(stackPointer);
    this.#base = image.brk;
    this.#imageEnd = image.brk;
  }

  /**
   * Puts an image back, and undoes everything else: grown heap, used stack, stack pointer. How much of the stack a
   * run that ended normally can have touched is known; after any other end (`wholeStack`) it is not. False when the
   * end of the heap is nonsense: this memory is not to be used again.
   */
  restore(image: Image, stackBytes: number, wholeStack: boolean): boolean {
    const { bytes } = this.#engine;
    const { heapBase } = this.#layout;
    const { brk } = this;
    if (brk < this.#base || brk > bytes.length) return false;
    if (wholeStack) bytes.fill(0, heapBase - STACK_BYTES, heapBase);
    else this.#clearStack(stackBytes);
    // The heap never shrinks within a run: nothing beyond its end was written.
    bytes.fill(0, this.#base, brk);
    if (this.#imageEnd > image.brk) bytes.fill(0, image.brk, this.#imageEnd);
    this.load(image);
    return true;
  }

  /** The part that the limit bounds, and below it as far down as anything was written. */
  #clearStack(stackBytes: number): void {
    const { bytes } = this.#engine;
    const { heapBase, stackPointer } = this.#layout;
    const bottom = heapBase - STACK_BYTES;
    let from = Math.max(bottom, stackPointer - stackBytes - STACK_MARGIN);
    bytes.fill(0, from, stackPointer);
    for (;;) {
      const to = from;
      const probe = Math.max(bottom, to - STACK_PROBE_BYTES);
      const words = new Int32Array(bytes.buffer, probe, (to - probe) >> 2);
      let used = false;
      for (let i = 0; i < words.length && !used; i++) used = words[i] !== 0;
      if (!used) return;
      from = Math.max(bottom, to - STACK_MARGIN);
      bytes.fill(0, from, to);
    }
  }

  /**
   * Leaves the guest `memoryBytes` of heap to grow by. Inside the memory that is there, growth needs no permission:
   * the end of the heap is moved up instead, so that what remains is the limit. The skipped range stays untouched.
   * Answers the highest end of heap that may be granted.
   */
  limitHeap(memoryBytes: number): number {
    const present = this.#engine.bytes.length;
    const end = this.brk + memoryBytes;
    if (end < present) this.#engine.view.setUint32(this.#layout.brkWord, present - memoryBytes, true);
    this.#base = this.brk;
    return Math.max(end, present);
  }

  /** Bytes of the heap's image that differ, for tests: 0 after a restore. */
  difference(image: Image): number {
    const { bytes } = this.#engine;
    const { heapBase } = this.#layout;
    let different = 0;
    const compare = (expected: Uint8Array, at: number): void => {
      for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) different++;
    };
    compare(image.statics, 0);
    compare(image.heap, heapBase);
    for (let at = heapBase + image.heap.length; at < bytes.length; at++) if (bytes[at] !== 0) different++;
    for (let at = heapBase - STACK_BYTES; at < heapBase; at++) if (bytes[at] !== 0) different++;
    return different;
  }
}
