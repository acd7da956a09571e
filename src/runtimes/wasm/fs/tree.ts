/** The guest's file system: mounts, and what is done to names in them. In memory, within its quota. */
import { wasi } from '@bjorn3/browser_wasi_shim';
import { utf8Encode } from '../../cell/utf8.ts';
import { Errno } from './errno.ts';
import { contentBytes, DirNode, FileNode, type LinkNode, type Node } from './nodes.ts';
import { type FileQuota, Usage } from './quota.ts';
import type { Place } from './resolve.ts';

export interface Mount {
  /** As the guest sees it: `/data`. */
  readonly path: string;
  readonly writable: boolean;
  readonly root: DirNode;
}

const MILLISECOND = 1_000_000n;
/** The caller takes no longer path back, and no name with control characters: see policy/paths.ts. */
const MAX_PATH_CHARS = 1024;

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

  /** Nodes that are there, each once for every name. */
  get inodes(): number {
    return this.#usage.inodes;
  }

  get now(): bigint {
    return BigInt(Math.floor(this.#now())) * MILLISECOND;
  }

  /** Opens a directory to the guest. */
  mount(path: string, mode: 'read' | 'write'): void {
    this.#usage.addNode(0);
    const root = new DirNode(this.#nextIno++, this.now, null, path === '/' ? '' : path, this.#usage);
    root.nlink = 1;
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

  /** What the guest made or changed below writable mounts: path → contents, views of them. */
  changed(): [string, Uint8Array][] {
    const found: [string, Uint8Array][] = [];
    const visit = (directory: DirNode, prefix: string): void => {
      for (const [name, { node }] of directory.entries) {
        if (node.kind === 'directory') visit(node, `${prefix}${name}/`);
        else if (node.kind === 'file' && node.changed) found.push([`${prefix}${name}`, node.view()]);
      }
    };
    for (const { path, writable, root } of this.mounts) if (writable) visit(root, below(path));
    return found;
  }

  makeFile(directory: DirNode, name: string): FileNode {
    const made = new FileNode(this.#nextIno++, this.now, this.#usage);
    this.link(directory, name, made);
    return made;
  }

  makeDirectory(directory: DirNode, name: string): DirNode {
    if (directory.depth + 1 > this.quota.depth) throw new Errno(wasi.ERRNO_NOSPC);
    const made = new DirNode(this.#nextIno++, this.now, directory, name, this.#usage);
    this.link(directory, name, made);
    return made;
  }

  makeLink(directory: DirNode, name: string, target: string): void {
    const now = this.now;
    const times = { atim: now, mtim: now, ctim: now };
    const size = utf8Encode(target).length;
    const made: LinkNode = { kind: 'link', ino: this.#nextIno++, nlink: 0, ...times, target, size };
    this.link(directory, name, made);
  }

  /**
   * Gives a node a name, its first or another one. Each counts as a node with all its contents: whoever gets the tree
   * afterwards gets a file for each. @throws Errno, with nothing changed
   */
  link(directory: DirNode, name: string, node: Node): void {
    checkName(directory, name, 0);
    const bytes = contentBytes(node);
    this.#usage.addNode(bytes);
    try {
      directory.set(name, node);
    } catch (error) {
      this.#usage.removeNode(bytes);
      throw error;
    }
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
    const below = extent(node);
    checkName(to.directory, to.name, below.pathLength);
    if (node instanceof DirNode && to.directory.depth + 1 + below.depth > this.quota.depth)
      throw new Errno(wasi.ERRNO_NOSPC);
    // Room for the new name first: a rename that fails must leave everything as it was.
    const replaced = to.node;
    to.directory.set(to.name, node);
    from.directory.delete(from.name);
    if (node instanceof DirNode) {
      node.parent = to.directory;
      node.name = to.name;
    }
    // What has a new path is a new file to whoever gets it.
    markChanged(node);
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

  #touch(directory: DirNode): void {
    directory.mtim = this.now;
    directory.ctim = directory.mtim;
  }

  #drop(node: Node): void {
    node.nlink--;
    // Its last name: whoever has it open still holds its bytes.
    if (node instanceof FileNode && node.nlink === 0) node.release();
    else this.#usage.removeNode(contentBytes(node));
    if (node instanceof DirNode) node.removed = true;
  }
}

/** What the paths below a mount begin with. */
const below = (path: string): string => (path === '/' ? path : `${path}/`);

function contains(directory: DirNode, other: DirNode): boolean {
  for (let above: DirNode | null = other; above !== null; above = above.parent)
    if (above === directory) return true;
  return false;
}

/** Directories inside one another below a node, and the characters that its longest path adds to its own. */
function extent(node: Node): { readonly depth: number; readonly pathLength: number } {
  let depth = 0;
  let pathLength = 0;
  if (node instanceof DirNode) {
    for (const [name, { node: inner }] of node.entries) {
      const below = extent(inner);
      if (inner instanceof DirNode) depth = Math.max(depth, 1 + below.depth);
      pathLength = Math.max(pathLength, 1 + name.length + below.pathLength);
    }
  }
  return { depth, pathLength };
}

function markChanged(node: Node): void {
  if (node instanceof FileNode) node.changed = true;
  else if (node instanceof DirNode) for (const { node: inner } of node.entries.values()) markChanged(inner);
}

/** `below` is what the longest path below the name adds to it. @throws Errno ILSEQ or NAMETOOLONG */
function checkName(directory: DirNode, name: string, below: number): void {
  if (/\p{Cc}/u.test(name)) throw new Errno(wasi.ERRNO_ILSEQ);
  if (directory.pathLength + 1 + name.length + below > MAX_PATH_CHARS)
    throw new Errno(wasi.ERRNO_NAMETOOLONG);
}
