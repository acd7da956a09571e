/** Trace ids: 16 random bytes in hexadecimal, as W3C trace context has them. Asking for each alone costs ten times as much. */
import { bytesToHex, randomBytes } from '@noble/hashes/utils.js';

const ID_CHARS = 32;
const AT_ONCE = 256;

let pool = '';
let at = 0;

export function newTraceId(): string {
  if (at >= pool.length) {
    pool = bytesToHex(randomBytes((ID_CHARS / 2) * AT_ONCE));
    at = 0;
  }
  at += ID_CHARS;
  return pool.slice(at - ID_CHARS, at);
}
