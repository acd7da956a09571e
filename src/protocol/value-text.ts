/** Texts of the wire. What they become in memory is flat, or a few large pieces: never a chain of small ones. */
const { fromCharCode } = String;
const { apply } = Reflect;
const asciiDecoder = new TextDecoder();

/** Longest argument list handed to one call. */
const CHUNK = 4096;
/** Up to this length adding characters one by one makes a flat text; beyond, each step adds a piece of 32 bytes. */
export const FLAT_CHARS = 12;
const SHORT_CHARS = 2 * FLAT_CHARS;
const LONG_ASCII = 128;

/** Of at most {@link FLAT_CHARS}. */
export function shortText(bytes: Uint8Array, start: number, end: number): string {
  let at = start;
  let text = '';
  if (end - start >= 8) {
    text = fromCharCode(
      bytes[at] as number,
      bytes[at + 1] as number,
      bytes[at + 2] as number,
      bytes[at + 3] as number,
      bytes[at + 4] as number,
      bytes[at + 5] as number,
      bytes[at + 6] as number,
      bytes[at + 7] as number,
    );
    at += 8;
  }
  for (; at < end; at++) text += fromCharCode(bytes[at] as number);
  return text;
}

/** Of more than {@link FLAT_CHARS}. */
export function latin1Text(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length <= SHORT_CHARS)
    return shortText(bytes, start, start + FLAT_CHARS) + shortText(bytes, start + FLAT_CHARS, end);
  if (length >= LONG_ASCII) {
    let bits = 0;
    for (let i = start; i < end; i++) bits |= bytes[i] as number;
    if (bits < 0x80) return asciiDecoder.decode(bytes.subarray(start, end));
  }
  let text = '';
  for (let i = start; i < end; i += CHUNK) {
    text += apply(fromCharCode, null, bytes.subarray(i, Math.min(i + CHUNK, end)));
  }
  return text;
}

/** UTF-16, little-endian. Not by TextDecoder: lone surrogates must survive. */
export function wideText(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  if (end - start <= 2 * FLAT_CHARS) {
    for (let i = start; i < end; i += 2)
      text += fromCharCode((bytes[i] as number) | ((bytes[i + 1] as number) << 8));
    return text;
  }
  const units = new Uint16Array(bytes.slice(start, end).buffer);
  for (let i = 0; i < units.length; i += CHUNK) {
    text += apply(fromCharCode, null, units.subarray(i, i + CHUNK));
  }
  return text;
}
