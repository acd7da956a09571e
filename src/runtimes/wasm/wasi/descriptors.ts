/** What a guest holds: standard streams, files and directories. What a kind does not implement, its base refuses. */
import { Fd, wasi } from '@bjorn3/browser_wasi_shim';
import { contentBytes, type DirNode, Errno, FILE_TYPES, type FileNode, type Node } from '../fs/index.ts';
import { directoryRights, fileRights, INPUT_RIGHTS, OUTPUT_RIGHTS } from './rights.ts';

export interface Stat {
  readonly ino: bigint;
  readonly type: number;
  readonly nlink: number;
  readonly size: number;
  readonly atim: bigint;
  readonly mtim: bigint;
  readonly ctim: bigint;
}

export function statOf(node: Node): Stat {
  const { ino, nlink, atim, mtim, ctim, kind } = node;
  return { ino, type: FILE_TYPES[kind], nlink, size: contentBytes(node), atim, mtim, ctim };
}

const STREAM: Omit<Stat, 'type'> = { ino: 0n, nlink: 1, size: 0, atim: 0n, mtim: 0n, ctim: 0n };
/** Copied at a time. */
const OUTPUT_PART = 65_536;
const ALL_FLAGS: number =
  wasi.FDFLAGS_APPEND | wasi.FDFLAGS_DSYNC | wasi.FDFLAGS_NONBLOCK | wasi.FDFLAGS_RSYNC | wasi.FDFLAGS_SYNC;

/** @throws Errno INVAL */
export function checkFlags(flags: number): void {
  if ((flags & ~ALL_FLAGS) !== 0) throw new Errno(wasi.ERRNO_INVAL);
}

/** The base refuses everything, as the shim's does; each kind allows what it can. */
export abstract class Descriptor extends Fd {
  abstract readonly type: number;
  flags = 0;
  rights: bigint;
  inheriting: bigint;

  constructor(rights: bigint, inheriting: bigint) {
    super();
    this.rights = rights;
    this.inheriting = inheriting;
  }

  abstract stat(): Stat;

  /** @throws Errno NOTCAPABLE */
  need(right: number): void {
    if ((this.rights & BigInt(right)) === 0n) throw new Errno(wasi.ERRNO_NOTCAPABLE);
  }

  /** Rights are only ever given up. */
  setRights(rights: bigint, inheriting: bigint): void {
    if ((rights & ~this.rights) !== 0n || (inheriting & ~this.inheriting) !== 0n)
      throw new Errno(wasi.ERRNO_NOTCAPABLE);
    this.rights = rights;
    this.inheriting = inheriting;
  }

  /** Bytes from here on, at most `length`: a view. */
  read(_length: number): Uint8Array {
    throw new Errno(wasi.ERRNO_BADF);
  }

  /** Takes all of it, or throws. */
  write(_data: Uint8Array): void {
    throw new Errno(wasi.ERRNO_BADF);
  }

  close(): void {}
}

export class InputStream extends Descriptor {
  readonly type: number = wasi.FILETYPE_CHARACTER_DEVICE;
  #rest: Uint8Array;

  constructor(bytes: Uint8Array) {
    super(INPUT_RIGHTS, 0n);
    this.#rest = bytes;
  }

  get available(): number {
    return this.#rest.length;
  }

  stat(): Stat {
    return { ...STREAM, type: this.type };
  }

  override read(length: number): Uint8Array {
    const part = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(part.length);
    return part;
  }
}

export class OutputStream extends Descriptor {
  readonly type: number = wasi.FILETYPE_CHARACTER_DEVICE;
  readonly #take: (bytes: Uint8Array) => void;

  constructor(take: (bytes: Uint8Array) => void) {
    super(OUTPUT_RIGHTS, 0n);
    this.#take = take;
  }

  stat(): Stat {
    return { ...STREAM, type: this.type };
  }

  /** In parts: whoever takes them ends the guest before much more is copied than it may write. */
  override write(data: Uint8Array): void {
    for (let at = 0; at < data.length; at += OUTPUT_PART) this.#take(data.slice(at, at + OUTPUT_PART));
  }
}

export class OpenFile extends Descriptor {
  readonly type: number = wasi.FILETYPE_REGULAR_FILE;
  readonly node: FileNode;
  position = 0;

  constructor(node: FileNode, writable: boolean, wanted: bigint, flags: number) {
    super(fileRights(writable) & wanted, 0n);
    this.node = node;
    this.flags = flags;
    node.opened++;
  }

  stat(): Stat {
    return statOf(this.node);
  }

  override read(length: number): Uint8Array {
    const part = this.node.view(this.position, this.position + length);
    this.position += part.length;
    return part;
  }

  /** Where something written at `offset` really goes. */
  target(offset: number): number {
    return (this.flags & wasi.FDFLAGS_APPEND) !== 0 ? this.node.size : offset;
  }

  override write(data: Uint8Array): void {
    const at = this.target(this.position);
    this.node.write(at, data);
    this.position = at + data.length;
  }

  override close(): void {
    this.node.opened--;
    this.node.release();
  }
}

export class OpenDirectory extends Descriptor {
  readonly type: number = wasi.FILETYPE_DIRECTORY;
  readonly node: DirNode;
  readonly writable: boolean;
  /** The path of a mount; null for what was opened inside of one. */
  readonly preopen: string | null;

  constructor(node: DirNode, writable: boolean, preopen: string | null, wanted: bigint, inheriting: bigint) {
    super(
      directoryRights(writable) & wanted,
      (directoryRights(writable) | fileRights(writable)) & inheriting,
    );
    this.node = node;
    this.writable = writable;
    this.preopen = preopen;
  }

  stat(): Stat {
    return statOf(this.node);
  }
}

/** The guest's descriptors, at most as many as its quota. */
export class Descriptors {
  readonly #slots: (Descriptor | null)[] = [];
  readonly #most: number;
  #open = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** @throws Errno BADF */
  get(fd: number): Descriptor {
    return this.#slots[fd] ?? bad();
  }

  /** @throws Errno MFILE, before anything is opened */
  checkRoom(): void {
    if (this.#open >= this.#most) throw new Errno(wasi.ERRNO_MFILE);
  }

  add(descriptor: Descriptor): number {
    this.checkRoom();
    const free = this.#slots.indexOf(null);
    const fd = free < 0 ? this.#slots.length : free;
    this.#slots[fd] = descriptor;
    this.#open++;
    return fd;
  }

  /** @throws Errno BADF */
  close(fd: number): void {
    this.get(fd).close();
    this.#slots[fd] = null;
    this.#open--;
  }

  /** `from` becomes `to`, which is closed. @throws Errno BADF */
  renumber(from: number, to: number): void {
    const moved = this.get(from);
    this.get(to);
    if (from === to) return;
    this.close(to);
    this.#slots[from] = null;
    this.#slots[to] = moved;
  }
}

function bad(): never {
  throw new Errno(wasi.ERRNO_BADF);
}

/** @throws Errno BADF or NOTDIR */
export function directory(descriptor: Descriptor): OpenDirectory {
  if (descriptor instanceof OpenDirectory) return descriptor;
  throw new Errno(wasi.ERRNO_NOTDIR);
}

/** @throws Errno BADF or ISDIR */
export function file(descriptor: Descriptor): OpenFile {
  if (descriptor instanceof OpenFile) return descriptor;
  throw new Errno(descriptor instanceof OpenDirectory ? wasi.ERRNO_ISDIR : wasi.ERRNO_SPIPE);
}
