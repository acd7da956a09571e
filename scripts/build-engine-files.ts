/** Writes what a cell is made of into dist/: its engine, packed, and its program. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import type { EngineName } from '../src/protocol/engines.ts';
import { buildCellBundle } from './build-cell.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** For an engine that is a module and nothing else. */
export async function writeEngine(name: EngineName, wasm: Uint8Array): Promise<void> {
  const program = await buildCellBundle(name);
  const engine = {
    sha256: createHash('sha256').update(wasm).digest('hex'),
    wasm: deflateRawSync(wasm, { level: 9 }).toString('base64'),
    assets: {},
  };
  mkdirSync(`${root}dist/engines`, { recursive: true });
  mkdirSync(`${root}dist/cells`, { recursive: true });
  writeFileSync(`${root}dist/engines/${name}.js`, `export const engine = ${JSON.stringify(engine)};\n`);
  writeFileSync(
    `${root}dist/engines/${name}.d.ts`,
    'export declare const engine: { readonly sha256: string; readonly wasm: string; readonly assets: Record<string, never> };\n',
  );
  writeFileSync(`${root}dist/cells/${name}.js`, `export default ${JSON.stringify(program)};\n`);
  writeFileSync(
    `${root}dist/cells/${name}.d.ts`,
    'declare const program: string;\nexport default program;\n',
  );
  console.log(`${name}: wasm ${wasm.length} B, cell bundle ${Math.round(program.length / 1024)} KB`);
}
