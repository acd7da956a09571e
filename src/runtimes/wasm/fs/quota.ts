/** What a guest's file system may hold. Asked before anything is allocated. */
import { wasi } from '@bjorn3/browser_wasi_shim';
import { Errno } from './errno.ts';

export interface FileQuota {
  /** Contents, names, and NODE_BYTES for each node; contents with several names count once for each. */
  readonly bytes: number;
  /** Files, directories and links, mounts included. Each name counts: a hard link, too. */
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

  /** Nodes, each counted once for every name it has. */
  get inodes(): number {
    return this.#inodes;
  }

  /** How many bytes may still be taken. */
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

  /** For a name of a node that holds so many bytes. @throws Errno NOSPC, with nothing taken */
  addNode(bytes: number): void {
    if (this.#inodes >= this.quota.inodes) throw new Errno(wasi.ERRNO_NOSPC);
    this.take(NODE_BYTES + bytes);
    this.#inodes++;
  }

  removeNode(bytes: number): void {
    this.#inodes--;
    this.give(NODE_BYTES + bytes);
  }
}
