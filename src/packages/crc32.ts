/** The checksum of ZIP: CRC-32 of ISO 3309. It finds accidents; what finds intent is the digest. */
import { atOnce, type Work } from './slices.ts';

const TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? 0xedb8_8320 ^ (rest >>> 1) : rest >>> 1;
  return rest;
});

const PIECE = 256 * 1024;

export const crc32 = (bytes: Uint8Array): number => atOnce(summing(bytes));

export function* summing(bytes: Uint8Array): Work<number> {
  let crc = 0xffff_ffff;
  for (let start = 0; start < bytes.length; start += PIECE) {
    const end = Math.min(bytes.length, start + PIECE);
    for (let i = start; i < end; i++)
      crc = (TABLE[(crc ^ (bytes[i] as number)) & 0xff] as number) ^ (crc >>> 8);
    yield;
  }
  return ~crc >>> 0;
}
