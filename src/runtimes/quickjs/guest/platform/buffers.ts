/** Byte sequences in and out of the platform's classes. */
import {
  ArrayBufferCtor, Bytes, bufferByteLength, sharedByteLength, typedArrayBuffer, typedArrayByteLength,
  typedArrayByteOffset, typedArrayName, typedArraySet, viewBuffer, viewByteLength, viewByteOffset,
} from './primordials.ts'; // biome-ignore format: a list

/** A BufferSource as bytes in place, or undefined for anything else. Never runs guest code. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (typedArrayName(value) !== undefined) {
    return new Bytes(typedArrayBuffer(value), typedArrayByteOffset(value), typedArrayByteLength(value));
  }
  try {
    bufferByteLength(value);
    return new Bytes(value as ArrayBuffer);
  } catch {}
  try {
    const length = viewByteLength(value);
    return new Bytes(viewBuffer(value), viewByteOffset(value), length);
  } catch {}
  try {
    sharedByteLength(value);
    return new Bytes(value as ArrayBuffer);
  } catch {}
  return undefined;
}

/** A buffer of exactly these bytes, which nobody else holds. */
export function copyBytes(bytes: Uint8Array): ArrayBuffer {
  const copy = new ArrayBufferCtor(typedArrayByteLength(bytes));
  typedArraySet(new Bytes(copy), bytes);
  return copy;
}
