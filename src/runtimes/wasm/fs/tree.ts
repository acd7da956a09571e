/** The guest's file system: mounts, and what is done to names in them. In memory, within its quota. */
import { wasi } from '@bjorn3/browser_wasi_shim';
import { Errno } from './errno.ts';
import { DirNode, FileNode, type LinkNode, type Node } from './nodes.ts';
import { type FileQuota, Usage } from './quota.ts';
import type { Place } from './resolve.ts';

export interface Mount {
  /** As the guest sees it: `/data`. */
  readonly path: string;
  readonly writable: boolean;
  readonly root: DirNode;
}

const MILLISECOND = 1_000_000n;

export class FileTree {
  readonly quota: FileQuota;
  readonly mounts: Mount[] = [];
  readonly #usage: Usage;
  readonly #now: () => number;
  #nextIno = 1n;

  /** `now` answers milliseconds since the epoch. */
  constructor(quota: FileQuota, now: () => number) {
    this.quota = quota;
    this.#now = now;
    this.#usage = new Usage(quota);
  }

  get now(): bigint {
    return BigInt(Math.floor(this.#now())) * MILLISECOND;
  }

  /** Opens a directory to the guest. */
  mount(path: string, mode: 'read' | 'write'): void {
    this.#usage.addNode();
    const root = new DirNode(this.#nextIno++, this.now, null, this.#usage);
    this.mounts.push({ path, writable: mode === 'write', root });
  }

  /** Puts a file of the host's there; the path is canonical and lies below a mount. */
  add(path: string, bytes: Uint8Array): void {
    const mount = this.mounts.find(({ path: root }) => path.startsWith(below(root))) as Mount;
    const names = path.slice(below(mount.path).length).split('/');
    const name = names.pop() as string;
    let directory = mount.root;
    for (const part of names) {
      const next = directory.get(part) ?? this.makeDirectory(directory, part);
      if (!(next instanceof DirNode)) throw new Errno(wasi.ERRNO_NOTDIR);
      directory = next;
    }
    const file = this.makeFile(directory, name);
    file.write(0, bytes);
    file.changed = false;
  }

  /** What the guest made or changed below writable mounts: path → contents. */
  changed(): [string, Uint8Array][] {
    const found: [string, Uint8Array][] = [];
    const visit = (directory: DirNode, prefix: string): void => {
      for (const [name, { node }] of directory.entries) {
        if (node.kind === 'directory') visit(node, `${prefix}${name}/`);
        else if (node.kind === 'file' && node.changed) found.push([`${prefix}${name}`, node.view().slice()]);
      }
    };
    for (const { path, writable, root } of this.mounts) if (writable) visit(root, below(path));
    return found;
  }

  makeFile(directory: DirNode, name: string): FileNode {
    return this.#put(directory, name, new FileNode(this.#newNode(), this.now, this.#usage));
  }

  makeDirectory(directory: DirNode, name: string): DirNode {
    if (directory.depth + 1 > this.quota.depth) throw new Errno(wasi.ERRNO_NOSPC);
    const made = new DirNode(this.#newNode(), this.now, directory, this.#usage);
    made.nlink = 0;
    return this.#put(directory, name, made);
  }

  makeLink(directory: DirNode, name: string, target: string): void {
    const now = this.now;
    const bytes = target.length * 3;
    this.#usage.take(bytes);
    try {
      const node: LinkNode = {
        kind: 'link',
        ino: this.#newNode(),
        nlink: 0,
        atim: now,
        mtim: now,
        ctim: now,
        target,
      };
      this.#put(directory, name, node);
    } catch (error) {
      this.#usage.give(bytes);
      throw error;
    }
  }

  link(directory: DirNode, name: string, node: Node): void {
    directory.set(name, node);
    node.nlink++;
    this.#touch(directory);
  }

  /** Takes a name away, and what it named with it when nothing else does. */
  unlink(directory: DirNode, name: string, node: Node): void {
    directory.delete(name);
    this.#touch(directory);
    this.#drop(node);
  }

  /** @throws Errno EXIST, NOTEMPTY, ISDIR, NOTDIR, INVAL or NOENT */
  rename(from: Place & { readonly node: Node }, to: Place): void {
    const { node } = from;
    if (to.node === node) return;
    if (node instanceof DirNode && contains(node, to.directory)) throw new Errno(wasi.ERRNO_INVAL);
    if (to.wantsDirectory && node.kind !== 'directory') throw new Errno(wasi.ERRNO_NOTDIR);
    if (to.directory.removed) throw new Errno(wasi.ERRNO_NOENT);
    if (to.node !== null) this.#checkReplaced(node, to.node);
    if (node instanceof DirNode && to.directory.depth + 1 + height(node) > this.quota.depth)
      throw new Errno(wasi.ERRNO_NOSPC);
    // Room for the new name first: a rename that fails must leave everything as it was.
    const replaced = to.node;
    to.directory.set(to.name, node);
    from.directory.delete(from.name);
    if (node instanceof DirNode) node.parent = to.directory;
    this.#touch(from.directory);
    this.#touch(to.directory);
    if (replaced !== null) this.#drop(replaced);
  }

  #checkReplaced(node: Node, replaced: Node): void {
    if (node.kind === 'directory') {
      if (!(replaced instanceof DirNode)) throw new Errno(wasi.ERRNO_NOTDIR);
      if (replaced.entries.size > 0) throw new Errno(wasi.ERRNO_NOTEMPTY);
    } else if (replaced.kind === 'directory') throw new Errno(wasi.ERRNO_ISDIR);
  }

  #newNode(): bigint {
    this.#usage.addNode();
    return this.#nextIno++;
  }

  #put<T extends Node>(directory: DirNode, name: string, node: T): T {
    try {
      this.link(directory, name, node);
      return node;
    } catch (error) {
      this.#usage.removeNode();
      throw error;
    }
  }

  #touch(directory: DirNode): void {
    directory.mtim = this.now;
    directory.ctim = directory.mtim;
  }

  #drop(node: Node): void {
    node.nlink--;
    if (node instanceof FileNode) node.release();
    else if (node.nlink <= 0) {
      if (node instanceof DirNode) node.removed = true;
      else this.#usage.give(node.target.length * 3);
      this.#usage.removeNode();
    }
  }
}

/** What the paths below a mount begin with. */
const below = (path: string): string => (path === '/' ? path : `${path}/`);

function contains(directory: DirNode, other: DirNode): boolean {
  for (let above: DirNode | null = other; above !== null; above = above.parent)
    if (above === directory) return true;
  return false;
}

function height(directory: DirNode): number {
  let highest = 0;
  for (const { node } of directory.entries.values())
    if (node instanceof DirNode) highest = Math.max(highest, 1 + height(node));
  return highest;
}
