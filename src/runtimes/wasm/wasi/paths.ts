/** The calls on names. */
import { wasi } from '@bjorn3/browser_wasi_shim';
import { utf8Encode } from '../../cell/utf8.ts';
import { DirNode, Errno, type FileTree, find, named, type Place, resolve } from '../fs/index.ts';
import {
  checkFlags,
  type Descriptor,
  type Descriptors,
  directory,
  OpenDirectory,
  OpenFile,
  statOf,
} from './descriptors.ts';
import { writeFilestat } from './encode.ts';
import { type FileCallsHost, setTimes } from './files.ts';
import type { Calls } from './preview1.ts';

const FOLLOW = 1;
const OPEN_FLAGS: number = wasi.OFLAGS_CREAT | wasi.OFLAGS_DIRECTORY | wasi.OFLAGS_EXCL | wasi.OFLAGS_TRUNC;
/** A path costs this much fuel in bytes copied, beside its own: each part of it is looked up. */
const LOOKUP_COST = 1024;
/** And each node in the tree this much, when a directory is moved. */
const MOVE_COST = 64;

/** @throws Errno INVAL for unknown bits */
function follows(flags: number): boolean {
  if ((flags & ~FOLLOW) !== 0) throw new Errno(wasi.ERRNO_INVAL);
  return flags !== 0;
}

