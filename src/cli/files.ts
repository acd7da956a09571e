/** Reading what the command line names. Bounded, because a name may lead to a device or an endless pipe. */
import { createReadStream } from 'node:fs';
import { type JsonRules, parseJson } from '../core/json.ts';
import { LIMITS } from '../core/limits.ts';
import { cleanLine } from '../core/text.ts';
import { usage } from './fail.ts';

/** What no limit could allow is not read to its end. */
const CODE_CAP = LIMITS.codeBytes.ceiling;
const BYTES_CAP = Math.max(LIMITS.moduleBytes.ceiling, LIMITS.fileBytes.ceiling);
const JSON_CAP = 2 * LIMITS.inputBytes.ceiling;
/** No value that crosses is deeper, tags included. */
const JSON_DEPTH = 1000;

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist; check the path',
  EISDIR: 'is a directory; name a file in it',
  EACCES: 'may not be read; check its permissions',
  ENOTDIR: 'does not exist; a part of its path is a file',
  ELOOP: 'is a circle of links; name the file itself',
  ENAMETOOLONG: 'is too long for a file name; check the path',
};

/** How messages call a file. */
export function display(path: string): string {
  return path === '-' ? 'stdin' : cleanLine(path, 200);
}

let stdinTaken = false;

/** @param path `-` is stdin, once */
async function readCapped(path: string, cap: number): Promise<Buffer> {
  const name = display(path);
  if (path === '') throw usage('a file name is empty; name a file, or - for stdin');
  if (path.includes('\0')) throw usage(`${name} is no file name; it contains NUL`);
  if (path === '-') {
    if (stdinTaken) throw usage('stdin can be read once; put one of the two into a file');
    stdinTaken = true;
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of path === '-' ? process.stdin : createReadStream(path)) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes > cap) break;
    }
  } catch (error) {
    const { code = 'an unknown error' } = error as NodeJS.ErrnoException;
    throw usage(`${name} ${REASONS[code] ?? `could not be read (${code}); check it`}`);
  }
  if (bytes > cap)
    throw usage(`${name} is larger than ${cap} bytes, the most that can be allowed; shorten it`);
  return Buffer.concat(chunks);
}

async function readText(path: string, cap: number): Promise<string> {
  const bytes = await readCapped(path, cap);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw usage(`${display(path)} is not UTF-8 text; convert it, or name another file`);
  }
}

/** A WebAssembly module, or a file for a guest. */
export async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readCapped(path, BYTES_CAP));
}

/** A program or a module. */
export async function readCode(path: string): Promise<string> {
  const code = await readText(path, CODE_CAP);
  if (code.trim() === '') {
    throw usage(`${display(path)} is empty; write an expression, a body with return, or export default`);
  }
  return code;
}

type BigIntegers = JsonRules['bigIntegers'];

/**
 * @param bigIntegers `bigint` where a value goes to a guest
 * @param advice follows the position: what to do about it
 */
export function readJsonText(text: string, name: string, bigIntegers: BigIntegers, advice: string): unknown {
  const read = parseJson(text, { chars: JSON_CAP, depth: JSON_DEPTH, bigIntegers });
  if (read.ok) return read.value;
  const { problem, at, isJson } = read;
  const place = lineAndColumn(text, at);
  if (isJson) throw usage(`${name}: ${problem}, at ${place}; ${advice}`);
  const found =
    at >= text.length ? 'the end of the text' : JSON.stringify(cleanLine(text.slice(at, at + 12), 12));
  throw usage(`${name} is not JSON: unexpected ${found} at ${place}; ${advice}`);
}

/** `line:column`, 1-based. */
function lineAndColumn(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return `${before.split('\n').length}:${offset - lineStart + 1}`;
}

export async function readJson(path: string, bigIntegers: BigIntegers = 'refuse'): Promise<unknown> {
  return readJsonText(await readText(path, JSON_CAP), display(path), bigIntegers, 'correct it there');
}
