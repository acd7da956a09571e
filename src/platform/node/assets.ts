/** What a cell is made of, decoded and compiled once per process. */
import type { CellData, CellEngine } from './cell-main.ts';

export interface CellAssets {
  readonly shell: string;
  readonly workerData: CellData;
  /** Decoded while the worker starts. */
  readonly engine: Promise<CellEngine>;
}

let assets: Promise<CellAssets> | null = null;

async function inflate(base64: string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([Buffer.from(base64, 'base64')])
    .stream()
    .pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function loadEngine(): Promise<CellEngine> {
  const { engine } = await import('#engine/quickjs');
  const [wasm, bytes] = await Promise.all([inflate(engine.wasm), inflate(engine.snapshot)]);
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
