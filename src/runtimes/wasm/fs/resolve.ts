/**
 * From a path to a place, component by component. `..` never leads above the directory the path is relative to, and a
 * link is followed by the same rules: there is no way to name anything outside.
 */
import { wasi } from '@bjorn3/browser_wasi_shim';
import { Errno } from './errno.ts';
import { DirNode, type Node } from './nodes.ts';

export interface Place {
  /** The directory that holds the name. */
  readonly directory: DirNode;
  /** '' when the path leads to the starting directory itself, or ends in `.` or `..`. */
  readonly name: string;
  readonly node: Node | null;
  /** The path ends in a slash: only a directory will do. */
  readonly wantsDirectory: boolean;
}

const MAX_LINKS = 8;
const MAX_PATH = 4096;
const MAX_NAME = 255;

function partsOf(path: string): string[] {
  if (path.startsWith('/')) throw new Errno(wasi.ERRNO_PERM);
  return path.split('/').filter(part => part !== '' && part !== '.');
}

/** @throws Errno */
export function resolve(base: DirNode, path: string, follow: boolean): Place {
  if (path === '') throw new Errno(wasi.ERRNO_NOENT);
  if (path.length > MAX_PATH) throw new Errno(wasi.ERRNO_NAMETOOLONG);
  if (path.includes('\0')) throw new Errno(wasi.ERRNO_INVAL);
  const stack: DirNode[] = [base];
  // The next part is the last of this list.
  const parts = partsOf(path).reverse();
  // `dir/.` is `dir/`.
  const wantsDirectory = path.endsWith('/') || path.endsWith('/.');
  let links = 0;
  for (;;) {
    const directory = stack.at(-1) as DirNode;
    const part = parts.pop();
    if (part === undefined) return { directory, name: '', node: directory, wantsDirectory };
    if (part === '..') {
      if (stack.length === 1) throw new Errno(wasi.ERRNO_PERM);
      stack.pop();
      continue;
    }
    if (part.length > MAX_NAME) throw new Errno(wasi.ERRNO_NAMETOOLONG);
    const node = directory.get(part);
    const isLast = parts.length === 0;
    if (node?.kind === 'link' && (!isLast || follow || wantsDirectory)) {
      if (++links > MAX_LINKS) throw new Errno(wasi.ERRNO_LOOP);
      parts.push(...partsOf(node.target).reverse());
      continue;
    }
    if (isLast) return { directory, name: part, node, wantsDirectory };
    if (node === null) throw new Errno(wasi.ERRNO_NOENT);
    if (!(node instanceof DirNode)) throw new Errno(wasi.ERRNO_NOTDIR);
    stack.push(node);
  }
}

/** The place of something that is there. @throws Errno */
export function find(base: DirNode, path: string, follow: boolean): Place & { readonly node: Node } {
  const place = resolve(base, path, follow);
  const { node } = place;
  if (node === null) throw new Errno(wasi.ERRNO_NOENT);
  if (place.wantsDirectory && node.kind !== 'directory') throw new Errno(wasi.ERRNO_NOTDIR);
  return { ...place, node };
}

/** A place that has a name, so that something can be put or taken away there. @throws Errno */
export function named(base: DirNode, path: string): Place {
  const place = resolve(base, path, false);
  if (place.name === '') throw new Errno(wasi.ERRNO_INVAL);
  return place;
}
