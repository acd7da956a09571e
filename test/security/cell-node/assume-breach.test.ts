import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ensureNode, NODE_MAJORS } from '../../../scripts/nodes.ts';

type Row = [name: string, outcome: string, type: string, powers: string];

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const shell = new URL('../../../dist/cells/shell-node.js', import.meta.url).href;

for (const major of NODE_MAJORS) {
  const node = ensureNode(major);
  const breached = spawnSync(node, [here('breach-main.mjs'), shell, './hostile.js'], {
    encoding: 'utf8',
    timeout: 60_000,
  });

  describe(`a cell whose engine is fully broken, on Node.js ${major}`, () => {
    const rows = JSON.parse(breached.stdout) as Row[];

    it('answers every probe', () => {
      expect(rows.length).toBeGreaterThan(50);
      // The imports settled, and handed out errors of the surrounding realm: those were examined too.
      expect(rows.at(-1)?.[0]).toBe('late results');
      expect(Number(rows.at(-1)?.[1])).toBeGreaterThan(5);
      expect(Number(rows.at(-2)?.[1])).toBeGreaterThan(2);
    });

    for (const [name, outcome, type, powers] of rows) {
      it(`reaches nothing by ${name}`, () => {
        expect({ name, outcome, type, powers }).toMatchObject({ powers: '' });
      });
    }

    it('shares no object with the realm around it', () => {
      const walk = spawnSync(node, [here('graph-walk.mjs'), shell], { encoding: 'utf8', timeout: 60_000 });
      expect(walk.stdout).toContain('shared: 0');
      expect(walk.status).toBe(0);
    });

    it('would share objects without the realm prelude, so that the walk can fail', () => {
      const walk = spawnSync(node, [here('graph-walk.mjs'), shell, 'bare'], {
        encoding: 'utf8',
        timeout: 60_000,
      });
      expect(walk.status).toBe(1);
    });
  });
}
