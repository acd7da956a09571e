/**
 * The system calls of CPython as Emscripten compiles it, over a file system that lives in the realm. Each one is what
 * the guest may call with any arguments, also with none that the C library would pass.
 */
import { utf8Encode } from '../../cell/utf8.ts';
import { fail, guarded, OsError } from './errno.ts';
import { type Files, O_ACCMODE, type OpenFile, SETTABLE_FLAGS } from './files.ts';
import type { GuestMemory } from './memory.ts';
import { type DirNode, type FileNode, type Node, S_IFMT } from './nodes.ts';
import { DIRENT_BYTES, writeEntries, writeStat, writeStatFs } from './stat.ts';

const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_REMOVEDIR = 0x200;
const AT_EMPTY_PATH = 0x1000;
const F_DUPFD = 0;
const F_GETFD = 1;
const F_SETFD = 2;
const F_GETFL = 3;
const F_SETFL = 4;
const F_GETLK = 12;
const F_SETLK = 13;
const F_SETLKW = 14;
const F_DUPFD_CLOEXEC = 1030;
const F_UNLCK = 2;
const UTIME_NOW = 0x3fffffff;
const UTIME_OMIT = 0x3ffffffe;
const POLLIN = 1;
const POLLOUT = 4;
const POLLHUP = 16;
const POLLNVAL = 32;
const MAX_POLL = 1024;
const MAX_VECTORS = 1024;

type Call = (...args: never[]) => number;

export interface SystemHooks {
  readonly memory: () => GuestMemory;
  readonly files: () => Files;
  readonly now: () => number;
  /** Memory of the guest's own heap for a mapping, aligned to a page; 0 when there is none. */
  readonly allocate: (bytes: number) => number;
}

/** A file offset, or what no offset can be. */
function offsetOf(value: bigint): number {
  return value >= 0n && value <= 0x1f_ffff_ffff_ffffn ? Number(value) : fail('EINVAL');
}

