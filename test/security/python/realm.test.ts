/** A Python cell whose engine is broken, on every supported Node.js: nothing of the realm around it can be reached. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { ensureNode, NODE_MAJORS } from '../../../scripts/nodes.ts';

const walker = fileURLToPath(new URL('realm-walk.mjs', import.meta.url));
const built = (name: string): string => new URL(`../../../dist/cells/${name}.js`, import.meta.url).href;

function walk(node: string, ...more: string[]): SpawnSyncReturns<string> {
  return spawnSync(node, [walker, built('shell-node'), built('pyodide'), ...more], {
    encoding: 'utf8',
    timeout: 60_000,
  });
}

it.each(NODE_MAJORS)(
  'a broken Python engine shares no object with the realm around it, on Node.js %i',
  major => {
    const { stdout, stderr, status } = walk(ensureNode(major));
    expect(stdout + stderr).toMatch(/loot \d{3,}, \d{4,} objects reachable, shared: 0/);
    expect(status).toBe(0);
  },
);

it('an object that leaks is found', () => {
  const { stdout, status } = walk(process.execPath, 'leak');
  expect(stdout).toMatch(/loot\.\d+\.deep/);
  expect(status).toBe(1);
});
