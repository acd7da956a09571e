/** What a package is, in 64 hexadecimal digits: the digest of the list of its files' digests. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { PackageFiles } from './archive.ts';
import { atOnce, type Work } from './slices.ts';

/** Holds the signature, and so is not covered by it. */
export const SIGNATURE_FILE = 'citadel.sig';

export interface FileDigest {
  readonly path: string;
  readonly size: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

const PIECE = 256 * 1024;

function* hashing(bytes: Uint8Array): Work<string> {
  const hash = sha256.create();
  for (let start = 0; start < bytes.length; start += PIECE) {
    hash.update(bytes.subarray(start, start + PIECE));
    yield;
  }
  return bytesToHex(hash.digest());
}

/** Every file but the signature, sorted by path. */
export const fileDigests = (files: PackageFiles): readonly FileDigest[] => atOnce(digesting(files));

export function* digesting(files: PackageFiles): Work<readonly FileDigest[]> {
  const digests: FileDigest[] = [];
  for (const [path, bytes] of [...files].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    if (path !== SIGNATURE_FILE) digests.push({ path, size: bytes.length, sha256: yield* hashing(bytes) });
  return digests;
}

/** Of the files in this very order and form: JSON without spaces. */
export function packageDigest(files: readonly FileDigest[]): string {
  const text = JSON.stringify(files.map(({ path, size, sha256: hash }) => [path, size, hash]));
  return bytesToHex(sha256(new TextEncoder().encode(text)));
}
