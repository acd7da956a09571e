/** What a package is, in 64 hexadecimal digits: the digest of the list of its files' digests. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { PackageFiles } from './archive.ts';

/** Holds the signature, and so is not covered by it. */
export const SIGNATURE_FILE = 'citadel.sig';

export interface FileDigest {
  readonly path: string;
  readonly size: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

export const hashOf = (bytes: Uint8Array): string => bytesToHex(sha256(bytes));

/** Every file but the signature, sorted by path. */
export function fileDigests(files: PackageFiles): readonly FileDigest[] {
  return [...files]
    .filter(([path]) => path !== SIGNATURE_FILE)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, bytes]) => ({ path, size: bytes.length, sha256: hashOf(bytes) }));
}

/** Of the files in this very order and form: JSON without spaces. */
export function packageDigest(files: readonly FileDigest[]): string {
  const text = JSON.stringify(files.map(({ path, size, sha256: hash }) => [path, size, hash]));
  return hashOf(new TextEncoder().encode(text));
}
