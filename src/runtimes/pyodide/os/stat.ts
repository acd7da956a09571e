/** How nodes look to the guest: the structures of Emscripten's C library. */
import { type Node, type Quota, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT } from './nodes.ts';

const BLOCK_BYTES = 4096;
/** `struct dirent`. */
export const DIRENT_BYTES = 280;
const NAME_AT = 19;
/** Types of directory entries. */
const DT_UNKNOWN = 0;
const DT_FIFO = 1;
const DT_CHR = 2;
const DT_DIR = 4;
const DT_REG = 8;
const DT_LNK = 10;

function sizeOf(node: Node): number {
  if (node.type === 'file') return node.size;
  if (node.type === 'link') return node.target.length;
  return node.type === 'dir' ? BLOCK_BYTES : 0;
}

function writeTime(view: DataView, at: number, ms: number): void {
  const seconds = Math.floor(ms / 1000);
  view.setBigInt64(at, BigInt(seconds), true);
  view.setUint32(at + 8, Math.floor((ms - seconds * 1000) * 1_000_000), true);
}

/** `struct stat`. */
export function writeStat(view: DataView, at: number, node: Node): void {
  const size = sizeOf(node);
  view.setUint32(at, node.type === 'device' ? 2 : 1, true);
  view.setUint32(at + 4, node.mode, true);
  view.setUint32(at + 8, node.type === 'dir' ? 2 : node.links, true);
  view.setUint32(at + 12, 0, true);
  view.setUint32(at + 16, 0, true);
  view.setUint32(at + 20, node.type === 'device' ? node.number : 0, true);
  view.setBigInt64(at + 24, BigInt(size), true);
  view.setInt32(at + 32, BLOCK_BYTES, true);
  view.setInt32(at + 36, Math.ceil(size / 512), true);
  writeTime(view, at + 40, node.atime);
  writeTime(view, at + 56, node.mtime);
  writeTime(view, at + 72, node.ctime);
  view.setBigInt64(at + 88, BigInt(node.ino), true);
}

/** `struct statfs`: what is left of the quota. */
export function writeStatFs(view: DataView, at: number, quota: Quota): void {
  const blocks = Math.floor(quota.freeBytes / BLOCK_BYTES);
  view.setUint32(at + 4, BLOCK_BYTES, true);
  for (const offset of [8, 16, 24]) view.setBigInt64(at + offset, BigInt(blocks), true);
  for (const offset of [32, 40]) view.setBigInt64(at + offset, BigInt(quota.freeNodes), true);
  view.setUint32(at + 48, 0, true);
  view.setUint32(at + 56, 255, true);
  view.setUint32(at + 60, BLOCK_BYTES, true);
  view.setUint32(at + 64, 0, true);
}

function entryType(node: Node): number {
  switch (node.mode & S_IFMT) {
    case S_IFDIR:
      return DT_DIR;
    case S_IFCHR:
      return DT_CHR;
    case S_IFLNK:
      return DT_LNK;
    case S_IFIFO:
      return DT_FIFO;
    default:
      return node.type === 'file' ? DT_REG : DT_UNKNOWN;
  }
}

/** Writes `struct dirent`s while there is room; answers how many. */
export function writeEntries(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  room: number,
  first: number,
  entries: readonly { readonly name: Uint8Array; readonly node: Node }[],
): number {
  const count = Math.min(entries.length, Math.floor(room / DIRENT_BYTES));
  for (let i = 0; i < count; i++) {
    const { name, node } = entries[i] as { name: Uint8Array; node: Node };
    const start = at + i * DIRENT_BYTES;
    view.setBigInt64(start, BigInt(node.ino), true);
    view.setBigInt64(start + 8, BigInt(first + i + 1), true);
    view.setUint16(start + 16, DIRENT_BYTES, true);
    view.setUint8(start + 18, entryType(node));
    bytes.set(name, start + NAME_AT);
    bytes[start + NAME_AT + name.length] = 0;
  }
  return count;
}
