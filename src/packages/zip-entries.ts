/**
 * The table of a ZIP archive, read as narrowly as the format allows. ZIP says most things twice (in the table, in front of
 * each file, behind it) and lets bytes lie between; readers disagree on which of them count. Here all of them have to
 * agree and nothing may be left over, so that every reader sees the same files.
 */
import { SandboxError } from '../core/errors.ts';
import { cleanLine } from '../core/text.ts';
import { filePathProblem, foldedPath } from '../policy/manifest/index.ts';
import { PACKAGE_CAPS } from './limits.ts';

export interface ZipEntry {
  readonly path: string;
  readonly isDirectory: boolean;
  readonly isDeflated: boolean;
  readonly crc: number;
  readonly packedBytes: number;
  readonly bytes: number;
  /** Of the packed data. */
  readonly start: number;
}

export const broken = (message: string): SandboxError => new SandboxError('ARCHIVE_INVALID', message);
const quote = (path: string): string => JSON.stringify(cleanLine(path, 100));

const END = 0x0605_4b50;
const CENTRAL = 0x0201_4b50;
const LOCAL = 0x0403_4b50;
const DESCRIPTOR = 0x0807_4b50;
const END_BYTES = 22;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;

/** Bit 0, 6, 13: encrypted in one way or another. */
const ENCRYPTED = 0x2041;
/** Sizes follow the data. */
const STREAMED = 0x0008;
const UTF8 = 0x0800;
/** Extra fields that name the file again (Info-ZIP Unicode path) or hold larger sizes (ZIP64). */
const SECOND_OPINIONS: readonly number[] = [0x7075, 0x0001];

const TYPE_MASK = 0xf000;
const REGULAR = 0x8000;
const DIRECTORY = 0x4000;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws SandboxError ARCHIVE_INVALID */
export function zipEntries(archive: Uint8Array): readonly ZipEntry[] {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  const end = archive.length - END_BYTES;
  if (end < 0 || view.getUint32(end, true) !== END)
    throw broken('it is no ZIP archive, or something follows its end; pack it again');
  const [disk, tableDisk, here, count] = [4, 6, 8, 10].map(at => view.getUint16(end + at, true));
  const [size, start] = [view.getUint32(end + 12, true), view.getUint32(end + 16, true)];
  if (disk !== 0 || tableDisk !== 0 || here !== count || view.getUint16(end + 20, true) !== 0)
    throw broken('its end says more than one thing; pack it again as one file without a comment');
  if (count === undefined || count > PACKAGE_CAPS.files)
    throw broken(`it has ${count} entries, at most ${PACKAGE_CAPS.files}`);
  if (start + size !== end) throw broken('its table does not reach to its end; pack it again');
  const entries: { entry: ZipEntry; from: number; to: readonly number[] }[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    const read = centralEntry(archive, view, at, end);
    entries.push(withLocal(archive, view, read, start));
    at = read.next;
  }
  if (at !== end) throw broken('its table holds something else than entries');
  checkTiling(entries, start);
  const found = entries.map(({ entry }) => entry);
  checkNames(found);
  return found;
}

interface Central {
  readonly path: string;
  readonly name: Uint8Array;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly offset: number;
  readonly isDirectory: boolean;
  readonly next: number;
}

function centralEntry(archive: Uint8Array, view: DataView, at: number, end: number): Central {
  if (at + CENTRAL_BYTES > end || view.getUint32(at, true) !== CENTRAL) throw broken('its table is damaged');
  const u16 = (offset: number): number => view.getUint16(at + offset, true);
  const u32 = (offset: number): number => view.getUint32(at + offset, true);
  const [flags, method, nameBytes, extraBytes, commentBytes] = [u16(8), u16(10), u16(28), u16(30), u16(32)];
  const [crc, packedBytes, bytes, attributes, offset] = [u32(16), u32(20), u32(24), u32(38), u32(42)];
  const extra = at + CENTRAL_BYTES + nameBytes;
  const next = extra + extraBytes + commentBytes;
  if (next > end) throw broken('its table is damaged');
  const name = archive.subarray(at + CENTRAL_BYTES, extra);
  const path = pathOf(name, flags);
  if ([packedBytes, bytes, offset].includes(0xffff_ffff))
    throw broken(`${quote(path)} needs ZIP64; a package is smaller`);
  if ((flags & ENCRYPTED) !== 0) throw broken(`${quote(path)} is encrypted`);
  if (method !== 0 && method !== 8) throw broken(`${quote(path)} is packed by method ${method}; use deflate`);
  checkExtra(view, extra, extra + extraBytes, path);
  const isDirectory = path.endsWith('/');
  const type = (attributes >>> 16) & TYPE_MASK;
  if (type !== 0 && type !== (isDirectory ? DIRECTORY : REGULAR))
    throw broken(`${quote(path)} is a link or a device; pack plain files`);
  return { path, name, flags, method, crc, packedBytes, bytes, offset, isDirectory, next };
}

