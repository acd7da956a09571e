/**
 * The one build of CPython this package is made from. The snapshot's addresses hold for exactly these bytes, and every
 * import was classified for them, so an update must come through here and be looked at.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { root } from '../stamp.ts';

const PACKAGE = 'pyodide';
const VERSION = '314.0.7';
/** File of the package → its SHA-256. Nothing else of the package is used: none of its JavaScript. */
const FILES = {
  'pyodide.asm.wasm': 'cc36e3cab04fdfc9a63ff13eb52eae2b911bf46c025cc7b281f394bd3de1d5e6',
  'python_stdlib.zip': 'fa1957e5777068fc4f7437f96d860ae2fbe9c19732ba06c84e004ec16dd7dd7a',
} as const;

export function readPinned(name: keyof typeof FILES): Uint8Array<ArrayBuffer> {
  const folder = `${root}node_modules/${PACKAGE}/`;
  const { version } = JSON.parse(readFileSync(`${folder}package.json`, 'utf8')) as { version: string };
  const bytes = new Uint8Array(readFileSync(folder + name));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (version !== VERSION || sha256 !== FILES[name]) {
    throw new Error(
      `look at ${PACKAGE} ${version}: ${name} has the hash ${sha256}, and scripts/pyodide/pin.ts names ${FILES[name]} of ${VERSION}`,
    );
  }
  return bytes;
}
