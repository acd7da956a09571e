import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { EXAMPLES } from '../../examples/index.ts';

const at = (path: string): string => fileURLToPath(new URL(`../../examples/${path}`, import.meta.url));

describe('the examples', () => {
  it('end as they should, and say what each did and cost', () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--conditions=citadel-source', at('run.ts')],
      { encoding: 'utf8' },
    );
    expect(stderr).toBe('');
    expect(stdout).toContain(`All ${EXAMPLES.length} plugins ended as their policies say they should.`);
    for (const { file } of EXAMPLES) expect(stdout).toMatch(new RegExp(`^${file} .* yes$`, 'm'));
    expect(status).toBe(0);
  });

  it('have a policy each, and no plugin is left out', () => {
    const plugins = readdirSync(at('plugins')).filter(name => name !== 'biome.json');
    expect(EXAMPLES.map(example => example.file).sort()).toEqual(plugins.sort());
    const policies = readdirSync(at('policies'));
    expect(EXAMPLES.map(example => `${example.name}.json`).sort()).toEqual(policies.sort());
  });

  it('run on the data that the committed generator makes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'citadel-data-'));
    try {
      execFileSync(process.execPath, [at('generate.ts'), folder]);
      for (const name of ['orders.csv', 'contacts.json']) {
        expect(readFileSync(join(folder, name), 'utf8')).toBe(readFileSync(at(`data/${name}`), 'utf8'));
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
