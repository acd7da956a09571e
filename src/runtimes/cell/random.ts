/**
 * Random bytes for guests. A cell's realm has no `crypto`, so the platform seeds a ChaCha20 generator once per cell
 * and this stretches it. Every request replaces the key, so what a later breach of the cell reads
 * tells nothing about bytes handed out before (fast key erasure).
 */
import { chacha20 } from '@noble/ciphers/chacha.js';

export const SEED_BYTES = 32;
/** crypto.getRandomValues' own quota: nothing inside the guest asks for more. */
export const MAX_RANDOM_BYTES = 65_536;

/** @throws RangeError for a seed that is not 32 bytes, and for requests out of range. */
export function createRandom(seed: Uint8Array): (bytes: number) => Uint8Array<ArrayBuffer> {
  if (seed.length !== SEED_BYTES)
    throw new RangeError(`the seed must be ${SEED_BYTES} bytes, got ${seed.length}`);
  let key = seed.slice();
  const nonce = new Uint8Array(12);
  return bytes => {
    if (!Number.isInteger(bytes) || bytes < 0 || bytes > MAX_RANDOM_BYTES) {
      throw new RangeError(`bytes must be an integer from 0 to ${MAX_RANDOM_BYTES}, got ${bytes}`);
    }
    const stream = chacha20(key, nonce, new Uint8Array(SEED_BYTES + bytes));
    key.fill(0);
    key = stream.slice(0, SEED_BYTES);
    const out = stream.slice(SEED_BYTES);
    stream.fill(0);
    return out;
  };
}
