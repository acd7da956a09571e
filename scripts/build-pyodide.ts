/** Builds everything of the Python runtime into dist/: metered engine, compiled library, snapshot, cell bundle. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { buildCellBundle } from './build-cell.ts';
import { buildMeteredPython } from './pyodide/engine.ts';
import { buildSnapshot } from './pyodide/snapshot.ts';
import { buildStdlib } from './pyodide/stdlib.ts';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));

/** Everything the step writes, relative to the root. */
export const PYODIDE_FILES: readonly string[] = [
  'dist/engines/pyodide.js',
  'dist/engines/pyodide.d.ts',
  'dist/engines/pyodide/wasm.bin',
  'dist/engines/pyodide/snapshot.bin',
  'dist/engines/pyodide/stdlib.bin',
  'dist/cells/pyodide.js',
  'dist/cells/pyodide.d.ts',
];

const LOADER = `export const engine = {
  sha256: @SHA@,
  wasm: new URL('./pyodide/wasm.bin', import.meta.url),
  assets: {
    snapshot: new URL('./pyodide/snapshot.bin', import.meta.url),
    stdlib: new URL('./pyodide/stdlib.bin', import.meta.url),
  },
};
`;

export async function buildPyodide(): Promise<void> {
  const program = await buildCellBundle('pyodide');
  const { bytes: wasm } = await buildMeteredPython();
  const sha256 = createHash('sha256').update(wasm).digest('hex');
  const module = await WebAssembly.compile(wasm);
  console.log('pyodide: compiling the standard library');
  const stdlib = buildStdlib(module);
  console.log('pyodide: taking the snapshot');
  const snapshot = buildSnapshot(module, sha256, stdlib);
  mkdirSync(`${dist}engines/pyodide`, { recursive: true });
  mkdirSync(`${dist}cells`, { recursive: true });
  const sizes: string[] = [];
  for (const [name, bytes] of Object.entries({ wasm, snapshot, stdlib })) {
    const packed = deflateRawSync(bytes, { level: 9 });
    writeFileSync(`${dist}engines/pyodide/${name}.bin`, packed);
    sizes.push(`${name} ${mb(bytes.length)} (${mb(packed.length)} packed)`);
  }
  writeFileSync(`${dist}engines/pyodide.js`, LOADER.replace('@SHA@', JSON.stringify(sha256)));
  writeFileSync(
    `${dist}engines/pyodide.d.ts`,
    'export declare const engine: { readonly sha256: string; readonly wasm: URL; readonly assets: { readonly snapshot: URL; readonly stdlib: URL } };\n',
  );
  writeFileSync(`${dist}cells/pyodide.js`, `export default ${JSON.stringify(program)};\n`);
  writeFileSync(`${dist}cells/pyodide.d.ts`, 'declare const program: string;\nexport default program;\n');
  console.log(`pyodide: ${sizes.join(', ')}, cell bundle ${Math.round(program.length / 1024)} KB`);
}

const mb = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MB`;

if (import.meta.main) await buildPyodide();
