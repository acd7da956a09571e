/** Error numbers of Emscripten's C library, which are WASI's. */
export const Errno = {
  EACCES: 2,
  EAGAIN: 6,
  EBADF: 8,
  EBUSY: 10,
  EEXIST: 20,
  EFAULT: 21,
  EILSEQ: 25,
  EINVAL: 28,
  EISDIR: 31,
  ELOOP: 32,
  EMFILE: 33,
  ENAMETOOLONG: 37,
  ENOENT: 44,
  ENOMEM: 48,
  ENOSPC: 51,
  ENOTDIR: 54,
  ENOTEMPTY: 55,
  ENOTTY: 59,
  EPIPE: 64,
  ERANGE: 68,
  EROFS: 69,
  ESPIPE: 70,
} as const;

/** A system call fails; thrown by the file system, and answered to the guest as a number. */
export class OsError {
  readonly errno: number;

  constructor(errno: number) {
    this.errno = errno;
  }
}

/** A function of the system whose failures become numbers: `-errno` for a system call, `errno` for WASI. */
export function guarded<A extends unknown[], R>(
  call: (...args: A) => R,
  sign: 1 | -1,
): (...args: A) => R | number {
  return (...args) => {
    try {
      return call(...args);
    } catch (error) {
      if (error instanceof OsError) return sign * error.errno;
      // An address outside the memory, in whatever a view says about it.
      if (error instanceof RangeError) return sign * Errno.EFAULT;
      throw error;
    }
  };
}

export function fail(name: keyof typeof Errno): never {
  throw new OsError(Errno[name]);
}
