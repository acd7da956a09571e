/** Files from mounts into a run, and what it left back to them. Only through what was granted. */
import { SandboxError } from '../core/errors.ts';
import { isInside, pathProblem } from '../policy/paths.ts';
import type { PluginSecurityPolicy } from '../policy/policy.ts';
import type { FileMount } from './types.ts';

export type Mounts = ReadonlyMap<string, FileMount>;

/** @throws SandboxError INVALID_ARGUMENT */
export function checkMounts(mounts: Readonly<Record<string, FileMount>> = {}): Mounts {
  const checked = new Map<string, FileMount>();
  for (const [path, mount] of Object.entries(mounts)) {
    const problem = path === '/' ? 'name a directory' : pathProblem(path);
    if (problem !== null)
      throw new SandboxError(
        'INVALID_ARGUMENT',
        `mounts: ${problem}, got ${JSON.stringify(path).slice(0, 80)}`,
      );
    if (typeof mount?.read !== 'function')
      throw new SandboxError('INVALID_ARGUMENT', `mounts[${JSON.stringify(path)}] must have read()`);
    checked.set(path, mount);
  }
  for (const path of checked.keys())
    for (const other of checked.keys())
      if (isInside(other, path))
        throw new SandboxError(
          'INVALID_ARGUMENT',
          `mounts must not lie within each other: ${other} is in ${path}`,
        );
  return checked;
}

const covers = (granted: readonly string[], path: string): boolean =>
  granted.some(directory => isInside(path, directory));
const touches = (granted: readonly string[], mount: string): boolean =>
  granted.some(directory => directory === mount || isInside(directory, mount) || isInside(mount, directory));

/** What of the mounts a run may see. */
export async function filesFrom(
  mounts: Mounts,
  policy: PluginSecurityPolicy,
  bytes: number,
): Promise<Record<string, Uint8Array>> {
  const granted = [...(policy.files?.read ?? []), ...(policy.files?.write ?? [])];
  const files: Record<string, Uint8Array> = {};
  let left = bytes;
  for (const [path, mount] of mounts) {
    if (!touches(granted, path)) continue;
    for (const [name, contents] of await mount.read(left)) {
      const full = `${path}/${name}`;
      // Names a guest could not have are no files of its file system.
      if (pathProblem(full) !== null || !covers(granted, full)) continue;
      files[full] = contents;
      left -= contents.length;
    }
  }
  return files;
}

/** Hands what a run left below granted directories to the mounts that take it. */
export async function filesBack(
  mounts: Mounts,
  policy: PluginSecurityPolicy,
  files: Readonly<Record<string, Uint8Array>>,
): Promise<void> {
  const granted = policy.files?.write ?? [];
  for (const [path, mount] of mounts) {
    const mine = Object.entries(files).filter(([full]) => isInside(full, path) && covers(granted, full));
    if (mine.length > 0 && mount.write !== undefined)
      await mount.write(new Map(mine.map(([full, contents]) => [full.slice(path.length + 1), contents])));
  }
}
