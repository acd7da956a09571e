/** Images of compiled plugins, within a budget of bytes; the one used longest ago goes first. */
import type { Image } from './image.ts';

export interface Entered {
  /** The context object of module functions. */
  readonly context: number;
  /** `JSValue *` of the function that takes answers of host functions; 0 where there are none. */
  readonly doors: number;
  /** `JSValue *` of a body's function; 0 for the other forms. */
  readonly body: number;
  /** The plugin is a module that is loaded under its file name and has not been evaluated. */
  readonly loaded: boolean;
}

export interface PluginImage extends Entered {
  readonly image: Image;
  /** Heap that compiling took. */
  readonly bytes: number;
}

/** Larger images are used once and not kept. */
const MAX_IMAGE_BYTES = 8 * 1024 * 1024;
/** Some seventy small plugins: one takes two thirds of a megabyte, the guest platform in it. */
const MAX_TOTAL_BYTES = 48 * 1024 * 1024;

export class PluginImages {
  readonly #images: Map<string, PluginImage> = new Map();
  #total = 0;

  get(key: string): PluginImage | undefined {
    const known = this.#images.get(key);
    if (known !== undefined) {
      // The newest is last: the first one is the next to go.
      this.#images.delete(key);
      this.#images.set(key, known);
    }
    return known;
  }

  set(key: string, image: PluginImage): void {
    const size = sizeOf(key, image);
    if (size > MAX_IMAGE_BYTES) return;
    this.#images.set(key, image);
    this.#total += size;
    for (const [oldKey, old] of this.#images) {
      if (this.#total <= MAX_TOTAL_BYTES) return;
      this.#images.delete(oldKey);
      this.#total -= sizeOf(oldKey, old);
    }
  }
}

const sizeOf = (key: string, { image }: PluginImage): number =>
  image.heap.length + image.statics.length + key.length * 2;
