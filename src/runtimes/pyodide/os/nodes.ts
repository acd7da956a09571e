/** What the guest's file system is made of, and the quota all of it shares. Nothing in here recurses. */
import { fail } from './errno.ts';

export const S_IFMT = 0o170000;
export const S_IFIFO = 0o010000;
export const S_IFCHR = 0o020000;
export const S_IFDIR = 0o040000;
export const S_IFREG = 0o100000;
export const S_IFLNK = 0o120000;

/** What a node costs besides its contents: objects of the realm that no guest memory limit sees. */
const NODE_BYTES = 64;
const FIRST_CAPACITY = 64;

export class Quota {
  readonly #bytes: number;
  readonly #nodes: number;
  #usedBytes = 0;
  #usedNodes = 0;

  constructor(bytes: number, nodes: number) {
    this.#bytes = bytes;
    this.#nodes = nodes;
  }

  get freeBytes(): number {
    return Math.max(0, this.#bytes - this.#usedBytes);
  }

  get freeNodes(): number {
    return Math.max(0, this.#nodes - this.#usedNodes);
  }

  /** Charges before anything is allocated. */
  take(bytes: number): void {
    if (bytes > this.freeBytes) fail('ENOSPC');
    this.#usedBytes += bytes;
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes;
  }

  takeNode(nameBytes: number): void {
    if (this.freeNodes < 1) fail('ENOSPC');
    this.take(NODE_BYTES + nameBytes);
    this.#usedNodes++;
  }

  giveNode(nameBytes: number): void {
    this.give(NODE_BYTES + nameBytes);
    this.#usedNodes--;
  }
}

/** A character device: what `/dev/null` and the standard streams are. */
export interface Device {
  read(into: Uint8Array): number;
  write(bytes: Uint8Array): number;
}

export class Pipe {
  readonly chunks: Uint8Array[] = [];
  bytes = 0;
  readers = 0;
  writers = 0;
}

interface Common {
  readonly ino: number;
  /** Type and permissions, as `st_mode`. */
  mode: number;
  /** Milliseconds since the epoch. */
  atime: number;
  mtime: number;
  ctime: number;
  links: number;
  /** Open descriptions: an unlinked file lives as long as one is left. */
  opens: number;
  /** Nothing may be created, changed or removed here. */
  readonly readOnly: boolean;
}

export interface FileNode extends Common {
  readonly type: 'file';
  /** Capacity; `size` bytes of it are the file. Everything behind them is zero. */
  data: Uint8Array;
  size: number;
  /** The bytes belong to the host: shared by all runs, and charged to none. */
  readonly shared: boolean;
  /** Changed since the run began. */
  changed: boolean;
}

export interface DirNode extends Common {
  readonly type: 'dir';
  readonly entries: Map<string, Node>;
  parent: DirNode;
  name: string;
}

export interface LinkNode extends Common {
  readonly type: 'link';
  readonly target: string;
}

export interface DeviceNode extends Common {
  readonly type: 'device';
  readonly device: Device;
  readonly number: number;
}

export interface PipeNode extends Common {
  readonly type: 'pipe';
  readonly pipe: Pipe;
}

export type Node = FileNode | DirNode | LinkNode | DeviceNode | PipeNode;

export class Inodes {
  readonly quota: Quota;
  readonly #now: () => number;
  #next = 1;

  constructor(quota: Quota, now: () => number) {
    this.quota = quota;
    this.#now = now;
  }

  get now(): number {
    return this.#now();
  }

  #common(mode: number, readOnly: boolean): Common {
    const { now } = this;
    return { ino: this.#next++, mode, atime: now, mtime: now, ctime: now, links: 1, opens: 0, readOnly };
  }

  file(mode: number, readOnly = false): FileNode {
    return {
      ...this.#common(S_IFREG | (mode & 0o7777), readOnly),
      type: 'file',
      data: new Uint8Array(0),
      size: 0,
      shared: false,
      changed: false,
    };
  }

  sharedFile(data: Uint8Array): FileNode {
    return {
      ...this.#common(S_IFREG | 0o444, true),
      type: 'file',
      data,
      size: data.length,
      shared: true,
      changed: false,
    };
  }

  dir(parent: DirNode | null, name: string, mode: number, readOnly = false): DirNode {
    const node: Omit<DirNode, 'parent'> & { parent?: DirNode } = {
      ...this.#common(S_IFDIR | (mode & 0o7777), readOnly),
      type: 'dir',
      entries: new Map<string, Node>(),
      name,
    };
    // The root is its own parent.
    node.parent = parent ?? (node as DirNode);
    return node as DirNode;
  }

  link(target: string): LinkNode {
    return { ...this.#common(S_IFLNK | 0o777, false), type: 'link', target };
  }

  device(device: Device, number: number): DeviceNode {
    return { ...this.#common(S_IFCHR | 0o666, false), type: 'device', device, number };
  }

  pipe(): PipeNode {
    return { ...this.#common(S_IFIFO | 0o600, false), type: 'pipe', pipe: new Pipe() };
  }

  /** Makes a file hold `size` bytes; new ones are zero. */
  resize(node: FileNode, size: number): void {
    if (node.readOnly) fail('EROFS');
    if (!Number.isSafeInteger(size) || size < 0) fail('EINVAL');
    if (size > node.data.length) {
      const wanted = Math.max(size, FIRST_CAPACITY, Math.floor(node.data.length * 1.5));
      // Without room for the usual reserve, exactly what is asked for.
      const capacity = wanted - node.data.length > this.quota.freeBytes ? size : wanted;
      this.quota.take(capacity - node.data.length);
      const data = new Uint8Array(capacity);
      data.set(node.data.subarray(0, node.size));
      node.data = data;
    } else if (size < node.size) node.data.fill(0, size, node.size);
    node.size = size;
    this.touch(node);
  }

  touch(node: FileNode): void {
    node.mtime = this.now;
    node.ctime = node.mtime;
    node.changed = true;
  }

  /** Gives back what nobody can reach any more. */
  release(node: Node): void {
    if (node.links > 0 || node.opens > 0) return;
    if (node.type === 'file' && !node.shared) {
      this.quota.give(node.data.length);
      node.data = new Uint8Array(0);
      node.size = 0;
    } else if (node.type === 'pipe') {
      this.quota.give(node.pipe.bytes);
      node.pipe.chunks.length = 0;
      node.pipe.bytes = 0;
    }
  }
}
