/** Open files: descriptors, and what reading, writing and seeking mean for each kind of node. */
import { fail } from './errno.ts';
import type { DirNode, FileNode, Node, Pipe } from './nodes.ts';
import type { Tree } from './tree.ts';

export const O_ACCMODE = 3;
export const O_WRONLY = 1;
export const O_RDWR = 2;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_TRUNC = 0o1000;
export const O_APPEND = 0o2000;
export const O_NONBLOCK = 0o4000;
export const O_DIRECTORY = 0o200000;
export const O_NOFOLLOW = 0o400000;
const O_TMPFILE = 0o20000000;
/** What `fcntl(F_SETFL)` may change. */
export const SETTABLE_FLAGS: number = O_APPEND | O_NONBLOCK;

const PIPE_BYTES = 65_536;

/** An open description; several descriptors may share one. */
export interface OpenFile {
  readonly node: Node;
  flags: number;
  position: number;
  references: number;
  /** Of a directory, as it was when its reading began. */
  listing: readonly string[] | null;
}

export class Files {
  readonly tree: Tree;
  readonly #open: (OpenFile | null)[] = [];
  readonly #maxOpen: number;
  #count = 0;

  constructor(tree: Tree, maxOpen: number) {
    this.tree = tree;
    this.#maxOpen = maxOpen;
  }

  get(fd: number): OpenFile {
    return this.#open[fd] ?? fail('EBADF');
  }

