/** What a cell is made of, decoded and compiled once per process and engine. */
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import { type EngineName, KEEPS_INTL } from '../../protocol/engines.ts';
import type { CellData, CellEngine } from './cell-main.ts';

export interface CellAssets {
  readonly shell: string;
  readonly workerData: CellData;
  /** Decoded while the worker starts. */
  readonly engine: Promise<CellEngine>;
}

/** Deflated: in base64, or where a file of it is. */
type Packed = string | URL;

/** What a built engine consists of: its wasm and its other assets. */
interface PackedEngine {
  readonly wasm: Packed;
  readonly assets: Readonly<Record<string, Packed>>;
}

/** Written out, so that bundlers see them. */
const ENGINES: Readonly<Record<EngineName, () => Promise<{ readonly engine: PackedEngine }>>> = {
  quickjs: () => import('#engine/quickjs'),
  wasm: () => import('#engine/wasm'),
  pyodide: () => import('#engine/pyodide'),
  tools: () => import('#engine/tools'),
  sqlite: () => import('#engine/sqlite'),
};
const PROGRAMS: Readonly<Record<EngineName, () => Promise<{ readonly default: string }>>> = {
  quickjs: () => import('#cell/quickjs'),
  wasm: () => import('#cell/wasm'),
  pyodide: () => import('#cell/pyodide'),
  tools: () => import('#cell/tools'),
  sqlite: () => import('#cell/sqlite'),
};

const loaded: Map<EngineName, Promise<CellAssets>> = new Map();

const inflate = promisify(inflateRaw);

/** In a thread of the pool: four times as fast as the web's own streams. */
async function unpack(packed: Packed): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = typeof packed === 'string' ? Buffer.from(packed, 'base64') : await readFile(packed);
  const { buffer, byteOffset, byteLength } = await inflate(bytes);
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}

/** Shared with every cell instead of copied into each. */
async function unpackShared(packed: Packed): Promise<Uint8Array> {
  const bytes = await unpack(packed);
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}

async function loadEngine(name: EngineName): Promise<CellEngine> {
  const { engine } = await ENGINES[name]();
  const [wasm, ...assets] = await Promise.all([
    unpack(engine.wasm),
    ...Object.entries(engine.assets).map(
      async ([asset, packed]) => [asset, await unpackShared(packed)] as const,
    ),
  ]);
  return { module: await WebAssembly.compile(wasm), assets };
}

async function load(name: EngineName): Promise<CellAssets> {
  const engine = loadEngine(name);
  // Whoever starts a cell waits for it and sees the failure.
  engine.catch(() => {});
  const [{ default: program }, { shell, realm }] = await Promise.all([
    PROGRAMS[name](),
    import('#cell/shell-node'),
  ]);
  return { shell, workerData: { realm, intl: KEEPS_INTL.has(name), program }, engine };
}

/** @throws when the package is incomplete or the engine does not compile. */
export function loadCellAssets(name: EngineName): Promise<CellAssets> {
  let assets = loaded.get(name);
  if (assets === undefined) {
    assets = load(name).catch((error: unknown) => {
      loaded.delete(name);
      throw error;
    });
    loaded.set(name, assets);
  }
  return assets;
}