function pathOf(name: Uint8Array, flags: number): string {
  let path: string;
  try {
    path = utf8.decode(name);
  } catch {
    throw broken('a file name is not UTF-8');
  }
  if ((flags & UTF8) === 0 && name.some(byte => byte > 0x7f))
    throw broken(`${quote(path)} does not say in which characters it is written`);
  const problem = filePathProblem(path.endsWith('/') ? path.slice(0, -1) : path);
  if (problem !== null) throw broken(`the file name ${quote(path)} cannot be taken: ${problem}`);
  return path;
}

function checkExtra(view: DataView, from: number, to: number, path: string): void {
  for (let at = from; at < to; ) {
    if (at + 4 > to) throw broken(`${quote(path)} has a damaged extra field`);
    const id = view.getUint16(at, true);
    if (SECOND_OPINIONS.includes(id))
      throw broken(`${quote(path)} has a name or size of its own in an extra field`);
    at += 4 + view.getUint16(at + 2, true);
    if (at > to) throw broken(`${quote(path)} has a damaged extra field`);
  }
}

/** What stands in front of the data must say the same. */
function withLocal(
  archive: Uint8Array,
  view: DataView,
  central: Central,
  tableStart: number,
): { entry: ZipEntry; from: number; to: readonly number[] } {
  const { path, name, flags, method, crc, packedBytes, bytes, offset, isDirectory } = central;
  const differs = (): SandboxError => broken(`${quote(path)} is described in two ways; pack it again`);
  if (offset + LOCAL_BYTES > tableStart || view.getUint32(offset, true) !== LOCAL) throw differs();
  const u16 = (at: number): number => view.getUint16(offset + at, true);
  const u32 = (at: number): number => view.getUint32(offset + at, true);
  const [nameBytes, extraBytes] = [u16(26), u16(28)];
  const start = offset + LOCAL_BYTES + nameBytes + extraBytes;
  if (start + packedBytes > tableStart || u16(6) !== flags || u16(8) !== method || nameBytes !== name.length)
    throw differs();
  if (name.some((byte, i) => archive[offset + LOCAL_BYTES + i] !== byte)) throw differs();
  const isStreamed = (flags & STREAMED) !== 0;
  const stated = [u32(14), u32(18), u32(22)];
  const matches = stated[0] === crc && stated[1] === packedBytes && stated[2] === bytes;
  if (!matches && !(isStreamed && stated.every(value => value === 0))) throw differs();
  checkExtra(view, offset + LOCAL_BYTES + nameBytes, start, path);
  const after = start + packedBytes;
  const entry: ZipEntry = { path, isDirectory, isDeflated: method === 8, crc, packedBytes, bytes, start };
  return { entry, from: offset, to: isStreamed ? behind(view, after, central, tableStart) : [after] };
}

/** Where an entry may end that states its sizes behind the data, with a signature before them or without. */
function behind(
  view: DataView,
  after: number,
  { crc, packedBytes, bytes }: Central,
  tableStart: number,
): number[] {
  const says = (at: number): boolean =>
    at + 12 <= tableStart &&
    view.getUint32(at, true) === crc &&
    view.getUint32(at + 4, true) === packedBytes &&
    view.getUint32(at + 8, true) === bytes;
  const ends: number[] = [];
  if (says(after)) ends.push(after + 12);
  if (after + 4 <= tableStart && view.getUint32(after, true) === DESCRIPTOR && says(after + 4))
    ends.push(after + 16);
  return ends;
}

/** Entries fill the archive from its first byte to the table: none overlap, and nothing hides between. */
function checkTiling(entries: readonly { from: number; to: readonly number[] }[], tableStart: number): void {
  const sorted = entries.toSorted((a, b) => a.from - b.from);
  for (const [i, { to }] of sorted.entries()) {
    const next = sorted[i + 1]?.from ?? tableStart;
    if (!to.includes(next)) throw broken('its entries overlap, or bytes lie between them; pack it again');
  }
  if ((sorted[0]?.from ?? tableStart) !== 0)
    throw broken('something stands before its first entry; pack it again');
}

/** No two names that any system takes for one, and no file that is also a directory. */
function checkNames(entries: readonly ZipEntry[]): void {
  const seen = new Map<string, ZipEntry>();
  for (const entry of entries) {
    const folded = foldedPath(entry.path.replace(/\/$/, ''));
    const other = seen.get(folded);
    if (other !== undefined)
      throw broken(`${quote(entry.path)} and ${quote(other.path)} are one name on some systems; rename one`);
    seen.set(folded, entry);
  }
  for (const [folded, { path }] of seen) {
    for (let slash = folded.lastIndexOf('/'); slash > 0; slash = folded.lastIndexOf('/', slash - 1)) {
      const above = seen.get(folded.slice(0, slash));
      if (above !== undefined && !above.isDirectory)
        throw broken(`${quote(path)} lies in ${quote(above.path)}, which is a file`);
    }
  }
}
