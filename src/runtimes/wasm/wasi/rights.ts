/** What a descriptor may be used for. */
import { wasi } from '@bjorn3/browser_wasi_shim';

const { BigInt: big } = globalThis;
const union = (...rights: readonly number[]): bigint => rights.reduce((sum, right) => sum | big(right), 0n);

export const READING: bigint = union(wasi.RIGHTS_FD_READ, wasi.RIGHTS_FD_READDIR);

const WRITING_FILES: bigint = union(
  wasi.RIGHTS_FD_WRITE,
  wasi.RIGHTS_FD_ALLOCATE,
  wasi.RIGHTS_FD_FILESTAT_SET_SIZE,
  wasi.RIGHTS_FD_FILESTAT_SET_TIMES,
  wasi.RIGHTS_FD_DATASYNC,
);
const FILE: bigint = union(
  wasi.RIGHTS_FD_READ,
  wasi.RIGHTS_FD_SEEK,
  wasi.RIGHTS_FD_TELL,
  wasi.RIGHTS_FD_FDSTAT_SET_FLAGS,
  wasi.RIGHTS_FD_SYNC,
  wasi.RIGHTS_FD_ADVISE,
  wasi.RIGHTS_FD_FILESTAT_GET,
  wasi.RIGHTS_POLL_FD_READWRITE,
);
const WRITING_NAMES: bigint = union(
  wasi.RIGHTS_PATH_CREATE_DIRECTORY,
  wasi.RIGHTS_PATH_CREATE_FILE,
  wasi.RIGHTS_PATH_LINK_SOURCE,
  wasi.RIGHTS_PATH_LINK_TARGET,
  wasi.RIGHTS_PATH_RENAME_SOURCE,
  wasi.RIGHTS_PATH_RENAME_TARGET,
  wasi.RIGHTS_PATH_FILESTAT_SET_SIZE,
  wasi.RIGHTS_PATH_FILESTAT_SET_TIMES,
  wasi.RIGHTS_PATH_SYMLINK,
  wasi.RIGHTS_PATH_REMOVE_DIRECTORY,
  wasi.RIGHTS_PATH_UNLINK_FILE,
  wasi.RIGHTS_FD_FILESTAT_SET_TIMES,
);
const DIRECTORY: bigint = union(
  wasi.RIGHTS_PATH_OPEN,
  wasi.RIGHTS_FD_READDIR,
  wasi.RIGHTS_PATH_READLINK,
  wasi.RIGHTS_PATH_FILESTAT_GET,
  wasi.RIGHTS_FD_FILESTAT_GET,
  wasi.RIGHTS_FD_FDSTAT_SET_FLAGS,
  wasi.RIGHTS_FD_SYNC,
  wasi.RIGHTS_FD_ADVISE,
);

export const fileRights = (writable: boolean): bigint => (writable ? FILE | WRITING_FILES : FILE);
export const directoryRights = (writable: boolean): bigint =>
  writable ? DIRECTORY | WRITING_NAMES : DIRECTORY;
/** Of standard input, and of the two outputs. */
export const INPUT_RIGHTS: bigint = union(
  wasi.RIGHTS_FD_READ,
  wasi.RIGHTS_POLL_FD_READWRITE,
  wasi.RIGHTS_FD_FILESTAT_GET,
);
export const OUTPUT_RIGHTS: bigint = union(
  wasi.RIGHTS_FD_WRITE,
  wasi.RIGHTS_POLL_FD_READWRITE,
  wasi.RIGHTS_FD_FILESTAT_GET,
);
