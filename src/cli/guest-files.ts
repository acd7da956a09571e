/** Files that the command line puts into a guest's file system, and takes out of it. */
import { lstat, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cleanLine } from '../core/text.ts';
import { isInside, pathProblem } from '../policy/paths.ts';
import type { PluginSecurityPolicy } from '../policy/policy.ts';
import type { ParsedArgs } from './args.ts';
import { usage } from './fail.ts';
import { display, readBytes } from './files.ts';

export interface GuestFiles {
  /** The policy with the directories that the options name added to it. */
  readonly policy: PluginSecurityPolicy;
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** Guest directory → host directory. */
  readonly saved: ReadonlyMap<string, string>;
}

const quote = (text: string): string => JSON.stringify(cleanLine(text, 60));

function pair(given: string, option: string, example: string): readonly [string, string] {
  const equals = given.indexOf('=');
  if (equals < 1 || equals === given.length - 1)
    throw usage(`${option} needs ${example}, got ${quote(given)}`);
  const path = given.slice(0, equals);
  const problem = pathProblem(path);
  if (problem !== null) throw usage(`${option}: ${problem}, got ${quote(path)}`);
  return [path, given.slice(equals + 1)];
}

/** Reads what `--file` and `--save` name. */
export async function guestFiles(args: ParsedArgs, policy: PluginSecurityPolicy): Promise<GuestFiles> {
  const files: Record<string, Uint8Array> = {};
  const read = [...(policy.files?.read ?? [])];
  const write = [...(policy.files?.write ?? [])];
  const saved = new Map<string, string>();
  for (const given of args.all('save')) {
    const [directory, target] = pair(given, '--save', 'GUESTDIR=DIR');
    if (!write.includes(directory)) write.push(directory);
    saved.set(directory, target);
  }
  for (const given of args.all('file')) {
    const [path, source] = pair(given, '--file', 'GUESTPATH=FILE');
    if (Object.hasOwn(files, path)) throw usage(`--file ${cleanLine(path, 60)} is given twice; keep one`);
    files[path] = await readBytes(source);
    const directory = path.slice(0, path.lastIndexOf('/'));
    if (directory === '')
      throw usage(`--file: put the file into a directory such as /data, got ${quote(path)}`);
    if (![...read, ...write].some(mount => isInside(path, mount))) read.push(directory);
  }
  if (read.length + write.length === 0) return { policy, files, saved };
  return { policy: { ...policy, files: { read, write } }, files, saved };
}

/** Characters that mean something to some host's file system. */
const UNSAFE = /[\\:*?"<>|]/;

/**
 * Writes what a guest left. The paths have been checked to be canonical and below their mount; links that stand in the
 * way on this disk are not followed.
 */
export async function saveFiles(
  files: Readonly<Record<string, Uint8Array>>,
  saved: ReadonlyMap<string, string>,
): Promise<string[]> {
  const written: string[] = [];
  for (const [path, bytes] of Object.entries(files)) {
    for (const [directory, target] of saved) {
      if (!isInside(path, directory)) continue;
      const relative = path.slice(directory.length + 1);
      if (UNSAFE.test(relative))
        throw usage(`the plugin left ${quote(path)}, which is no file name everywhere; it was not saved`);
      const host = join(target, ...relative.split('/'));
      await makePlace(target, relative);
      try {
        // A plain file is replaced; anything else, a link above all, is not touched.
        await writeFile(host, bytes, { flag: (await isPlainFile(host)) ? 'w' : 'wx' });
      } catch (error) {
        throw usage(
          `${display(host)} could not be written (${(error as NodeJS.ErrnoException).code}); check what is there`,
        );
      }
      written.push(host);
    }
  }
  return written;
}

async function isPlainFile(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => null);
  return found?.isFile() === true;
}

/** Makes the directories below `target` one by one. */
async function makePlace(target: string, relative: string): Promise<void> {
  await mkdir(target, { recursive: true });
  let place = target;
  for (const name of dirname(relative).split('/')) {
    if (name === '.') continue;
    place = join(place, name);
    const found = await lstat(place).catch(() => null);
    if (found === null) await mkdir(place);
    else if (!found.isDirectory())
      throw usage(`${display(place)} is in the way; name another directory with --save`);
  }
}