export function pathCalls({ fds, tree, memory, pay }: FileCallsHost): Calls {
  const path = (at: number, length: number): string => {
    pay(LOOKUP_COST + length);
    return memory().path(at, length);
  };
  const base = (fd: number, right: number): OpenDirectory => {
    const opened = directory(fds.get(fd));
    opened.need(right);
    return opened;
  };
  /** A directory in which names may be changed. */
  const writable = (fd: number, right: number): OpenDirectory => {
    const opened = directory(fds.get(fd));
    if (!opened.writable) throw new Errno(wasi.ERRNO_ROFS);
    opened.need(right);
    return opened;
  };

  return {
    path_create_directory(fd: number, at: number, length: number) {
      const { node } = writable(fd, wasi.RIGHTS_PATH_CREATE_DIRECTORY);
      const place = resolve(node, path(at, length), false);
      if (place.node !== null || place.name === '') throw new Errno(wasi.ERRNO_EXIST);
      tree.makeDirectory(place.directory, place.name);
    },
    path_filestat_get(fd: number, flags: number, at: number, length: number, answer: number) {
      const { node } = base(fd, wasi.RIGHTS_PATH_FILESTAT_GET);
      const found = find(node, path(at, length), follows(flags));
      writeFilestat(memory(), answer, statOf(found.node));
    },
    path_filestat_set_times(
      fd: number,
      flags: number,
      at: number,
      length: number,
      atim: bigint,
      mtim: bigint,
      times: number,
    ) {
      const { node } = writable(fd, wasi.RIGHTS_PATH_FILESTAT_SET_TIMES);
      const found = find(node, path(at, length), follows(flags));
      setTimes(found.node, atim, mtim, times, tree.now);
    },
    path_link(
      oldFd: number,
      flags: number,
      oldAt: number,
      oldLength: number,
      newFd: number,
      newAt: number,
      newLength: number,
    ) {
      const from = writable(oldFd, wasi.RIGHTS_PATH_LINK_SOURCE);
      const to = writable(newFd, wasi.RIGHTS_PATH_LINK_TARGET);
      if (follows(flags)) throw new Errno(wasi.ERRNO_INVAL);
      sameMount(tree, from, to);
      const { node } = find(from.node, path(oldAt, oldLength), false);
      const place = named(to.node, path(newAt, newLength));
      if (place.node !== null) throw new Errno(wasi.ERRNO_EXIST);
      if (node.kind === 'directory') throw new Errno(wasi.ERRNO_PERM);
      if (place.wantsDirectory) throw new Errno(wasi.ERRNO_NOENT);
      tree.link(place.directory, place.name, node);
    },
    path_open(
      fd: number,
      follow: number,
      at: number,
      length: number,
      flags: number,
      rights: bigint,
      inheriting: bigint,
      fdFlags: number,
      answer: number,
    ) {
      const opened = base(fd, wasi.RIGHTS_PATH_OPEN);
      memory().view(answer, 4);
      const wanted = {
        flags,
        follow: follows(follow),
        rights: BigInt.asUintN(64, rights),
        inheriting: BigInt.asUintN(64, inheriting),
        fdFlags,
      };
      const descriptor = open(tree, fds, opened, path(at, length), wanted);
      memory().setU32(answer, fds.add(descriptor));
    },
    path_readlink(fd: number, at: number, length: number, buffer: number, size: number, answer: number) {
      const { node } = base(fd, wasi.RIGHTS_PATH_READLINK);
      memory().bytes(buffer, size);
      memory().view(answer, 4);
      const found = find(node, path(at, length), false);
      if (found.node.kind !== 'link') throw new Errno(wasi.ERRNO_INVAL);
      const target = utf8Encode(found.node.target).subarray(0, size);
      memory().bytes(buffer, target.length).set(target);
      memory().setU32(answer, target.length);
    },
    path_remove_directory(fd: number, at: number, length: number) {
      const { node } = writable(fd, wasi.RIGHTS_PATH_REMOVE_DIRECTORY);
      const place = named(node, path(at, length));
      if (place.node === null) throw new Errno(wasi.ERRNO_NOENT);
      if (!(place.node instanceof DirNode)) throw new Errno(wasi.ERRNO_NOTDIR);
      if (place.node.entries.size > 0) throw new Errno(wasi.ERRNO_NOTEMPTY);
      tree.unlink(place.directory, place.name, place.node);
    },
    path_rename(
      oldFd: number,
      oldAt: number,
      oldLength: number,
      newFd: number,
      newAt: number,
      newLength: number,
    ) {
      const from = writable(oldFd, wasi.RIGHTS_PATH_RENAME_SOURCE);
      const to = writable(newFd, wasi.RIGHTS_PATH_RENAME_TARGET);
      sameMount(tree, from, to);
      const source = named(from.node, path(oldAt, oldLength));
      const target = named(to.node, path(newAt, newLength));
      if (source.node === null) throw new Errno(wasi.ERRNO_NOENT);
      if (source.wantsDirectory && source.node.kind !== 'directory') throw new Errno(wasi.ERRNO_NOTDIR);
      // All that is below it moves, and is looked at.
      if (source.node.kind === 'directory') pay(MOVE_COST * tree.inodes);
      tree.rename({ ...source, node: source.node }, target);
    },
    path_symlink(targetAt: number, targetLength: number, fd: number, at: number, length: number) {
      const { node } = writable(fd, wasi.RIGHTS_PATH_SYMLINK);
      const target = path(targetAt, targetLength);
      if (target === '') throw new Errno(wasi.ERRNO_NOENT);
      if (target.includes('\0')) throw new Errno(wasi.ERRNO_INVAL);
      // It would lead nowhere: there is nothing outside of a mount.
      if (target.startsWith('/')) throw new Errno(wasi.ERRNO_NOTCAPABLE);
      const place = named(node, path(at, length));
      if (place.node !== null) throw new Errno(wasi.ERRNO_EXIST);
      if (place.wantsDirectory) throw new Errno(wasi.ERRNO_NOENT);
      tree.makeLink(place.directory, place.name, target);
    },
    path_unlink_file(fd: number, at: number, length: number) {
      const { node } = writable(fd, wasi.RIGHTS_PATH_UNLINK_FILE);
      const place = named(node, path(at, length));
      if (place.node === null) throw new Errno(wasi.ERRNO_NOENT);
      if (place.node.kind === 'directory') throw new Errno(wasi.ERRNO_ISDIR);
      if (place.wantsDirectory) throw new Errno(wasi.ERRNO_NOTDIR);
      tree.unlink(place.directory, place.name, place.node);
    },
  };
}

