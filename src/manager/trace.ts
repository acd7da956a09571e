/** Trace ids: 16 random bytes in hexadecimal, as W3C trace context has them. Asking for each alone costs ten times as much. */
import { bytesToHex, randomBytes } from '@noble/hashes/utils.js';

const ID_BYTES = 16;
const AT_ONCE = 256;

let pool = new Uint8Array(0);
let at = 0;

export function newTraceId(): string {
  if (at >= pool.length) {
    pool = randomBytes(ID_BYTES * AT_ONCE);
    at = 0;
  }
  const id = bytesToHex(pool.subarray(at, at + ID_BYTES));
  at += ID_BYTES;
  return id;
}