export function createSyscalls(hooks: SystemHooks): Readonly<Record<string, Call>> {
  const files = (): Files => hooks.files();
  const memory = (): GuestMemory => hooks.memory();
  const path = (pointer: number): string => memory().text(pointer);
  const find = (dirfd: number, pointer: number, follow: boolean, empty = false): Node => {
    const text = path(pointer);
    if (text === '' && empty) return dirfd === -100 ? files().tree.cwd : files().get(dirfd).node;
    return files().tree.find(text, text.startsWith('/') ? files().tree.root : files().base(dirfd), follow);
  };
  const base = (dirfd: number, text: string): DirNode =>
    text.startsWith('/') ? files().tree.root : files().base(dirfd);
  const stat = (node: Node, buffer: number): number => {
    memory().range(buffer, 96);
    writeStat(memory().view, buffer >>> 0, node);
    return 0;
  };
  const statFs = (buffer: number): number => {
    memory().range(buffer, 72);
    writeStatFs(memory().view, buffer >>> 0, files().tree.inodes.quota);
    return 0;
  };
  const chmod = (node: Node, mode: number): number => {
    if (node.readOnly) fail('EROFS');
    node.mode = (node.mode & S_IFMT) | (mode & 0o7777);
    node.ctime = hooks.now();
    return 0;
  };
  const vectors = (
    file: OpenFile,
    list: number,
    count: number,
    done: number,
    at: number | null,
    move: (part: Uint8Array, at: number | null) => number,
  ): number => {
    if (count < 0 || count > MAX_VECTORS) fail('EINVAL');
    memory().range(list, count * 8);
    memory().range(done, 4);
    let total = 0;
    for (let i = 0; i < count; i++) {
      const { view } = memory();
      const pointer = view.getUint32((list >>> 0) + i * 8, true);
      const length = view.getUint32((list >>> 0) + i * 8 + 4, true);
      let moved: number;
      try {
        moved = move(memory().range(pointer, length), at === null ? null : at + total);
      } catch (error) {
        // What was moved already is moved.
        if (total > 0 && error instanceof OsError) break;
        throw error;
      }
      total += moved;
      if (moved < length || file.node.type === 'device') break;
    }
    memory().view.setUint32(done >>> 0, total, true);
    return 0;
  };
  const readVectors = (fd: number, list: number, count: number, done: number, at: number | null): number => {
    const file = files().get(fd);
    return vectors(file, list, count, done, at, (part, from) => files().read(file, part, from));
  };
  const writeVectors = (fd: number, list: number, count: number, done: number, at: number | null): number => {
    const file = files().get(fd);
    return vectors(file, list, count, done, at, (part, from) => files().write(file, part, from));
  };
  const argument = (pointer: number): number => {
    memory().range(pointer, 4);
    return memory().view.getInt32(pointer >>> 0, true);
  };
  const timeAt = (pointer: number, now: number, old: number): number => {
    const { view } = memory();
    const nanoseconds = view.getInt32(pointer + 8, true);
    if (nanoseconds === UTIME_NOW) return now;
    if (nanoseconds === UTIME_OMIT) return old;
    return Number(view.getBigInt64(pointer, true)) * 1000 + nanoseconds / 1_000_000;
  };

  /** Answers `-errno`. */
  const calls: Record<string, Call> = {
    __syscall_openat: (dirfd: number, name: number, flags: number, more: number) => {
      const text = path(name);
      return files().open(text, base(dirfd, text), flags, more === 0 ? 0o666 : argument(more));
    },
    __syscall_stat64: (name: number, buffer: number) => stat(find(-100, name, true), buffer),
    __syscall_lstat64: (name: number, buffer: number) => stat(find(-100, name, false), buffer),
    __syscall_fstat64: (fd: number, buffer: number) => stat(files().get(fd).node, buffer),
    __syscall_newfstatat: (dirfd: number, name: number, buffer: number, flags: number) =>
      stat(find(dirfd, name, (flags & AT_SYMLINK_NOFOLLOW) === 0, (flags & AT_EMPTY_PATH) !== 0), buffer),
    __syscall_statfs64: (name: number, _size: number, buffer: number) => {
      find(-100, name, true);
      return statFs(buffer);
    },
    __syscall_fstatfs64: (fd: number, _size: number, buffer: number) => {
      files().get(fd);
      return statFs(buffer);
    },
    __syscall_faccessat: (dirfd: number, name: number, mode: number) => {
      const node = find(dirfd, name, true);
      return (mode & 2) !== 0 && node.readOnly ? fail('EROFS') : 0;
    },
    __syscall_chdir: (name: number) => {
      files().tree.chdir(find(-100, name, true));
      return 0;
    },
    __syscall_fchdir: (fd: number) => {
      files().tree.chdir(files().get(fd).node);
      return 0;
    },
    __syscall_getcwd: (buffer: number, room: number) => {
      const { tree } = files();
      const length = memory().putText(buffer, room >>> 0, tree.pathOf(tree.cwd));
      return length < 0 ? fail('ERANGE') : length;
    },
    __syscall_chmod: (name: number, mode: number) => chmod(find(-100, name, true), mode),
    __syscall_fchmod: (fd: number, mode: number) => chmod(files().get(fd).node, mode),
    __syscall_fchmodat2: (dirfd: number, name: number, mode: number, flags: number) =>
      chmod(find(dirfd, name, (flags & AT_SYMLINK_NOFOLLOW) === 0), mode),
    // Everything belongs to the one user there is.
    __syscall_fchown32: (fd: number) => (files().get(fd).node.readOnly ? fail('EROFS') : 0),
    __syscall_fchownat: (dirfd: number, name: number, _user: number, _group: number, flags: number) =>
      find(dirfd, name, (flags & AT_SYMLINK_NOFOLLOW) === 0, (flags & AT_EMPTY_PATH) !== 0).readOnly
        ? fail('EROFS')
        : 0,
    __syscall_mkdirat: (dirfd: number, name: number, mode: number) => {
      const text = path(name);
      files().tree.mkdir(text, base(dirfd, text), mode);
      return 0;
    },
    __syscall_rmdir: (name: number) => {
      const text = path(name);
      files().tree.rmdir(text, base(-100, text));
      return 0;
    },
    __syscall_unlinkat: (dirfd: number, name: number, flags: number) => {
      const text = path(name);
      if ((flags & AT_REMOVEDIR) !== 0) files().tree.rmdir(text, base(dirfd, text));
      else files().tree.unlink(text, base(dirfd, text));
      return 0;
    },
    __syscall_renameat: (fromDir: number, from: number, toDir: number, to: number) => {
      const [a, b] = [path(from), path(to)];
      files().tree.rename(a, base(fromDir, a), b, base(toDir, b));
      return 0;
    },
    __syscall_symlinkat: (target: number, dirfd: number, name: number) => {
      const text = path(name);
      files().tree.symlink(path(target), text, base(dirfd, text));
      return 0;
    },
    __syscall_readlinkat: (dirfd: number, name: number, buffer: number, room: number) => {
      const node = find(dirfd, name, false);
      if (node.type !== 'link' || room <= 0) fail('EINVAL');
      const target = utf8Encode(node.target);
      const count = Math.min(target.length, room);
      memory().range(buffer, count).set(target.subarray(0, count));
      return count;
    },
    __syscall_getdents64: (fd: number, buffer: number, room: number) => {
      const file = files().get(fd);
      const entries = files()
        .list(file)
        .map(({ name, node }) => ({ name: utf8Encode(name), node }));
      memory().range(buffer, room);
      const { bytes, view } = memory();
      const count = writeEntries(bytes, view, buffer >>> 0, room >>> 0, file.position, entries);
      file.position += count;
      return count * DIRENT_BYTES;
    },
    __syscall_dup: (fd: number) => files().dup(fd),
    __syscall_dup3: (fd: number, wanted: number) => files().dup3(fd, wanted),
    __syscall_pipe: (pair: number) => {
      memory().range(pair, 8);
      const [reader, writer] = files().pipe();
      memory().view.setInt32(pair >>> 0, reader, true);
      memory().view.setInt32((pair >>> 0) + 4, writer, true);
      return 0;
    },
    __syscall_fcntl64: (fd: number, command: number, more: number) => {
      const file = files().get(fd);
      switch (command) {
        case F_DUPFD:
        case F_DUPFD_CLOEXEC: {
          const lowest = argument(more);
          return lowest < 0 ? fail('EINVAL') : files().dup(fd, lowest);
        }
        case F_GETFD:
        case F_SETFD:
          return 0;
        case F_GETFL:
          return file.flags;
        case F_SETFL:
          file.flags = (file.flags & ~SETTABLE_FLAGS) | (argument(more) & SETTABLE_FLAGS);
          return 0;
        case F_GETLK: {
          const lock = argument(more);
          memory().range(lock, 2);
          memory().view.setInt16(lock >>> 0, F_UNLCK, true);
          return 0;
        }
        case F_SETLK:
        case F_SETLKW:
          return 0;
        default:
          return fail('EINVAL');
      }
    },
    __syscall_ioctl: (fd: number) => {
      files().get(fd);
      return fail('ENOTTY');
    },
    __syscall_poll: (list: number, count: number) => {
      if (count < 0 || count > MAX_POLL) fail('EINVAL');
      memory().range(list, count * 8);
      const { view } = memory();
      let ready = 0;
      for (let i = 0; i < count; i++) {
        const at = (list >>> 0) + i * 8;
        const fd = view.getInt32(at, true);
        let flags = POLLNVAL;
        if (fd < 0) flags = 0;
        else if (files().has(fd)) {
          const { read, write, hangUp } = files().ready(files().get(fd));
          flags = (read ? POLLIN : 0) | (write ? POLLOUT : 0) | (hangUp ? POLLHUP : 0);
          flags &= view.getInt16(at + 4, true) | POLLHUP;
        }
        if (flags !== 0) ready++;
        view.setInt16(at + 6, flags, true);
      }
      return ready;
    },
    __syscall_ftruncate64: (fd: number, size: bigint) => {
      const file = files().get(fd);
      if ((file.flags & O_ACCMODE) === 0) fail('EINVAL');
      files().truncate(file.node, offsetOf(size));
      return 0;
    },
    __syscall_truncate64: (name: number, size: bigint) => {
      files().truncate(find(-100, name, true), offsetOf(size));
      return 0;
    },
    __syscall_fallocate: (fd: number, mode: number, offset: bigint, length: bigint) => {
      const { node } = files().get(fd);
      if (mode !== 0) fail('EINVAL');
      const end = offsetOf(offset) + offsetOf(length);
      if (node.type !== 'file' || end > node.size) files().truncate(node, end);
      return 0;
    },
    __syscall_fadvise64: (fd: number) => {
      files().get(fd);
      return 0;
    },
    __syscall_fdatasync: (fd: number) => {
      files().get(fd);
      return 0;
    },
    __syscall_utimensat: (dirfd: number, name: number, times: number, flags: number) => {
      const node =
        name === 0
          ? files().get(dirfd).node
          : find(dirfd, name, (flags & AT_SYMLINK_NOFOLLOW) === 0, (flags & AT_EMPTY_PATH) !== 0);
      if (node.readOnly) fail('EROFS');
      const now = hooks.now();
      if (times !== 0) memory().range(times, 32);
      const pointer = times >>> 0;
      node.atime = times === 0 ? now : timeAt(pointer, now, node.atime);
      node.mtime = times === 0 ? now : timeAt(pointer + 16, now, node.mtime);
      return 0;
    },
    _mmap_js: (
      length: number,
      _protection: number,
      _flags: number,
      fd: number,
      offset: bigint,
      allocated: number,
      address: number,
    ) => {
      const file = files().get(fd);
      if (file.node.type !== 'file') fail('EACCES');
      const from = offsetOf(offset);
      memory().range(allocated, 4);
      memory().range(address, 4);
      const pointer = hooks.allocate(length >>> 0) >>> 0;
      if (pointer === 0) fail('ENOMEM');
      const target = memory().range(pointer, length);
      target.fill(0);
      target.set((file.node as FileNode).data.subarray(from, Math.min(from + target.length, file.node.size)));
      memory().view.setInt32(allocated >>> 0, 1, true);
      memory().view.setUint32(address >>> 0, pointer, true);
      return 0;
    },
    _msync_js: (
      address: number,
      length: number,
      protection: number,
      flags: number,
      fd: number,
      offset: bigint,
    ) => sync(address, length, protection, flags, fd, offset),
    _munmap_js: (
      address: number,
      length: number,
      protection: number,
      flags: number,
      fd: number,
      offset: bigint,
    ) => sync(address, length, protection, flags, fd, offset),
  };

  /** Writes a shared mapping back: PROT_WRITE with MAP_SHARED. */
  function sync(
    address: number,
    length: number,
    protection: number,
    flags: number,
    fd: number,
    offset: bigint,
  ): number {
    if ((protection & 2) === 0 || (flags & 2) !== 0) return 0;
    const { node } = files().get(fd);
    if (node.type !== 'file') return fail('EACCES');
    if (node.readOnly) return fail('EROFS');
    const from = offsetOf(offset);
    const count = Math.max(0, Math.min(length >>> 0, node.size - from));
    node.data.set(memory().range(address, count), from);
    files().tree.inodes.touch(node);
    return 0;
  }

  /** Answers a positive `errno`, as WASI does. */
  const wasi: Record<string, Call> = {
    fd_read: (fd: number, list: number, count: number, done: number) =>
      readVectors(fd, list, count, done, null),
    fd_write: (fd: number, list: number, count: number, done: number) =>
      writeVectors(fd, list, count, done, null),
    fd_pread: (fd: number, list: number, count: number, offset: bigint, done: number) =>
      readVectors(fd, list, count, done, offsetOf(offset)),
    fd_pwrite: (fd: number, list: number, count: number, offset: bigint, done: number) =>
      writeVectors(fd, list, count, done, offsetOf(offset)),
    fd_close: (fd: number) => {
      files().close(fd);
      return 0;
    },
    fd_seek: (fd: number, offset: bigint, whence: number, result: number) => {
      memory().range(result, 8);
      if (offset > 0x1f_ffff_ffff_ffffn || offset < -0x1f_ffff_ffff_ffffn) fail('EINVAL');
      const position = files().seek(files().get(fd), Number(offset), whence);
      memory().view.setBigInt64(result >>> 0, BigInt(position), true);
      return 0;
    },
    fd_sync: (fd: number) => {
      files().get(fd);
      return 0;
    },
    fd_fdstat_get: (fd: number, buffer: number) => {
      const { node } = files().get(fd);
      memory().range(buffer, 24).fill(0);
      // Never a character device: the C library would take it for a terminal.
      memory().bytes[buffer >>> 0] = node.type === 'dir' ? 3 : 4;
      return 0;
    },
  };

  const all: Record<string, Call> = Object.create(null);
  for (const [name, call] of Object.entries(calls)) all[name] = guarded(call, -1);
  for (const [name, call] of Object.entries(wasi)) all[name] = guarded(call, 1);
  return all;
}
