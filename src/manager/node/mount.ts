/** A directory of the host as a mount. Links are not followed, wherever they lead. */
import { constants, type Stats } from 'node:fs';
import {
  type FileHandle,
  lstat,
  mkdir,
  open,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SandboxError } from '../../core/errors.ts';
import { checkRelativePath } from '../../gateway/index.ts';
import type { FileMount } from '../types.ts';

const FILES = 10_000;
const ROUNDS = 8;

const refuse = (problem: string): SandboxError =>
  new SandboxError('POLICY_DENIED', `the path cannot be opened: ${problem}`);

export interface OpenedFile {
  /** To be closed by the caller. */
  readonly file: FileHandle;
  /** Where it is, links resolved. */
  readonly path: string;
  readonly size: number;
}

const isSame = (a: Stats, b: Stats): boolean => a.dev === b.dev && a.ino === b.ino;

/**
 * Opens one file below a root, for reading. The path is checked as text; then the file that was really opened is: it has to
 * be a plain file with one name, and to lie exactly where the path says, without a link on the way. On Linux that is asked of
 * the open file, and nobody's renaming in between can change the answer; elsewhere do not mount what others may change.
 * @throws SandboxError POLICY_DENIED; the error of the system for a file that is not there
 */
export async function openBelow(root: string, path: string): Promise<OpenedFile> {
  const decision = checkRelativePath(path);
  if (!decision.allowed) throw refuse(decision.problem);
  const base = await realpath(root);
  const full = join(base, ...decision.path.split('/'));
  // Without waiting for the other end of a pipe.
  const file = await open(
    full,
    constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
  ).catch(error => {
    throw (error as NodeJS.ErrnoException).code === 'ELOOP' ? refuse('it is a link') : error;
  });
  try {
    const opened = await file.stat();
    if (!opened.isFile()) throw refuse('it is no plain file');
    if (opened.nlink > 1) throw refuse('it has more than one name');
    if ((await placeOf(file, full, opened)) !== full) throw refuse('it leads elsewhere');
    return { file, path: full, size: opened.size };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Where an open file is. Linux knows, of the file itself. Elsewhere its name is asked, and may lead to another place at every
 * question: so it is asked several times.
 */
async function placeOf(file: FileHandle, full: string, opened: Stats): Promise<string | null> {
  if (process.platform === 'linux') return readlink(`/proc/self/fd/${file.fd}`);
  for (let round = 0; round < ROUNDS; round++) {
    if ((await realpath(full)) !== full || !isSame(opened, await stat(full))) return null;
  }
  return full;
}

/**
 * @param root an existing directory
 * @param write true lets runs change it. Default false
 */
export function directoryMount(root: string, { write = false }: { write?: boolean } = {}): FileMount {
  return {
    read: bytes => readAll(root, bytes),
    ...(write ? { write: (files: ReadonlyMap<string, Uint8Array>) => writeAll(root, files) } : {}),
  };
}

/** Files that could not be named by a guest, links and what is no file are left out. */
async function readAll(root: string, bytes: number): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  let left = bytes;
  const walk = async (prefix: string): Promise<void> => {
    for (const entry of await readdir(join(root, prefix), { withFileTypes: true })) {
      const path = `${prefix}${entry.name}`;
      if (!checkRelativePath(path).allowed) continue;
      if (entry.isDirectory()) await walk(`${path}/`);
      if (!entry.isFile()) continue;
      const opened = await openBelow(root, path).catch(error => {
        if (error instanceof SandboxError) return null;
        throw error;
      });
      if (opened === null) continue;
      try {
        left -= opened.size;
        if (left < 0 || files.size >= FILES)
          throw new SandboxError('INPUT_TOO_LARGE', 'the mount holds more than limits.fileBytes');
        files.set(path, await readUpTo(opened.file, opened.size));
      } finally {
        await opened.file.close();
      }
    }
  };
  await walk('');
  return files;
}

/** A file that grows while it is read is read as long as it was. */
async function readUpTo(file: FileHandle, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await file.read(bytes, filled, size - filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

let temporary = 0;

async function writeAll(root: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const base = await realpath(root);
  for (const [path, contents] of files) {
    const decision = checkRelativePath(path);
    if (!decision.allowed)
      throw new SandboxError(
        'OUTPUT_REFUSED',
        `the plugin left a file that cannot be kept: ${decision.problem}`,
      );
    const full = join(base, ...decision.path.split('/'));
    await makeDirectories(base, dirname(full));
    const beside = join(dirname(full), `.tmp-${process.pid}-${temporary++}`);
    const file = await open(
      beside,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0),
      0o600,
    );
    try {
      if ((await placeOf(file, beside, await file.stat())) !== beside) throw refuse('it leads elsewhere');
      await file.writeFile(contents);
      await file.close();
      // A link of this name is replaced, not followed.
      await rename(beside, full);
    } catch (error) {
      await file.close().catch(() => {});
      await rm(beside, { force: true });
      throw error;
    }
  }
}

async function makeDirectories(base: string, directory: string): Promise<void> {
  if (directory === base) return;
  await makeDirectories(base, dirname(directory));
  await mkdir(directory, { mode: 0o700 }).catch(error => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
  const found = await lstat(directory);
  if (!found.isDirectory() || (await realpath(directory)) !== directory)
    throw refuse('a part of it is a link or a file');
}
