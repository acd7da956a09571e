/** The calls on descriptors. */
import { wasi } from '@bjorn3/browser_wasi_shim';
import { utf8Encode } from '../../cell/utf8.ts';
import { Errno, FILE_TYPES, type FileTree, type Node } from '../fs/index.ts';
import {
  checkFlags,
  type Descriptor,
  type Descriptors,
  directory,
  file,
  OpenDirectory,
  OpenFile,
} from './descriptors.ts';
import { encodeDirent, writeFdstat, writeFilestat } from './encode.ts';
import type { GuestMemory, Range } from './memory.ts';
import type { Calls } from './preview1.ts';

const MAX_OFFSET = BigInt(Number.MAX_SAFE_INTEGER);
const TIME_FLAGS: number =
  wasi.FSTFLAGS_ATIM | wasi.FSTFLAGS_ATIM_NOW | wasi.FSTFLAGS_MTIM | wasi.FSTFLAGS_MTIM_NOW;

/** An offset or length as a number; what is beyond every quota is one value beyond it. @throws Errno INVAL */
function offsetOf(value: bigint): number {
  if (value < 0n) throw new Errno(wasi.ERRNO_INVAL);
  return Number(value > MAX_OFFSET ? MAX_OFFSET : value);
}

export function setTimes(node: Node, atim: bigint, mtim: bigint, flags: number, now: bigint): void {
  const both = (a: number, b: number): boolean => (flags & a) !== 0 && (flags & b) !== 0;
  if (
    (flags & ~TIME_FLAGS) !== 0 ||
    both(wasi.FSTFLAGS_ATIM, wasi.FSTFLAGS_ATIM_NOW) ||
    both(wasi.FSTFLAGS_MTIM, wasi.FSTFLAGS_MTIM_NOW)
  )
    throw new Errno(wasi.ERRNO_INVAL);
  if ((flags & wasi.FSTFLAGS_ATIM) !== 0) node.atim = BigInt.asUintN(64, atim);
  if ((flags & wasi.FSTFLAGS_ATIM_NOW) !== 0) node.atim = now;
  if ((flags & wasi.FSTFLAGS_MTIM) !== 0) node.mtim = BigInt.asUintN(64, mtim);
  if ((flags & wasi.FSTFLAGS_MTIM_NOW) !== 0) node.mtim = now;
}

export interface FileCallsHost {
  readonly fds: Descriptors;
  readonly tree: FileTree;
  memory(): GuestMemory;
  /** Pays for this many bytes copied. */
  pay(bytes: number): void;
}

