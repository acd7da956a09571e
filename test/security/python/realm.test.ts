/** A Python cell whose engine is broken, on every supported Node.js: nothing of the realm around it can be reached. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { ensureNode, NODE_MAJORS } from '../../../scripts/nodes.ts';

const walker = fileURLToPath(new URL('realm-walk.mjs', import.meta.url));
const built = (name: string): string => new URL(`../../../dist/cells/${name}.js`, import.meta.url).href;

it.each(NODE_MAJORS)(
  'a broken Python engine shares no object with the realm around it, on Node.js %i',
  major => {
    const walk = spawnSync(ensureNode(major), [walker, built('shell-node'), built('pyodide')], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect(walk.stdout + walk.stderr).toMatch(/loot \d{3,}, \d{5,} objects reachable, shared: 0/);
    expect(walk.status).toBe(0);
  },
);