interface Wanted {
  readonly flags: number;
  readonly follow: boolean;
  readonly rights: bigint;
  readonly inheriting: bigint;
  readonly fdFlags: number;
}

const has = (flags: number, flag: number): boolean => (flags & flag) !== 0;
const wants = (rights: bigint, right: number): boolean => (rights & BigInt(right)) !== 0n;

function open(
  tree: FileTree,
  fds: Descriptors,
  base: OpenDirectory,
  path: string,
  wanted: Wanted,
): Descriptor {
  const { flags, rights, inheriting } = wanted;
  if ((flags & ~OPEN_FLAGS) !== 0) throw new Errno(wasi.ERRNO_INVAL);
  checkFlags(wanted.fdFlags);
  const creates = has(flags, wasi.OFLAGS_CREAT);
  const wantsDirectory = has(flags, wasi.OFLAGS_DIRECTORY);
  if (creates && wantsDirectory) throw new Errno(wasi.ERRNO_INVAL);
  if (!base.writable && (creates || has(flags, wasi.OFLAGS_TRUNC) || wants(rights, wasi.RIGHTS_FD_WRITE)))
    throw new Errno(wasi.ERRNO_ROFS);
  // Before anything is made or cut off.
  fds.checkRoom();
  const place = resolve(base.node, path, wanted.follow && !has(flags, wasi.OFLAGS_EXCL));
  const allowed = rights & base.inheriting;
  if (place.node === null) {
    if (!creates || place.wantsDirectory)
      throw new Errno(place.wantsDirectory && creates ? wasi.ERRNO_ISDIR : wasi.ERRNO_NOENT);
    base.need(wasi.RIGHTS_PATH_CREATE_FILE);
    return new OpenFile(tree.makeFile(place.directory, place.name), base.writable, allowed, wanted.fdFlags);
  }
  if (creates && has(flags, wasi.OFLAGS_EXCL)) throw new Errno(wasi.ERRNO_EXIST);
  return openNode(
    tree,
    base,
    place as Place & { node: NonNullable<Place['node']> },
    wanted,
    allowed,
    inheriting,
  );
}

function openNode(
  tree: FileTree,
  base: OpenDirectory,
  { node, wantsDirectory: slash }: Place & { readonly node: NonNullable<Place['node']> },
  { flags, rights, fdFlags }: Wanted,
  allowed: bigint,
  inheriting: bigint,
): Descriptor {
  const wantsDirectory = slash || has(flags, wasi.OFLAGS_DIRECTORY);
  if (node.kind === 'link') throw new Errno(wasi.ERRNO_LOOP);
  if (node instanceof DirNode) {
    if (has(flags, wasi.OFLAGS_TRUNC) || wants(rights, wasi.RIGHTS_FD_WRITE))
      throw new Errno(wasi.ERRNO_ISDIR);
    return new OpenDirectory(node, base.writable, null, allowed, inheriting & base.inheriting);
  }
  if (wantsDirectory) throw new Errno(wasi.ERRNO_NOTDIR);
  if (has(flags, wasi.OFLAGS_TRUNC)) {
    base.need(wasi.RIGHTS_PATH_FILESTAT_SET_SIZE);
    node.resize(0);
    node.changed = true;
    node.mtim = tree.now;
  }
  return new OpenFile(node, base.writable, allowed, fdFlags);
}

/** Each mount is a file system of its own. */
function sameMount(tree: FileTree, a: OpenDirectory, b: OpenDirectory): void {
  const rootOf = (node: DirNode): DirNode => {
    let root = node;
    while (root.parent !== null) root = root.parent;
    return root;
  };
  if (rootOf(a.node) !== rootOf(b.node) && tree.mounts.length > 1) throw new Errno(wasi.ERRNO_XDEV);
}
