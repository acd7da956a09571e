import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { EXAMPLES } from '../../examples/index.ts';
import { FLOWS } from '../../examples/workflows/index.ts';
import { createSandbox } from '../../src/index.ts';

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
    expect(stdout).toMatch(/^ {2}statistics +success +\d+ → +4 items/m);
    expect(stdout).toContain('The workflow ended with success');
    expect(status).toBe(0);
  });

  it('that are workflows use every file of theirs, and name no other', () => {
    const used = FLOWS.flatMap(({ code, inputFiles = {} }) => [
      ...Object.values(code),
      ...Object.values(inputFiles),
    ]);
    for (const file of used) expect(() => readFileSync(at(file))).not.toThrow();
    const plugins = readdirSync(at('workflows/plugins')).map(name => `workflows/plugins/${name}`);
    expect(plugins.filter(file => !used.includes(file))).toEqual([]);
  });

  it('have a policy each, and no plugin is left out', () => {
    const plugins = readdirSync(at('plugins')).filter(name => name !== 'biome.json');
    const scripts = EXAMPLES.map(example => example.file).filter(file => !file.endsWith('.wasm'));
    expect(scripts.sort()).toEqual(plugins.sort());
    const policies = readdirSync(at('policies'));
    expect(EXAMPLES.map(example => `${example.name}.json`).sort()).toEqual(policies.sort());
  });

  it('that are native have their source beside them', () => {
    for (const { file } of EXAMPLES.filter(example => example.file.endsWith('.wasm'))) {
      const name = file.slice(0, -5);
      const files = readdirSync(at(`native/${name}`)).filter(found => found !== file);
      expect(files).toHaveLength(1);
      expect(files[0]).toMatch(new RegExp(`^${name}\\.(?:c|rs|ts|wat)$`));
    }
  });

  it('find the edges of an image, from bytes to bytes', async () => {
    const width = 8;
    const image = new Uint8Array(8 + width * width);
    new DataView(image.buffer).setUint32(0, width, true);
    new DataView(image.buffer).setUint32(4, width, true);
    // White from the fifth column on.
    for (let i = 0; i < width * width; i++) image[8 + i] = i % width < 4 ? 0 : 255;
    await using sandbox = createSandbox();
    const code = new Uint8Array(readFileSync(at('native/image-edges/image-edges.wasm')));
    const result = await sandbox.run({ runtime: 'wasm', code, input: image, output: 'bytes' });
    if (!result.success) throw result.error;
    const row = [...(result.data as Uint8Array).subarray(8, 16)];
    expect(row).toEqual([0, 0, 0, 255, 255, 0, 0, 0]);
    const bad = await sandbox.run({ runtime: 'wasm', code, input: image.subarray(0, 20), output: 'bytes' });
    expect(bad).toMatchObject({ success: false, error: { guest: { name: 'Abort' } } });
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
