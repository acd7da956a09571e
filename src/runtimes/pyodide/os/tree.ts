/** Names in the guest's file system: paths to nodes, and what makes and removes names. */
import { utf8Encode } from '../../cell/utf8.ts';
import { fail } from './errno.ts';
import type { DirNode, Inodes, Node } from './nodes.ts';

const MAX_PATH = 4096;
const MAX_NAME = 255;
const MAX_LINKS = 40;

/** The caller takes no longer path back, and no name with control characters: see policy/paths.ts. */
const MAX_PATH_CHARS = 1024;

/** A new name must fit an entry of a directory's listing, and with all that lies below it the path that the caller gets. */
function checkName(dir: DirNode, name: string, below: number): void {
  if (/\p{Cc}/u.test(name)) fail('EILSEQ');
  if (name.length > MAX_NAME || utf8Encode(name).length > MAX_NAME) fail('ENAMETOOLONG');
  if (pathLength(dir) + 1 + name.length + below > MAX_PATH_CHARS) fail('ENAMETOOLONG');
}

/** Characters of a directory's path; 0 for the root. */
function pathLength(dir: DirNode): number {
  let length = 0;
  for (let at = dir; at.parent !== at; at = at.parent) length += 1 + at.name.length;
  return length;
}

/** Characters that the longest path below a node adds to its own. */
function extent(node: Node): number {
  let longest = 0;
  const open: [number, Node][] = [[0, node]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [length, { type }] = next;
    longest = Math.max(longest, length);
    if (type !== 'dir') continue;
    for (const [name, inner] of (next[1] as DirNode).entries) open.push([length + 1 + name.length, inner]);
  }
  return longest;
}

export interface Place {
  readonly dir: DirNode;
  /** '' when the path names the directory itself, such as `/` or `a/..`. */
  readonly name: string;
  readonly node: Node | null;
  /** The path ends with a slash: only a directory will do. */
  readonly mustBeDir: boolean;
}

export class Tree {
  readonly inodes: Inodes;
  readonly root: DirNode;
  cwd: DirNode;

  constructor(inodes: Inodes) {
    this.inodes = inodes;
    this.root = inodes.dir(null, '', 0o755);
    this.cwd = this.root;
  }

  /** Finds where a path leads. All but its last part must exist. */
  locate(path: string, from: DirNode, follow: boolean): Place {
    if (path === '') fail('ENOENT');
    if (path.length > MAX_PATH) fail('ENAMETOOLONG');
    let dir = path.startsWith('/') ? this.root : from;
    /** Parts still to walk, the next one last. */
    const parts = path.split('/').reverse();
    let mustBeDir = path.endsWith('/');
    let links = 0;
    for (;;) {
      const name = parts.pop();
      if (name === undefined) return { dir, name: '', node: dir, mustBeDir };
      if (name === '' || name === '.') continue;
      if (name.length > MAX_NAME) fail('ENAMETOOLONG');
      if (name === '..') {
        dir = dir.parent;
        continue;
      }
      const last = parts.every(part => part === '' || part === '.');
      const node = dir.entries.get(name) ?? null;
      if (node?.type === 'link' && (!last || follow || mustBeDir)) {
        links++;
        if (links > MAX_LINKS) fail('ELOOP');
        const { target } = node;
        if (target === '') fail('ENOENT');
        if (target.startsWith('/')) dir = this.root;
        if (last && target.endsWith('/')) mustBeDir = true;
        if (parts.length > MAX_PATH) fail('ENAMETOOLONG');
        parts.push(...target.split('/').reverse());
        continue;
      }
      if (last) {
        if (mustBeDir && node !== null && node.type !== 'dir') fail('ENOTDIR');
        return { dir, name, node, mustBeDir };
      }
      if (node === null) fail('ENOENT');
      if (node.type !== 'dir') fail('ENOTDIR');
      dir = node;
    }
  }

  /** The node at a path, which must exist. */
  find(path: string, from: DirNode, follow: boolean): Node {
    return this.locate(path, from, follow).node ?? fail('ENOENT');
  }

  /** Puts a new node under a name nobody uses. */
  add(dir: DirNode, name: string, make: () => Node): Node {
    if (dir.readOnly) fail('EROFS');
    checkName(dir, name, 0);
    // A removed directory that is still someone's working directory.
    if (dir.links === 0) fail('ENOENT');
    this.inodes.quota.takeNode(name.length);
    const node = make();
    dir.entries.set(name, node);
    dir.mtime = this.inodes.now;
    return node;
  }

