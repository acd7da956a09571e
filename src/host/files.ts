/** The guest's file system as the caller passes it and gets it back. Paths only: no disk is touched. */
import { SandboxError } from '../core/errors.ts';
import type { Limits } from '../core/limits.ts';
import { cleanLine } from '../core/text.ts';
import type { ResolvedPolicy } from '../policy/index.ts';
import { isInside, pathProblem } from '../policy/paths.ts';
import { decodeValue, encodeValue, ProtocolError } from '../protocol/value-codec.ts';
import { utf8Length } from './options.ts';

/** What a file costs of limits.fileBytes beside its contents and its name. */
const NODE_BYTES = 64;
const NONE: Uint8Array<ArrayBuffer> = new Uint8Array(0);

const utf8 = new TextEncoder();
const quote = (path: string): string => JSON.stringify(cleanLine(path, 100));

/**
 * Checks and encodes `options.files`.
 * @throws SandboxError INVALID_ARGUMENT or INPUT_TOO_LARGE
 */
export function encodeFiles(files: unknown, policy: ResolvedPolicy['files'], limits: Limits): Uint8Array {
  if (files === undefined) return NONE;
  if (typeof files !== 'object' || files === null || Array.isArray(files) || files instanceof Uint8Array) {
    throw new SandboxError('INVALID_ARGUMENT', 'files must map paths to strings or Uint8Arrays');
  }
  const mounts = [...policy.read, ...policy.write];
  const given = new Map<string, Uint8Array>();
  let bytes = 0;
  for (const [path, contents] of Object.entries(files as Record<string, unknown>)) {
    const problem = path === '/' ? 'name a file in it' : pathProblem(path);
    if (problem !== null) throw new SandboxError('INVALID_ARGUMENT', `files[${quote(path)}]: ${problem}`);
    if (!mounts.some(mount => isInside(path, mount))) {
      throw new SandboxError(
        'INVALID_ARGUMENT',
        `files[${quote(path)}] lies in no mount; add its directory to policy.files.read or policy.files.write`,
      );
    }
    if (typeof contents !== 'string' && !(contents instanceof Uint8Array)) {
      throw new SandboxError('INVALID_ARGUMENT', `files[${quote(path)}] must be a string or a Uint8Array`);
    }
    bytes +=
      NODE_BYTES + utf8Length(path) + (typeof contents === 'string' ? utf8Length(contents) : contents.length);
    if (bytes > limits.fileBytes) {
      throw new SandboxError(
        'INPUT_TOO_LARGE',
        `the files have more than limits.fileBytes = ${limits.fileBytes} bytes`,
      );
    }
    given.set(path, typeof contents === 'string' ? utf8.encode(contents) : contents);
  }
  if (given.size > limits.fileCount) {
    throw new SandboxError(
      'INPUT_TOO_LARGE',
      `${given.size} files are more than limits.fileCount = ${limits.fileCount}`,
    );
  }
  return given.size === 0 ? NONE : encodeValue(given, { bytes: Number.MAX_SAFE_INTEGER }, 'files');
}

/**
 * Reads the files a cell says the guest left. Hostile input: paths are held to the same rules and to the writable mounts.
 * @throws ProtocolError
 */
export function decodeFiles(
  bytes: Uint8Array,
  writable: readonly string[],
  limits: Limits,
): Readonly<Record<string, Uint8Array>> {
  // No prototype: the guest chooses the keys.
  const files: Record<string, Uint8Array> = Object.create(null);
  if (bytes.length === 0) return Object.freeze(files);
  const value = decodeValue(bytes, { bytes: filesCap(limits) });
  if (!(value instanceof Map)) throw new ProtocolError('the files are no map');
  let total = 0;
  for (const [path, contents] of value) {
    if (typeof path !== 'string' || !(contents instanceof Uint8Array)) throw new ProtocolError('no file');
    total += contents.length;
    if (pathProblem(path) !== null || !writable.some(mount => isInside(path, mount)))
      throw new ProtocolError('a file outside the writable mounts');
    files[path] = contents;
  }
  if (total > limits.fileBytes || value.size > limits.fileCount) throw new ProtocolError('too many files');
  return Object.freeze(files);
}

/** Largest encoded form of the files a guest may leave; a path takes two bytes a character at most. */
export function filesCap({ fileBytes, fileCount }: Limits): number {
  return 1024 + 3 * fileBytes + 32 * fileCount;
}
