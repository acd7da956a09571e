/** atob and btoa, on bytes: an interpreter indexes arrays many times faster than it calls methods of strings. */

import { domException } from './dom-exception.ts';
import { Bytes, bufferByteLength, charCodeAt, global, SignedBytes, typedArrayBuffer } from './primordials.ts';
import { hidden, host, need, toStr, toUsv } from './webidl.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const SKIP = -2;
const PAD = 61;
const letters: Uint8Array = new Bytes(64);
/** The value of a character, -1 for one outside the alphabet, SKIP for whitespace. */
const values: Int8Array = new SignedBytes(256);
for (let i = 0; i < 256; i++) values[i] = -1;
for (let i = 0; i < 64; i++) {
  const code = charCodeAt(ALPHABET, i);
  letters[i] = code;
  values[code] = i;
}
values[9] = values[10] = values[12] = values[13] = values[32] = SKIP;

function invalid(message: string): Error {
  return domException('InvalidCharacterError', message);
}

function btoa(data: unknown): string {
  need(arguments.length, 1, 'btoa');
  const text = toStr(data);
  // Lone surrogates become U+FFFD here, which is past U+00FF like every other refused character.
  const utf8 = new Bytes(host.utf8Encode(toUsv(text)));
  const size = bufferByteLength(typedArrayBuffer(utf8));
  const { length } = text;
  const out = new Bytes((((length + 2) / 3) | 0) * 4);
  let at = 0;
  let bits = 0;
  let have = 0;
  for (let i = 0; i < size; i++) {
    let byte = utf8[i] as number;
    if (byte > 0x7f) {
      if (byte > 0xc3) throw invalid('btoa: the text has characters past U+00FF');
      byte = ((byte & 3) << 6) | ((utf8[++i] as number) & 0x3f);
    }
    bits = (bits << 8) | byte;
    if (++have < 3) continue;
    out[at] = letters[bits >> 18] as number;
    out[at + 1] = letters[(bits >> 12) & 63] as number;
    out[at + 2] = letters[(bits >> 6) & 63] as number;
    out[at + 3] = letters[bits & 63] as number;
    at += 4;
    bits = have = 0;
  }
  if (have > 0) {
    bits <<= have === 1 ? 16 : 8;
    out[at] = letters[bits >> 18] as number;
    out[at + 1] = letters[(bits >> 12) & 63] as number;
    out[at + 2] = have === 1 ? PAD : (letters[(bits >> 6) & 63] as number);
    out[at + 3] = PAD;
  }
  return host.utf8Decode(typedArrayBuffer(out), false) as string;
}

function atob(data: unknown): string {
  need(arguments.length, 1, 'atob');
  const text = new Bytes(host.utf8Encode(toUsv(data)));
  const size = bufferByteLength(typedArrayBuffer(text));
  // Every output byte past 0x7F takes two bytes of UTF-8.
  const out = new Bytes((((size / 4) | 0) + 1) * 6);
  let at = 0;
  let bits = 0;
  let count = 0;
  let pads = 0;
  for (let i = 0; i < size; i++) {
    const value = values[text[i] as number] as number;
    if (value === SKIP) continue;
    if (text[i] === PAD) {
      pads++;
      continue;
    }
    if (value < 0 || pads > 0) throw invalid('atob: the text is not base64');
    bits = (bits << 6) | value;
    if ((++count & 3) !== 0) continue;
    for (let shift = 16; shift >= 0; shift -= 8) at = put(out, at, (bits >> shift) & 0xff);
    bits = 0;
  }
  const rest = count & 3;
  // Padding is optional, but where there is any it must fill the last group.
  if (rest === 1 || pads > 2 || (pads > 0 && ((count + pads) & 3) !== 0))
    throw invalid('atob: the text is not base64');
  if (rest === 2) at = put(out, at, bits >> 4);
  else if (rest === 3) {
    at = put(out, at, bits >> 10);
    at = put(out, at, (bits >> 2) & 0xff);
  }
  const exact = new Bytes(at);
  for (let i = 0; i < at; i++) exact[i] = out[i] as number;
  return host.utf8Decode(typedArrayBuffer(exact), false) as string;
}

function put(out: Uint8Array, at: number, byte: number): number {
  if (byte < 0x80) {
    out[at] = byte;
    return at + 1;
  }
  out[at] = 0xc0 | (byte >> 6);
  out[at + 1] = 0x80 | (byte & 0x3f);
  return at + 2;
}

export function installBase64(): void {
  hidden(global, 'btoa', btoa);
  hidden(global, 'atob', atob);
}
