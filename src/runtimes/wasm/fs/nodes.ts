/** Files, directories and links in memory. */
import { wasi } from '@bjorn3/browser_wasi_shim';
import { Errno } from './errno.ts';
import type { Usage } from './quota.ts';

const NOTHING: Uint8Array<ArrayBuffer> = new Uint8Array(0);
/** V8's largest typed array is larger; no quota is. */
const MAX_FILE_BYTES = 0x7fff_ffff;

interface Common {
  readonly ino: bigint;
  nlink: number;
  /** Nanoseconds since the epoch. */
  atim: bigint;
  mtim: bigint;
  ctim: bigint;
}

export interface LinkNode extends Common {
  readonly kind: 'link';
  readonly target: string;
}

export class FileNode implements Common {
  readonly kind = 'file';
  readonly ino: bigint;
  nlink = 0;
  atim: bigint;
  mtim: bigint;
  ctim: bigint;
  /** Created or changed by the guest. */
  changed = true;
  /** Descriptors that hold it. */
  opened = 0;
  size = 0;
  #bytes: Uint8Array<ArrayBuffer> = NOTHING;
  readonly #usage: Usage;

  constructor(ino: bigint, now: bigint, usage: Usage) {
    this.ino = ino;
    this.atim = now;
    this.mtim = now;
    this.ctim = now;
    this.#usage = usage;
  }

  /** A view; valid until the next change. */
  view(start = 0, end: number = this.size): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(Math.min(start, this.size), Math.min(end, this.size));
  }

  /** @throws Errno FBIG or NOSPC, before anything is allocated */
  resize(size: number): void {
    if (size > MAX_FILE_BYTES) throw new Errno(wasi.ERRNO_FBIG);
    if (size <= this.size) {
      this.#bytes.fill(0, size, this.size);
      this.#usage.give(this.size - size);
      this.size = size;
      return;
    }
    this.#usage.take(size - this.size);
    if (size > this.#bytes.length) {
      // Doubled, but never beyond what the quota would let it become.
      const capacity = Math.max(size, Math.min(this.#bytes.length * 2, size + this.#usage.room));
      const grown = new Uint8Array(capacity);
      grown.set(this.view());
      this.#bytes = grown;
    }
    this.size = size;
  }

  write(at: number, data: Uint8Array): void {
    if (at + data.length > this.size) this.resize(at + data.length);
    this.#bytes.set(data, at);
    this.changed = true;
  }

  /** Gives its bytes back when nobody names or holds it any more. */
  release(): void {
    if (this.nlink > 0 || this.opened > 0) return;
    this.resize(0);
    this.#bytes = NOTHING;
    this.#usage.removeNode();
  }
}

/** A name in a directory. The number says where a listing goes on after it. */
export interface Entry {
  readonly node: Node;
  readonly sequence: number;
}

/** The numbers of `.` and `..`; those of names follow. */
const FIRST_SEQUENCE = 2;

export class DirNode implements Common {
  readonly kind = 'directory';
  readonly ino: bigint;
  nlink = 1;
  atim: bigint;
  mtim: bigint;
  ctim: bigint;
  /** Null for the root of a mount. */
  parent: DirNode | null;
  /** It was taken out of its parent: nothing can be made in it. */
  removed = false;
  /** Keyed by names the guest chooses. */
  readonly entries: Map<string, Entry> = new Map();
  #next = FIRST_SEQUENCE;
  readonly #usage: Usage;

  constructor(ino: bigint, now: bigint, parent: DirNode | null, usage: Usage) {
    this.ino = ino;
    this.atim = now;
    this.mtim = now;
    this.ctim = now;
    this.parent = parent;
    this.#usage = usage;
  }

  get(name: string): Node | null {
    return this.entries.get(name)?.node ?? null;
  }

  /** Directories above it. */
  get depth(): number {
    let depth = 0;
    for (let above = this.parent; above !== null; above = above.parent) depth++;
    return depth;
  }

  /** @throws Errno NOSPC */
  set(name: string, node: Node): void {
    if (this.removed) throw new Errno(wasi.ERRNO_NOENT);
    if (!this.entries.has(name)) this.#usage.take(nameBytes(name));
    this.entries.set(name, { node, sequence: this.#next++ });
  }

  delete(name: string): void {
    if (this.entries.delete(name)) this.#usage.give(nameBytes(name));
  }
}

/** An upper bound of its UTF-8. */
const nameBytes = (name: string): number => name.length * 3;

export type Node = FileNode | DirNode | LinkNode;

export const FILE_TYPES: Readonly<Record<Node['kind'], number>> = {
  file: wasi.FILETYPE_REGULAR_FILE,
  directory: wasi.FILETYPE_DIRECTORY,
  link: wasi.FILETYPE_SYMBOLIC_LINK,
};
