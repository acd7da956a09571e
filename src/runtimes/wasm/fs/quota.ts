/** What a guest's file system may hold. Asked before anything is allocated. */
import { wasi } from '@bjorn3/browser_wasi_shim';
import { Errno } from './errno.ts';

export interface FileQuota {
  /** Contents, names, and NODE_BYTES for each node. */
  readonly bytes: number;
  /** Files, directories and links, mounts included. */
  readonly inodes: number;
  /** Descriptors, the standard streams and the mounts included. */
  readonly openFiles: number;
  /** Directories inside one another. */
  readonly depth: number;
}

export const NODE_BYTES = 64;

export class Usage {
  readonly quota: FileQuota;
  #bytes = 0;
  #inodes = 0;

  constructor(quota: FileQuota) {
    this.quota = quota;
  }

  /** How many bytes a file may still grow by. */
  get room(): number {
    return this.quota.bytes - this.#bytes;
  }

  /** @throws Errno NOSPC */
  take(bytes: number): void {
    if (bytes > this.room) throw new Errno(wasi.ERRNO_NOSPC);
    this.#bytes += bytes;
  }

  give(bytes: number): void {
    this.#bytes -= bytes;
  }

  /** @throws Errno NOSPC */
  addNode(): void {
    if (this.#inodes >= this.quota.inodes) throw new Errno(wasi.ERRNO_NOSPC);
    this.take(NODE_BYTES);
    this.#inodes++;
  }

  removeNode(): void {
    this.#inodes--;
    this.give(NODE_BYTES);
  }
}