export function fileCalls({ fds, tree, memory, pay }: FileCallsHost): Calls {
  /** Pays for the zeros between the end of a file and what is to be put there. */
  const reach = (opened: OpenFile, at: number): void => {
    const hole = at - opened.node.size;
    if (hole > 0) pay(Math.min(hole, tree.quota.bytes));
  };
  const written = (ranges: readonly Range[], take: (part: Uint8Array) => void): number => {
    let total = 0;
    for (const { at, length } of ranges) {
      pay(length);
      try {
        take(memory().bytes(at, length));
      } catch (error) {
        // What was written before the quota was met stays written, and is what is answered.
        if (error instanceof Errno && total > 0) return total;
        throw error;
      }
      total += length;
    }
    return total;
  };
  const read = (ranges: readonly Range[], give: (length: number) => Uint8Array): number => {
    let total = 0;
    for (const { at, length } of ranges) {
      pay(length);
      const part = give(length);
      memory().bytes(at, part.length).set(part);
      total += part.length;
      if (part.length < length) break;
    }
    return total;
  };
  const stream = (fd: number, right: number): Descriptor => {
    const descriptor = fds.get(fd);
    if (descriptor instanceof OpenDirectory) throw new Errno(wasi.ERRNO_BADF);
    if ((descriptor.rights & BigInt(right)) === 0n) {
      throw new Errno(descriptor instanceof OpenFile ? wasi.ERRNO_NOTCAPABLE : wasi.ERRNO_BADF);
    }
    return descriptor;
  };

  return {
    fd_advise(fd: number, offset: bigint, length: bigint, advice: number) {
      file(fds.get(fd));
      if (advice > wasi.ADVICE_NOREUSE || offset < 0n || length < 0n) throw new Errno(wasi.ERRNO_INVAL);
    },
    fd_allocate(fd: number, offset: bigint, length: bigint) {
      const opened = file(fds.get(fd));
      opened.need(wasi.RIGHTS_FD_ALLOCATE);
      const end = offsetOf(offset) + offsetOf(length);
      if (length === 0n) throw new Errno(wasi.ERRNO_INVAL);
      if (end > opened.node.size) {
        reach(opened, end);
        opened.node.resize(end);
        opened.node.changed = true;
      }
    },
    fd_close: (fd: number) => fds.close(fd),
    fd_datasync(fd: number) {
      fds.get(fd);
    },
    fd_sync(fd: number) {
      fds.get(fd);
    },
    fd_fdstat_get: (fd: number, at: number) => writeFdstat(memory(), at, fds.get(fd)),
    fd_fdstat_set_flags(fd: number, flags: number) {
      const descriptor = fds.get(fd);
      // Asking for synchronous writes is asking for what is always so, and for what cannot be promised.
      if ((flags & (wasi.FDFLAGS_DSYNC | wasi.FDFLAGS_RSYNC | wasi.FDFLAGS_SYNC)) !== 0)
        throw new Errno(wasi.ERRNO_NOTSUP);
      checkFlags(flags);
      // The streams have no flags that mean anything; who asks for non-blocking ones is not in the way.
      if (descriptor instanceof OpenFile || descriptor instanceof OpenDirectory)
        descriptor.need(wasi.RIGHTS_FD_FDSTAT_SET_FLAGS);
      descriptor.flags = flags;
    },
    fd_fdstat_set_rights: (fd: number, rights: bigint, inheriting: bigint) =>
      fds.get(fd).setRights(BigInt.asUintN(64, rights), BigInt.asUintN(64, inheriting)),
    fd_filestat_get: (fd: number, at: number) => writeFilestat(memory(), at, fds.get(fd).stat()),
    fd_filestat_set_size(fd: number, size: bigint) {
      const opened = file(fds.get(fd));
      opened.need(wasi.RIGHTS_FD_FILESTAT_SET_SIZE);
      const wanted = offsetOf(size);
      reach(opened, wanted);
      opened.node.resize(wanted);
      opened.node.changed = true;
      opened.node.mtim = tree.now;
    },
    fd_filestat_set_times(fd: number, atim: bigint, mtim: bigint, flags: number) {
      const descriptor = fds.get(fd);
      if (!(descriptor instanceof OpenFile || descriptor instanceof OpenDirectory))
        throw new Errno(wasi.ERRNO_NOTSUP);
      descriptor.need(wasi.RIGHTS_FD_FILESTAT_SET_TIMES);
      setTimes(descriptor.node, atim, mtim, flags, tree.now);
    },
    fd_pread(fd: number, vectors: number, count: number, offset: bigint, answer: number) {
      const opened = file(stream(fd, wasi.RIGHTS_FD_READ));
      opened.need(wasi.RIGHTS_FD_SEEK);
      let at = offsetOf(offset);
      memory().view(answer, 4);
      const total = read(memory().vectors(vectors, count), length => {
        const part = opened.node.view(at, at + length);
        at += part.length;
        return part;
      });
      memory().setU32(answer, total);
    },
    fd_pwrite(fd: number, vectors: number, count: number, offset: bigint, answer: number) {
      const opened = file(stream(fd, wasi.RIGHTS_FD_WRITE));
      opened.need(wasi.RIGHTS_FD_SEEK);
      let at = opened.target(offsetOf(offset));
      memory().view(answer, 4);
      const total = written(memory().vectors(vectors, count), part => {
        reach(opened, at);
        opened.node.write(at, part);
        at += part.length;
      });
      opened.node.mtim = tree.now;
      memory().setU32(answer, total);
    },
    fd_read(fd: number, vectors: number, count: number, answer: number) {
      const descriptor = stream(fd, wasi.RIGHTS_FD_READ);
      // What was read is gone from the stream: where to say how much is looked at first.
      memory().view(answer, 4);
      memory().setU32(
        answer,
        read(memory().vectors(vectors, count), length => descriptor.read(length)),
      );
    },
    fd_write(fd: number, vectors: number, count: number, answer: number) {
      const descriptor = stream(fd, wasi.RIGHTS_FD_WRITE);
      memory().view(answer, 4);
      const total = written(memory().vectors(vectors, count), part => {
        if (descriptor instanceof OpenFile) reach(descriptor, descriptor.target(descriptor.position));
        descriptor.write(part);
      });
      if (descriptor instanceof OpenFile) descriptor.node.mtim = tree.now;
      memory().setU32(answer, total);
    },
    fd_seek(fd: number, offset: bigint, whence: number, answer: number) {
      const opened = file(fds.get(fd));
      opened.need(wasi.RIGHTS_FD_SEEK);
      const from = [0, opened.position, opened.node.size][whence];
      if (from === undefined) throw new Errno(wasi.ERRNO_INVAL);
      const target = BigInt(from) + offset;
      if (target < 0n || target > MAX_OFFSET) throw new Errno(wasi.ERRNO_INVAL);
      memory().setU64(answer, target);
      opened.position = Number(target);
    },
    fd_tell(fd: number, answer: number) {
      const opened = file(fds.get(fd));
      opened.need(wasi.RIGHTS_FD_TELL);
      memory().setU64(answer, BigInt(opened.position));
    },
    fd_renumber: (from: number, to: number) => fds.renumber(from, to),
    fd_prestat_get(fd: number, at: number) {
      const { preopen } = preopened(fds.get(fd));
      const view = memory().view(at, 8);
      view.setUint32(0, wasi.PREOPENTYPE_DIR, true);
      view.setUint32(4, utf8Encode(preopen).length, true);
    },
    fd_prestat_dir_name(fd: number, at: number, length: number) {
      const name = utf8Encode(preopened(fds.get(fd)).preopen);
      if (length < name.length) throw new Errno(wasi.ERRNO_NAMETOOLONG);
      memory().bytes(at, name.length).set(name);
    },
    fd_readdir(fd: number, at: number, length: number, cookie: bigint, answer: number) {
      const opened = directory(fds.get(fd));
      opened.need(wasi.RIGHTS_FD_READDIR);
      const target = memory().bytes(at, length);
      memory().view(answer, 4);
      pay(length + 64 * opened.node.entries.size);
      let used = 0;
      const put = (entry: Uint8Array): void => {
        const part = entry.subarray(0, length - used);
        target.set(part, used);
        used += part.length;
      };
      const from = offsetOf(cookie);
      const type = FILE_TYPES.directory;
      if (from < 1) put(encodeDirent(1, opened.node.ino, type, utf8Encode('.')));
      if (from < 2) put(encodeDirent(2, opened.node.ino, type, utf8Encode('..')));
      for (const [name, { node, sequence }] of opened.node.entries) {
        if (used >= length) break;
        if (sequence >= from)
          put(encodeDirent(sequence + 1, node.ino, FILE_TYPES[node.kind], utf8Encode(name)));
      }
      memory().setU32(answer, used);
    },
  };
}

function preopened(descriptor: Descriptor): { readonly preopen: string } {
  if (!(descriptor instanceof OpenDirectory) || descriptor.preopen === null) throw new Errno(wasi.ERRNO_BADF);
  return { preopen: descriptor.preopen };
}
