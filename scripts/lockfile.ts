/** Holds lockfiles to what every machine can use: no address of a registry, a checksum for every package. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './stamp.ts';

interface Locked {
  readonly resolved?: string;
  readonly integrity?: string;
  readonly version?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Complaints about one lockfile's text; none is right. */
export function checkLockfile(text: string): string[] {
  const { packages = {} } = JSON.parse(text) as { packages?: Record<string, Locked> };
  const complaints: string[] = [];
  const names = new Set(
    Object.keys(packages).map(path => path.slice(path.lastIndexOf('node_modules/') + 13)),
  );
  for (const [path, locked] of Object.entries(packages)) {
    if (path === '') continue;
    if (locked.resolved !== undefined) complaints.push(`${path} names an address: ${locked.resolved}`);
    if (locked.integrity === undefined) complaints.push(`${path} has no integrity`);
    // npm 11 refuses a lockfile that lacks what another platform would install.
    for (const optional of Object.keys(locked.optionalDependencies ?? {})) {
      if (!names.has(optional)) complaints.push(`${path} wants ${optional}, which is not locked`);
    }
  }
  return complaints;
}

if (import.meta.main) {
  const complaints = [
    'package-lock.json',
    'bench/package-lock.json',
    'examples/native/package-lock.json',
  ].flatMap(file =>
    checkLockfile(readFileSync(join(root, file), 'utf8')).map(complaint => `${file}: ${complaint}`),
  );
  for (const complaint of complaints) console.error(complaint);
  if (complaints.length > 0) {
    console.error('Run npm install in a folder without node_modules, with the .npmrc of this repository');
    process.exitCode = 1;
  } else console.log('lockfiles: no addresses, every package has a checksum');
}
