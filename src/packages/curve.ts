/** What of Ed25519 the platform’s own checks leave open. */

const P = 2n ** 255n - 19n;
/** Order of the group that signatures are made in. */
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
/** The heights of the eight points of small order; those of order 8 are a pair of opposites. */
const EIGHTH = 2707385501144840649318225287225658788936804267575313519463743609750303402022n;

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] as number);
  return value;
}

/**
 * Whether a key is none: a point of small order, for which anybody can make signatures that some readers take, or a height in
 * another spelling than the one it has. Both signs of it count.
 * @param point 32 bytes
 */
export function isWeakPoint(point: Uint8Array): boolean {
  const y = littleEndian(point) & ((1n << 255n) - 1n);
  return y >= P || y <= 1n || y === P - 1n || y === EIGHTH || y === P - EIGHTH;
}

/** Whether the second half of a signature is its one spelling: below the order of the group. */
export const isCanonicalSignature = (signature: Uint8Array): boolean =>
  signature.length === 64 && littleEndian(signature.subarray(32)) < L;
