/** WASI's structures in guest memory, little-endian: https://github.com/WebAssembly/WASI, phases/snapshot/docs.md. */
import type { Descriptor, Stat } from './descriptors.ts';
import type { GuestMemory } from './memory.ts';

export function writeFilestat(memory: GuestMemory, at: number, stat: Stat): void {
  const view = memory.view(at, 64);
  view.setBigUint64(0, 1n, true);
  view.setBigUint64(8, stat.ino, true);
  view.setBigUint64(16, 0n, true);
  view.setUint8(16, stat.type);
  view.setBigUint64(24, BigInt(stat.nlink), true);
  view.setBigUint64(32, BigInt(stat.size), true);
  view.setBigUint64(40, stat.atim, true);
  view.setBigUint64(48, stat.mtim, true);
  view.setBigUint64(56, stat.ctim, true);
}

export function writeFdstat(memory: GuestMemory, at: number, descriptor: Descriptor): void {
  const view = memory.view(at, 24);
  view.setBigUint64(0, 0n, true);
  view.setUint8(0, descriptor.type);
  view.setUint16(2, descriptor.flags, true);
  view.setBigUint64(8, descriptor.rights, true);
  view.setBigUint64(16, descriptor.inheriting, true);
}

const DIRENT_HEAD = 24;

/** An entry of a listing: its head and its name. `next` is the cookie that continues after it. */
export function encodeDirent(next: number, ino: bigint, type: number, name: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(DIRENT_HEAD + name.length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(next), true);
  view.setBigUint64(8, ino, true);
  view.setUint32(16, name.length, true);
  view.setUint8(20, type);
  bytes.set(name, DIRENT_HEAD);
  return bytes;
}

export const SUBSCRIPTION_BYTES = 48;
export const EVENT_BYTES = 32;
