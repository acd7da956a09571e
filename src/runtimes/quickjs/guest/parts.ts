/**
 * Long texts cross to the cell in parts: what the cell does for a guest costs no fuel and cannot be interrupted, so
 * no single call may take long.
 */
import {
  ArrayBufferCtor,
  Bytes,
  bufferByteLength,
  charCodeAt,
  slice,
  typedArrayByteLength,
  typedArraySet,
} from './platform/primordials.ts';
import { list } from './platform/webidl.ts';

/** UTF-16 units or bytes. */
const PART = 64 * 1024;

export function encodeInParts(encode: (text: string) => ArrayBuffer, text: string): ArrayBuffer {
  if (text.length <= PART) return encode(text);
  const parts: Uint8Array[] = list();
  let size = 0;
  for (let from = 0; from < text.length; ) {
    let to = from + PART;
    // A pair stays together.
    if (to < text.length && (charCodeAt(text, to - 1) & 0xfc00) === 0xd800) to--;
    const part = new Bytes(encode(slice(text, from, to)));
    parts[parts.length] = part;
    size += typedArrayByteLength(part);
    from = to;
  }
  const whole = new ArrayBufferCtor(size);
  const bytes = new Bytes(whole);
  let at = 0;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as Uint8Array;
    typedArraySet(bytes, part, at);
    at += typedArrayByteLength(part);
  }
  return whole;
}

/** Bytes of one draw: the cell's generator is slow until it has run for a while. */
const DRAW = 4096;

export function randomInParts(random: (bytes: number) => ArrayBuffer, size: number): ArrayBuffer {
  if (size <= DRAW) return random(size);
  const whole = new ArrayBufferCtor(size);
  const bytes = new Bytes(whole);
  for (let at = 0; at < size; at += DRAW) {
    typedArraySet(bytes, new Bytes(random(at + DRAW < size ? DRAW : size - at)), at);
  }
  return whole;
}

/** The end of the part: not inside a character. After four continuation bytes any place will do. */
function boundary(bytes: Uint8Array, end: number): number {
  for (let back = 0; back < 4; back++) {
    if (((bytes[end - back] as number) & 0xc0) !== 0x80) return end - back;
  }
  return end;
}

export function decodeInParts(
  decode: (bytes: ArrayBuffer, fatal: boolean) => string | null,
  buffer: ArrayBuffer,
  fatal: boolean,
): string | null {
  const length = bufferByteLength(buffer);
  if (length <= PART) return decode(buffer, fatal);
  const bytes = new Bytes(buffer);
  let text = '';
  for (let from = 0; from < length; ) {
    const to = from + PART < length ? boundary(bytes, from + PART) : length;
    const part = new ArrayBufferCtor(to - from);
    typedArraySet(new Bytes(part), new Bytes(buffer, from, to - from));
    const decoded = decode(part, fatal);
    if (decoded === null) return null;
    text += decoded;
    from = to;
  }
  return text;
}
