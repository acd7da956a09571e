/** Builds everything of the JavaScript runtime into dist/: metered engine, snapshot, cell bundle. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { buildCellBundle, buildDoors, buildGuestModules } from './build-cell.ts';
import { writeMeteredEngine } from './build-engine.ts';
import { buildSnapshot } from './build-snapshot.ts';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const pack = (bytes: Uint8Array): string => deflateRawSync(bytes, { level: 9 }).toString('base64');

export async function buildQuickJs(): Promise<void> {
  const { bytes: wasm, rejectionHook } = writeMeteredEngine();
  const [program, guest, doors] = await Promise.all([
    buildCellBundle('quickjs'),
    buildGuestModules(),
    buildDoors(),
  ]);
  const { bytes, meta } = buildSnapshot(wasm, guest, rejectionHook);
  const engine = {
    sha256: meta.engine,
    wasm: pack(wasm),
    assets: { snapshot: pack(bytes), doors: pack(new TextEncoder().encode(doors)) },
  };
  mkdirSync(`${dist}engines`, { recursive: true });
  mkdirSync(`${dist}cells`, { recursive: true });
  writeFileSync(`${dist}engines/quickjs.js`, `export const engine = ${JSON.stringify(engine)};\n`);
  writeFileSync(
    `${dist}engines/quickjs.d.ts`,
    'export declare const engine: { readonly sha256: string; readonly wasm: string; readonly assets: { readonly snapshot: string; readonly doors: string } };\n',
  );
  writeFileSync(`${dist}cells/quickjs.js`, `export default ${JSON.stringify(program)};\n`);
  writeFileSync(`${dist}cells/quickjs.d.ts`, 'declare const program: string;\nexport default program;\n');
  const kb = (n: number): string => `${Math.round(n / 1024)} KB`;
  console.log(
    `quickjs: wasm ${kb(wasm.length)}, snapshot ${kb(meta.staticBytes + meta.heapBytes)} (heap ${kb(meta.heapBytes)}), ` +
      `packed ${kb(engine.wasm.length + engine.assets.snapshot.length)}, cell bundle ${kb(program.length)}`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildQuickJs();
