/** Builds the native runtime into dist/: our own small wasm, and the cell bundle. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import loadWabt from 'wabt';
import { buildCellBundle } from './build-cell.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const KERNEL = 'src/runtimes/wasm/kernel.wat';

/** Assembles and validates kernel.wat. Deterministic. */
export async function buildKernel(): Promise<Uint8Array<ArrayBuffer>> {
  const wabt = await loadWabt();
  const parsed = wabt.parseWat(KERNEL, readFileSync(root + KERNEL, 'utf8'), { bulk_memory: true });
  try {
    parsed.validate();
    return new Uint8Array(parsed.toBinary({}).buffer);
  } finally {
    parsed.destroy();
  }
}

export async function buildNative(): Promise<void> {
  const [kernel, program] = await Promise.all([buildKernel(), buildCellBundle('wasm')]);
  const engine = {
    sha256: createHash('sha256').update(kernel).digest('hex'),
    wasm: deflateRawSync(kernel, { level: 9 }).toString('base64'),
    assets: {},
  };
  mkdirSync(`${root}dist/engines`, { recursive: true });
  mkdirSync(`${root}dist/cells`, { recursive: true });
  writeFileSync(`${root}dist/engines/wasm.js`, `export const engine = ${JSON.stringify(engine)};\n`);
  writeFileSync(
    `${root}dist/engines/wasm.d.ts`,
    'export declare const engine: { readonly sha256: string; readonly wasm: string; readonly assets: Record<string, never> };\n',
  );
  writeFileSync(`${root}dist/cells/wasm.js`, `export default ${JSON.stringify(program)};\n`);
  writeFileSync(`${root}dist/cells/wasm.d.ts`, 'declare const program: string;\nexport default program;\n');
  console.log(`native: kernel ${kernel.length} B, cell bundle ${Math.round(program.length / 1024)} KB`);
}

if (import.meta.main) await buildNative();
