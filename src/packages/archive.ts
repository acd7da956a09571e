/** Files to one archive and back. The same files always make the same bytes. */
import { Inflate, zipSync } from 'fflate';
import { filePathProblem } from '../policy/manifest/index.ts';
import { summing } from './crc32.ts';
import { PACKAGE_CAPS } from './limits.ts';
import { atOnce, type Work } from './slices.ts';
import { broken, type ZipEntry, zipEntries } from './zip-entries.ts';

/** Path → contents. */
export type PackageFiles = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

/** Of packed data, at a time: deflate makes at most a thousand times as much of it. */
const STEP = 4096;

/**
 * Unpacks a package. Sizes are checked before anything is unpacked, and again while it is.
 * @throws SandboxError ARCHIVE_INVALID
 */
export const readArchive = (archive: Uint8Array): PackageFiles => atOnce(readingArchive(archive));

export function* readingArchive(archive: Uint8Array): Work<PackageFiles> {
  if (!(archive instanceof Uint8Array)) throw broken('a package must be a Uint8Array');
  if (archive.length > PACKAGE_CAPS.packedBytes)
    throw broken(`it has ${archive.length} bytes, at most ${PACKAGE_CAPS.packedBytes}`);
  // What is checked is what is read, whatever its owner does meanwhile.
  const bytes = new Uint8Array(archive);
  const entries = zipEntries(bytes);
  let total = 0;
  for (const entry of entries) {
    checkSize(entry);
    total += entry.bytes;
  }
  if (total > PACKAGE_CAPS.unpackedBytes)
    throw broken(`it unpacks to ${total} bytes, at most ${PACKAGE_CAPS.unpackedBytes}`);
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const entry of entries) {
    const contents = yield* unpack(bytes, entry);
    if ((yield* summing(contents)) !== entry.crc)
      throw broken(`${JSON.stringify(entry.path)} is damaged: its checksum differs`);
    if (!entry.isDirectory) files.set(entry.path, contents);
  }
  return files;
}

function checkSize({ path, bytes, packedBytes, isDirectory, isDeflated }: ZipEntry): void {
  const name = JSON.stringify(path);
  if (isDirectory && bytes !== 0) throw broken(`${name} is a directory with contents`);
  if (!isDeflated && bytes !== packedBytes) throw broken(`${name} is described in two ways; pack it again`);
  if (bytes > PACKAGE_CAPS.fileBytes)
    throw broken(`${name} has ${bytes} bytes, at most ${PACKAGE_CAPS.fileBytes}`);
  if (bytes > PACKAGE_CAPS.ratioFromBytes && bytes > packedBytes * PACKAGE_CAPS.ratio)
    throw broken(`${name} unpacks to more than ${PACKAGE_CAPS.ratio} times its size`);
}

function* unpack(
  archive: Uint8Array,
  { path, isDeflated, start, packedBytes, bytes }: ZipEntry,
): Work<Uint8Array<ArrayBuffer>> {
  const packed = archive.subarray(start, start + packedBytes);
  const contents = new Uint8Array(bytes);
  if (!isDeflated) {
    contents.set(packed);
    return contents;
  }
  const lies = (): Error => broken(`${JSON.stringify(path)} does not unpack to the size it states`);
  let filled = 0;
  let ended = false;
  const inflate = new Inflate((chunk, final) => {
    if (filled + chunk.length > bytes) throw lies();
    contents.set(chunk, filled);
    filled += chunk.length;
    ended ||= final;
  });
  try {
    for (let at = 0; at < packed.length || at === 0; at += STEP) {
      inflate.push(packed.subarray(at, at + STEP), at + STEP >= packed.length);
      yield;
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ARCHIVE_INVALID') throw error;
    throw broken(`${JSON.stringify(path)} cannot be unpacked`);
  }
  if (filled !== bytes || !ended) throw lies();
  return contents;
}

/**
 * Packs files: sorted, without times or attributes.
 * @throws SandboxError ARCHIVE_INVALID for what `readArchive` would refuse
 */
export function packArchive(files: PackageFiles): Uint8Array<ArrayBuffer> {
  const sorted = [...files].toSorted(([a], [b]) => (a < b ? -1 : 1));
  for (const [path] of sorted) {
    const problem = filePathProblem(path);
    if (problem !== null) throw broken(`the file name ${JSON.stringify(path)} cannot be packed: ${problem}`);
  }
  // Written as local time, so read as local time.
  const archive = zipSync(Object.fromEntries(sorted), {
    level: 9,
    mtime: new Date(1980, 0, 1),
    os: 0,
    attrs: 0,
  });
  readArchive(archive);
  return new Uint8Array(archive);
}