  has(fd: number): boolean {
    return (this.#open[fd] ?? null) !== null;
  }

  /** Where a path that is not absolute starts. */
  base(dirfd: number): DirNode {
    if (dirfd === -100) return this.tree.cwd;
    const { node } = this.get(dirfd);
    return node.type === 'dir' ? node : fail('ENOTDIR');
  }

  #install(file: OpenFile, lowest = 0): number {
    if (this.#count >= this.#maxOpen) fail('EMFILE');
    let fd = lowest;
    while (this.has(fd)) fd++;
    while (this.#open.length < fd) this.#open.push(null);
    this.#open[fd] = file;
    this.#count++;
    return fd;
  }

  openNode(node: Node, flags: number): number {
    const file: OpenFile = { node, flags, position: 0, references: 1, listing: null };
    const fd = this.#install(file);
    node.opens++;
    if (node.type === 'pipe') {
      if ((flags & O_ACCMODE) === 0) node.pipe.readers++;
      else node.pipe.writers++;
    }
    return fd;
  }

  open(path: string, from: DirNode, flags: number, mode: number): number {
    if ((flags & O_TMPFILE) !== 0) fail('EINVAL');
    const creating = (flags & O_CREAT) !== 0;
    const exclusive = creating && (flags & O_EXCL) !== 0;
    const place = this.tree.locate(path, from, (flags & O_NOFOLLOW) === 0 && !exclusive);
    let { node } = place;
    if (node === null) {
      if (!creating) fail('ENOENT');
      if (place.mustBeDir) fail('EISDIR');
      if (this.#count >= this.#maxOpen) fail('EMFILE');
      node = this.tree.add(place.dir, place.name, () => this.tree.inodes.file(mode));
      if (node.type === 'file') node.changed = true;
      return this.openNode(node, flags);
    }
    if (exclusive) fail('EEXIST');
    if (node.type === 'link') fail('ELOOP');
    if ((flags & O_DIRECTORY) !== 0 && node.type !== 'dir') fail('ENOTDIR');
    const writing = (flags & O_ACCMODE) !== 0;
    if (node.type === 'dir' && (writing || creating)) fail('EISDIR');
    if (node.type === 'file' && writing && node.readOnly) fail('EROFS');
    if (this.#count >= this.#maxOpen) fail('EMFILE');
    if (node.type === 'file' && writing && (flags & O_TRUNC) !== 0) this.tree.inodes.resize(node, 0);
    return this.openNode(node, flags);
  }

  close(fd: number): void {
    const file = this.get(fd);
    this.#open[fd] = null;
    this.#count--;
    file.references--;
    if (file.references > 0) return;
    const { node } = file;
    node.opens--;
    if (node.type === 'pipe') {
      if ((file.flags & O_ACCMODE) === 0) node.pipe.readers--;
      else node.pipe.writers--;
      if (node.opens === 0) node.links = 0;
    }
    this.tree.inodes.release(node);
  }

  dup(fd: number, lowest = 0): number {
    const file = this.get(fd);
    if (lowest >= this.#maxOpen) fail('EINVAL');
    const copy = this.#install(file, lowest);
    file.references++;
    return copy;
  }

  dup3(fd: number, wanted: number): number {
    const file = this.get(fd);
    if (fd === wanted) fail('EINVAL');
    if (wanted < 0 || wanted >= this.#maxOpen) fail('EBADF');
    file.references++;
    try {
      if (this.has(wanted)) this.close(wanted);
      this.#install(file, wanted);
    } catch (error) {
      file.references--;
      throw error;
    }
    return wanted;
  }

  pipe(): readonly [number, number] {
    const { inodes } = this.tree;
    if (this.#count + 2 > this.#maxOpen) fail('EMFILE');
    const node = inodes.pipe();
    return [this.openNode(node, 0), this.openNode(node, O_WRONLY)];
  }

  read(file: OpenFile, into: Uint8Array, at: number | null): number {
    if ((file.flags & O_ACCMODE) === O_WRONLY) fail('EBADF');
    const { node } = file;
    if (node.type === 'dir') fail('EISDIR');
    if (node.type === 'device') return node.device.read(into);
    if (node.type === 'pipe') {
      const taken = readPipe(node.pipe, into);
      this.tree.inodes.quota.give(taken);
      return taken;
    }
    if (node.type !== 'file') fail('EINVAL');
    const from = at ?? file.position;
    const count = Math.max(0, Math.min(into.length, node.size - from));
    if (count > 0) into.set(node.data.subarray(from, from + count));
    if (at === null) file.position = from + count;
    return count;
  }

  write(file: OpenFile, bytes: Uint8Array, at: number | null): number {
    if ((file.flags & O_ACCMODE) === 0) fail('EBADF');
    const { node } = file;
    if (node.type === 'device') return node.device.write(bytes);
    if (node.type === 'pipe') return this.#writePipe(node.pipe, bytes);
    if (node.type !== 'file') fail('EINVAL');
    const { inodes } = this.tree;
    const from = at ?? ((file.flags & O_APPEND) !== 0 ? node.size : file.position);
    if (bytes.length > 0) {
      if (from + bytes.length > node.size) inodes.resize(node, from + bytes.length);
      else inodes.touch(node);
      node.data.set(bytes, from);
    }
    if (at === null) file.position = from + bytes.length;
    return bytes.length;
  }

  #writePipe(pipe: Pipe, bytes: Uint8Array): number {
    if (pipe.readers === 0) fail('EPIPE');
    const room = Math.min(PIPE_BYTES - pipe.bytes, bytes.length);
    // Nobody else runs who could make room.
    if (room <= 0 && bytes.length > 0) fail('EAGAIN');
    this.tree.inodes.quota.take(room);
    pipe.chunks.push(bytes.slice(0, room));
    pipe.bytes += room;
    return room;
  }

  seek(file: OpenFile, offset: number, whence: number): number {
    const { node } = file;
    if (node.type !== 'file' && node.type !== 'dir') fail('ESPIPE');
    const base =
      whence === 0 ? 0 : whence === 1 ? file.position : whence === 2 && node.type === 'file' ? node.size : -1;
    if (base < 0) fail('EINVAL');
    const position = base + offset;
    if (!Number.isSafeInteger(position) || position < 0) fail('EINVAL');
    if (node.type === 'dir') {
      if (position !== 0 && position > (file.listing?.length ?? 0)) fail('EINVAL');
      if (position === 0) file.listing = null;
    }
    file.position = position;
    return position;
  }

  /** Names from where the last call ended; `advance` says how many of them were taken. */
  list(file: OpenFile): readonly { readonly name: string; readonly node: Node }[] {
    const { node } = file;
    if (node.type !== 'dir') fail('ENOTDIR');
    file.listing ??= ['.', '..', ...node.entries.keys()];
    const left: { name: string; node: Node }[] = [];
    for (const name of file.listing.slice(file.position)) {
      const child = name === '.' ? node : name === '..' ? node.parent : node.entries.get(name);
      // Removed since: shown with the directory's own number, so that positions stay what they are.
      left.push({ name, node: child ?? node });
    }
    return left;
  }

  truncate(node: Node, size: number): void {
    if (node.type === 'dir') fail('EISDIR');
    if (node.type !== 'file') fail('EINVAL');
    this.tree.inodes.resize(node, size);
  }

  /** Whether reading or writing would not wait. */
  ready(file: OpenFile): { readonly read: boolean; readonly write: boolean; readonly hangUp: boolean } {
    const { node, flags } = file;
    if (node.type !== 'pipe') return { read: true, write: true, hangUp: false };
    const { pipe } = node;
    return (flags & O_ACCMODE) === 0
      ? { read: pipe.bytes > 0 || pipe.writers === 0, write: false, hangUp: pipe.writers === 0 }
      : { read: false, write: pipe.bytes < PIPE_BYTES, hangUp: pipe.readers === 0 };
  }

  /** Files and directories that differ from what the run began with, below a directory. */
  changed(root: DirNode): [string, FileNode][] {
    const found: [string, FileNode][] = [];
    const open: [string, DirNode][] = [[this.tree.pathOf(root), root]];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const [path, dir] = next;
      for (const [name, node] of dir.entries) {
        const full = path === '/' ? `/${name}` : `${path}/${name}`;
        if (node.type === 'dir') open.push([full, node]);
        else if (node.type === 'file' && node.changed) found.push([full, node]);
      }
    }
    return found;
  }
}

function readPipe(pipe: Pipe, into: Uint8Array): number {
  // With writers left a reader would wait for ever: nobody else runs.
  if (pipe.bytes === 0) return pipe.writers === 0 || into.length === 0 ? 0 : fail('EAGAIN');
  let count = 0;
  while (count < into.length) {
    const chunk = pipe.chunks[0];
    if (chunk === undefined) break;
    const part = chunk.subarray(0, into.length - count);
    into.set(part, count);
    count += part.length;
    if (part.length === chunk.length) pipe.chunks.shift();
    else pipe.chunks[0] = chunk.subarray(part.length);
  }
  pipe.bytes -= count;
  return count;
}
