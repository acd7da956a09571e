/** Remembers what a build step read and wrote, so that it runs again only when one of them changed. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root: string = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, '.cache', 'build');

interface Stamp {
  readonly inputs: string;
  /** Path relative to the root → hash. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** Files below a path relative to the root, which may itself be a file; sorted. */
export function filesBelow(path: string): string[] {
  const full = join(root, path);
  if (!existsSync(full)) return [];
  if (statSync(full).isFile()) return [path];
  return readdirSync(full, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(root.length))
    .sort();
}

export function hashFile(path: string): string {
  return createHash('sha256')
    .update(readFileSync(join(root, path)))
    .digest('hex');
}

/** One hash for the names and contents of all files below these paths, and the Node.js that reads them. */
export function hashInputs(paths: readonly string[]): string {
  const hash = createHash('sha256').update(process.version);
  for (const file of paths.flatMap(filesBelow)) hash.update(`\n${file} ${hashFile(file)}`);
  return hash.digest('hex');
}

function read(step: string): Stamp | null {
  try {
    return JSON.parse(readFileSync(join(folder, `${step}.json`), 'utf8')) as Stamp;
  } catch {
    return null;
  }
}

/** True when the step read the same and what it wrote is still there, unchanged. */
export function isFresh(step: string, inputs: string): boolean {
  const stamp = read(step);
  return (
    stamp !== null &&
    stamp.inputs === inputs &&
    Object.entries(stamp.outputs).every(
      ([file, hash]) => existsSync(join(root, file)) && hashFile(file) === hash,
    )
  );
}

/** What the step wrote when it last ran: path → hash. */
export function outputsOf(step: string): Readonly<Record<string, string>> {
  return read(step)?.outputs ?? {};
}

/** Remembers a step that just ran, and removes what it wrote before and no longer does. */
export function remember(step: string, inputs: string, files: readonly string[]): void {
  const outputs = Object.fromEntries(files.map(file => [file, hashFile(file)]));
  for (const old of Object.keys(outputsOf(step))) {
    if (!Object.hasOwn(outputs, old)) rmSync(join(root, old), { force: true });
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, `${step}.json`),
    `${JSON.stringify({ inputs, outputs } satisfies Stamp, null, 1)}\n`,
  );
}
