/** Builds the cell of the host's tools into dist/. It is all JavaScript: its engine is an empty module. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { buildCellBundle } from './build-cell.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const EMPTY_MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

export async function buildTools(): Promise<void> {
  const program = await buildCellBundle('tools');
  const engine = {
    sha256: createHash('sha256').update(EMPTY_MODULE).digest('hex'),
    wasm: deflateRawSync(EMPTY_MODULE, { level: 9 }).toString('base64'),
    assets: {},
  };
  mkdirSync(`${root}dist/engines`, { recursive: true });
  mkdirSync(`${root}dist/cells`, { recursive: true });
  writeFileSync(`${root}dist/engines/tools.js`, `export const engine = ${JSON.stringify(engine)};\n`);
  writeFileSync(
    `${root}dist/engines/tools.d.ts`,
    'export declare const engine: { readonly sha256: string; readonly wasm: string; readonly assets: Record<string, never> };\n',
  );
  writeFileSync(`${root}dist/cells/tools.js`, `export default ${JSON.stringify(program)};\n`);
  writeFileSync(`${root}dist/cells/tools.d.ts`, 'declare const program: string;\nexport default program;\n');
  console.log(`tools: cell bundle ${Math.round(program.length / 1024)} KB`);
}

if (import.meta.main) await buildTools();
