/** What a cell is made of, loaded and inflated once per page. */
import { frameDocument } from './document.ts';
import type { FrameInit } from './wire.ts';

export interface CellAssets {
  /** Text of the frame's document. */
  readonly document: string;
  readonly init: FrameInit;
}

let assets: Promise<CellAssets> | null = null;

async function inflate(base64: string): Promise<Uint8Array> {
  const packed = Uint8Array.from(atob(base64), char => char.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function load(): Promise<CellAssets> {
  const [{ engine }, { default: program }, { shell, warden, wardenHash }] = await Promise.all([
    import('#engine/quickjs'),
    import('#cell/quickjs'),
    import('#cell/shell-browser'),
  ]);
  const [wasm, snapshot] = await Promise.all([inflate(engine.wasm), inflate(engine.snapshot)]);
  return {
    document: frameDocument(warden, wardenHash),
    init: { script: `${shell}\n${program}`, wasm, snapshot },
  };
}

/** @throws when the package is incomplete or this browser cannot unpack it. */
export function loadCellAssets(): Promise<CellAssets> {
  assets ??= load().catch((error: unknown) => {
    assets = null;
    throw error;
  });
  return assets;
}
