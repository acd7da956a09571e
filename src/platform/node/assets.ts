/** What a cell is made of, decoded and compiled once per process. */
import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import type { CellData, CellEngine } from './cell-main.ts';

export interface CellAssets {
  readonly shell: string;
  readonly workerData: CellData;
  /** Decoded while the worker starts. */
  readonly engine: Promise<CellEngine>;
}

let assets: Promise<CellAssets> | null = null;

const inflate = promisify(inflateRaw);

/** In a thread of the pool: four times as fast as the web's own streams. */
async function unpack(base64: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await inflate(Buffer.from(base64, 'base64')));
}

async function loadEngine(): Promise<CellEngine> {
  const { engine } = await import('#engine/quickjs');
  const [wasm, bytes] = await Promise.all([unpack(engine.wasm), unpack(engine.snapshot)]);
  // Shared with every cell instead of copied into each.
  const snapshot = new Uint8Array(new SharedArrayBuffer(bytes.length));
  snapshot.set(bytes);
  return { module: await WebAssembly.compile(wasm), snapshot };
}

async function load(): Promise<CellAssets> {
  const engine = loadEngine();
  // Whoever starts a cell waits for it and sees the failure.
  engine.catch(() => {});
  const [{ default: program }, { shell, realm }] = await Promise.all([
    import('#cell/quickjs'),
    import('#cell/shell-node'),
  ]);
  return { shell, workerData: { realm, program }, engine };
}

/** @throws when the package is incomplete or its engine does not compile. */
export function loadCellAssets(): Promise<CellAssets> {
  assets ??= load().catch((error: unknown) => {
    assets = null;
    throw error;
  });
  return assets;
}
