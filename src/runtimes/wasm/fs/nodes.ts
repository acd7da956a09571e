/** Files, directories and links in memory. */
import { wasi } from '@bjorn3/browser_wasi_shim';
import { Errno } from './errno.ts';
import type { Usage } from './quota.ts';

const NOTHING: Uint8Array<ArrayBuffer> = new Uint8Array(0);
/** V8's largest typed array is larger; no quota is. */
const MAX_FILE_BYTES = 0x7fff_ffff;
/** Below 2, so that growing and shrinking by turns copies less each time: what is copied is paid for by growth. */
const GROWTH = 1.5;

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
  /** Of the target in UTF-8. */
  readonly size: number;
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

  /** What the platform has set aside for it: never more than twice its size. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /** @throws Errno FBIG or NOSPC, before anything is allocated; NOMEM when the platform has no memory */
  resize(size: number): void {
    if (size > MAX_FILE_BYTES) throw new Errno(wasi.ERRNO_FBIG);
    // Each name of it is a file to whoever gets the tree afterwards.
    const names = Math.max(1, this.nlink);
    if (size <= this.size) {
      this.#shrink(size);
      this.#usage.give((this.size - size) * names);
    } else {
      const more = (size - this.size) * names;
      this.#usage.take(more);
      if (size > this.#bytes.length && !this.#grow(size)) {
        this.#usage.give(more);
        throw new Errno(wasi.ERRNO_NOMEM);
      }
    }
    this.size = size;
  }

  /** By half more than it had, but never beyond what the quota would let it become. */
  #grow(size: number): boolean {
    const ahead = Math.min(Math.floor(this.#bytes.length * GROWTH), size + this.#usage.room, MAX_FILE_BYTES);
    return this.#move(Math.max(size, ahead));
  }

  /** Memory that is no longer counted goes back: else a guest would gather it, file by file. */
  #shrink(size: number): void {
    if (this.#bytes.length > size * 2 && this.#move(size)) return;
    this.#bytes.fill(0, size, this.size);
  }

  #move(capacity: number): boolean {
    try {
      const moved = capacity === 0 ? NOTHING : new Uint8Array(capacity);
      moved.set(this.view(0, capacity));
      this.#bytes = moved;
      return true;
    } catch {
      return false;
    }
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
    this.#usage.removeNode(0);
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
  nlink = 0;
  atim: bigint;
  mtim: bigint;
  ctim: bigint;
  /** Null for the root of a mount. */
  parent: DirNode | null;
  /** In its parent; of a mount's root, the path of the mount without a slash at its end. */
  name: string;
  /** It was taken out of its parent: nothing can be made in it. */
  removed = false;
  /** Keyed by names the guest chooses. */
  readonly entries: Map<string, Entry> = new Map();
  #next = FIRST_SEQUENCE;
  readonly #usage: Usage;

  constructor(ino: bigint, now: bigint, parent: DirNode | null, name: string, usage: Usage) {
    this.ino = ino;
    this.atim = now;
    this.mtim = now;
    this.ctim = now;
    this.parent = parent;
    this.name = name;
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

  /** Characters of its path, as the guest and its caller see it. */
  get pathLength(): number {
    let length = this.name.length;
    for (let above = this.parent; above !== null; above = above.parent) length += above.name.length + 1;
    return length;
  }

  /** @throws Errno NOENT or NOSPC */
  set(name: string, node: Node): void {
    if (this.removed) throw new Errno(wasi.ERRNO_NOENT);
    // A name that is there already goes to the end, like a new one: listings go by the order of the numbers.
    if (!this.entries.delete(name)) this.#usage.take(nameBytes(name));
    this.entries.set(name, { node, sequence: this.#next++ });
  }

  delete(name: string): void {
    if (this.entries.delete(name)) this.#usage.give(nameBytes(name));
  }
}

/** An upper bound of its UTF-8. */
const nameBytes = (name: string): number => name.length * 3;

export type Node = FileNode | DirNode | LinkNode;

/** What a name of the node costs beside itself. */
export const contentBytes = (node: Node): number => (node.kind === 'directory' ? 0 : node.size);

export const FILE_TYPES: Readonly<Record<Node['kind'], number>> = {
  file: wasi.FILETYPE_REGULAR_FILE,
  directory: wasi.FILETYPE_DIRECTORY,
  link: wasi.FILETYPE_SYMBOLIC_LINK,
};
