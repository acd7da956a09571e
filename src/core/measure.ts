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
 * Bytes that a value takes at least once it is written for a cell: what is shared at every place, keys not at all. Stops counting soon
 * after `most`. Asked before a value is written that would be refused when it is half written.
 */
export function leastBytes(value: unknown, most: number, depth = 0): number {
  if (typeof value === 'string') return 1 + value.length;
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return 1;
  if (ArrayBuffer.isView(value)) return 1 + value.byteLength;
  let bytes = 1;
  if (Array.isArray(value)) {
    if (value.length > most) return value.length;
    for (let i = 0; i < value.length && bytes <= most; i++) {
      const item: unknown = value[i];
      bytes += typeof item === 'number' ? 2 : leastBytes(item, most - bytes, depth + 1);
    }
    return bytes;
  }
  if (value instanceof Map || value instanceof Set) {
    for (const [key, held] of value.entries()) {
      bytes += leastBytes(held, most - bytes, depth + 1);
      if (value instanceof Map) bytes += leastBytes(key, most - bytes, depth + 1);
      if (bytes > most) break;
    }
    return bytes;
  }
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue;
    bytes += 1 + leastBytes((value as Readonly<Record<string, Value>>)[key], most - bytes, depth + 1);
    if (bytes > most) break;
  }
  return bytes;
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
