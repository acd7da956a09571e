/** A package that was opened: its manifest and its files, and what they come to. */
import { MANIFEST_FILE, type Manifest, parseManifest } from '../policy/manifest/index.ts';
import { type PackageFiles, packArchive, readingArchive } from './archive.ts';
import { digesting, type FileDigest, packageDigest } from './digest.ts';
import { atOnce, type Work } from './slices.ts';
import { broken } from './zip-entries.ts';

export interface OpenPackage {
  readonly manifest: Manifest;
  /** 64 hexadecimal digits; the same for the same files, signed or not. */
  readonly digest: string;
  readonly files: PackageFiles;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function textOf(files: PackageFiles, path: string): string {
  const bytes = files.get(path);
  if (bytes === undefined) throw broken(`${JSON.stringify(path)} is not in the package`);
  try {
    return utf8.decode(bytes);
  } catch {
    throw broken(`${JSON.stringify(path)} is not UTF-8 text`);
  }
}

export const manifestText = (files: PackageFiles): string => textOf(files, MANIFEST_FILE);

/**
 * Opens a packed plugin. Says nothing of who made it: see `verifyPackage`.
 * @throws SandboxError ARCHIVE_INVALID or MANIFEST_INVALID
 */
export const openPackage = (archive: Uint8Array): OpenPackage => atOnce(openingPackage(archive)).opened;

/** With the digests of its files, which took the longest. */
export function* openingPackage(
  archive: Uint8Array,
): Work<{ readonly opened: OpenPackage; readonly digests: readonly FileDigest[] }> {
  const files = yield* readingArchive(archive);
  const manifest = parseManifest(manifestText(files));
  for (const path of [manifest.entry, ...Object.values(manifest.modules)]) {
    // WebAssembly is bytes; everything else must be text.
    if (!files.has(path))
      throw broken(`${JSON.stringify(path)}, which the manifest names, is not in the package`);
    if (manifest.runtime !== 'wasm') textOf(files, path);
  }
  const digests = yield* digesting(files);
  return { opened: Object.freeze({ manifest, digest: packageDigest(digests), files }), digests };
}

/**
 * Packs a plugin: `citadel.json` and its files, path → contents.
 * @throws SandboxError ARCHIVE_INVALID or MANIFEST_INVALID
 */
export function packPackage(files: Readonly<Record<string, string | Uint8Array>>): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const archive = packArchive(
    new Map(
      Object.entries(files).map(([path, contents]) => [
        path,
        typeof contents === 'string' ? encoder.encode(contents) : new Uint8Array(contents),
      ]),
    ),
  );
  openPackage(archive);
  return archive;
}
