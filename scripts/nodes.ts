/** Node.js versions the library supports, installed on demand from the npm registry into .cache/. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The oldest supported release line, the one in between, and the toolchain's own. */
export const NODE_MAJORS: readonly number[] = [22, 24, 26];

const cache = fileURLToPath(new URL('../.cache/', import.meta.url));

/** Path of a Node.js binary of that major version; the running one when it fits. */
export function ensureNode(major: number): string {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
  const folder = `${cache}node-${major}`;
  const binary = `${folder}/node_modules/node/bin/node`;
  if (!existsSync(binary)) {
    console.log(`installing Node.js ${major} into .cache/node-${major}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/package.json`, '{"private":true}\n');
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--silent', `node@${major}`], {
      cwd: folder,
      stdio: ['ignore', 'inherit', 'ignore'],
    });
  }
  return binary;
}