  mkdir(path: string, from: DirNode, mode: number): DirNode {
    const { dir, name, node } = this.locate(path, from, false);
    if (node !== null) fail('EEXIST');
    return this.add(dir, name, () => this.inodes.dir(dir, name, mode)) as DirNode;
  }

  symlink(target: string, path: string, from: DirNode): void {
    if (target.length > MAX_PATH) fail('ENAMETOOLONG');
    const { dir, name, node, mustBeDir } = this.locate(path, from, false);
    if (node !== null) fail('EEXIST');
    if (mustBeDir) fail('ENOENT');
    this.inodes.quota.take(target.length);
    try {
      this.add(dir, name, () => this.inodes.link(target));
    } catch (error) {
      this.inodes.quota.give(target.length);
      throw error;
    }
  }

  #removeName(dir: DirNode, name: string, node: Node): void {
    dir.entries.delete(name);
    dir.mtime = this.inodes.now;
    this.inodes.quota.giveNode(name.length);
    if (node.type === 'link') this.inodes.quota.give(node.target.length);
    node.links--;
    this.inodes.release(node);
  }

  unlink(path: string, from: DirNode): void {
    const { dir, name, node } = this.locate(path, from, false);
    if (node === null) fail('ENOENT');
    if (node.type === 'dir') fail('EISDIR');
    if (dir.readOnly) fail('EROFS');
    this.#removeName(dir, name, node);
  }

  rmdir(path: string, from: DirNode): void {
    const { dir, name, node } = this.locate(path, from, false);
    if (node === null) fail('ENOENT');
    if (node.type !== 'dir') fail('ENOTDIR');
    if (name === '' || node === this.cwd) fail('EBUSY');
    if (node.entries.size > 0) fail('ENOTEMPTY');
    if (dir.readOnly || node.readOnly) fail('EROFS');
    this.#removeName(dir, name, node);
  }

  rename(from: string, fromDir: DirNode, to: string, toDir: DirNode): void {
    const source = this.locate(from, fromDir, false);
    const target = this.locate(to, toDir, false);
    const { node } = source;
    if (node === null) fail('ENOENT');
    if (source.name === '' || target.name === '') fail('EBUSY');
    if (source.dir.readOnly || target.dir.readOnly || (node.type === 'dir' && node.readOnly)) fail('EROFS');
    if (target.dir.links === 0) fail('ENOENT');
    if (target.node === node) return;
    if (node.type === 'dir') {
      for (let dir = target.dir; ; dir = dir.parent) {
        if (dir === node) fail('EINVAL');
        if (dir.parent === dir) break;
      }
    }
    if (target.node !== null) {
      if (target.node.type === 'dir') {
        if (node.type !== 'dir') fail('EISDIR');
        if (target.node.entries.size > 0) fail('ENOTEMPTY');
        if (target.node.readOnly) fail('EROFS');
      } else if (node.type === 'dir') fail('ENOTDIR');
    } else if (target.mustBeDir && node.type !== 'dir') fail('ENOTDIR');
    checkName(target.dir, target.name, extent(node));
    this.inodes.quota.take(target.name.length);
    if (target.node !== null) this.#removeName(target.dir, target.name, target.node);
    source.dir.entries.delete(source.name);
    this.inodes.quota.give(source.name.length);
    target.dir.entries.set(target.name, node);
    if (node.type === 'dir') {
      node.parent = target.dir;
      node.name = target.name;
    } else if (node.type === 'file') node.changed = true;
    source.dir.mtime = this.inodes.now;
    target.dir.mtime = source.dir.mtime;
  }

  /** Absolute path of a directory. */
  pathOf(dir: DirNode): string {
    if (dir.links === 0) fail('ENOENT');
    const parts: string[] = [];
    let length = 0;
    for (let at = dir; at.parent !== at; at = at.parent) {
      parts.push(at.name);
      length += at.name.length + 1;
      if (length > MAX_PATH) fail('ERANGE');
    }
    return `/${parts.reverse().join('/')}`;
  }

  chdir(node: Node): void {
    if (node.type !== 'dir') fail('ENOTDIR');
    this.cwd = node;
  }
}
