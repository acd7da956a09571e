/**
 * How much there is in a value, counted before anything is done with it: what one look at every part of it costs, with what is
 * shared counted at every place that refers to it, as whoever unfolds it would meet it.
 */
import type { Value } from './value.ts';

/** Containers inside containers; whatever is deeper counts as more than any budget. */
const DEEPEST = 500;

/**
 * Things in a value (itself, its entries and theirs) and characters and bytes of its texts, keys included. Stops counting soon
 * after `most`, so that asking costs at most about as much as the answer that was hoped for.
 */
export function sizeOf(value: unknown, most: number, depth = 0): number {
  if (typeof value === 'string') return 1 + value.length;
  if (typeof value === 'bigint') return bigintSize(value);
  if (typeof value !== 'object' || value === null) return 1;
  if (depth > DEEPEST) return Number.POSITIVE_INFINITY;
  if (ArrayBuffer.isView(value)) return 1 + value.byteLength;
  let size = 1;
  if (Array.isArray(value)) {
    if (value.length > most) return value.length;
    for (let i = 0; i < value.length && size <= most; i++) size += sizeOf(value[i], most - size, depth + 1);
    return size;
  }
  if (value instanceof Map || value instanceof Set) {
    if (value.size > most) return value.size;
    for (const [key, held] of value.entries()) {
      size += sizeOf(held, most - size, depth + 1);
      if (value instanceof Map) size += sizeOf(key, most - size, depth + 1);
      if (size > most) break;
    }
    return size;
  }
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue;
    size += key.length + sizeOf((value as Readonly<Record<string, Value>>)[key], most - size, depth + 1);
    if (size > most) break;
  }
  return size;
}

/**
 * Looks at a value before it is written for a cell: at each place that refers to what is shared, since that is how it is written, and
 * keys not at all. Stops where it is clear that writing it would be refused, or would keep the thread.
 */
export class Fit {
  #bytes: number;
  #things: number;

  constructor(bytes: number, things: number) {
    this.#bytes = bytes;
    this.#things = things;
  }

  /** Null for a value that may fit; otherwise what there is too much of. */
  refusal(value: unknown): 'bytes' | 'things' | null {
    if (this.#takes(value, 0)) return null;
    return this.#things < 0 ? 'things' : 'bytes';
  }

  #spend(bytes: number): boolean {
    this.#bytes -= bytes;
    this.#things -= 1;
    return this.#bytes >= 0 && this.#things >= 0;
  }

  #takes(value: unknown, depth: number): boolean {
    if (typeof value === 'string') return this.#spend(1 + value.length);
    if (typeof value !== 'object' || value === null || depth > DEEPEST) return this.#spend(1);
    if (ArrayBuffer.isView(value)) return this.#spend(1 + value.byteLength);
    if (!this.#spend(1)) return false;
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) if (!this.#takes(value[i], depth + 1)) return false;
      return true;
    }
    if (value instanceof Map) {
      for (const [key, held] of value)
        if (!(this.#takes(key, depth + 1) && this.#takes(held, depth + 1))) return false;
      return true;
    }
    if (value instanceof Set) {
      for (const held of value) if (!this.#takes(held, depth + 1)) return false;
      return true;
    }
    for (const key in value) {
      if (!Object.hasOwn(value, key)) continue;
      if (!this.#takes((value as Readonly<Record<string, unknown>>)[key], depth + 1)) return false;
    }
    return true;
  }
}

/** Written out in decimal it takes time that grows with the square of its length. */
function bigintSize(value: bigint): number {
  let size = 8;
  // Doubling: no copy of a huge one is made for a small answer.
  for (let bits = 64; bits <= 1 << 21; bits *= 2) {
    if (BigInt.asIntN(bits, value) === value) return 1 + size * size;
    size *= 2;
  }
  return Number.POSITIVE_INFINITY;
}
