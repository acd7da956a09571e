/** What a cell is made of, loaded and inflated once per page. */
import { type EngineName, KEEPS_INTL } from '../../protocol/engines.ts';
import { frameDocument } from './document.ts';
import type { FrameInit } from './wire.ts';

export interface CellAssets {
  /** Text of the frame's document. */
  readonly document: string;
  /** Comes later than the document: the frame starts meanwhile. */
  readonly init: FrameInit | Promise<FrameInit>;
}

/** Deflated: in base64, or where a file of it is served from. */
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

async function open(packed: Packed): Promise<Blob> {
  if (typeof packed === 'string')
    return new Blob([Uint8Array.from(atob(packed), char => char.charCodeAt(0))]);
  const response = await fetch(packed);
  if (!response.ok)
    throw new Error(`Serve ${packed.href}, a file of this package: the server answers ${response.status}`);
  return response.blob();
}

async function inflate(packed: Packed): Promise<Uint8Array> {
  const stream = (await open(packed)).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function unpack(name: EngineName, shell: string): Promise<FrameInit> {
  const [{ engine }, { default: program }] = await Promise.all([ENGINES[name](), PROGRAMS[name]()]);
  const [wasm, ...assets] = await Promise.all([
    inflate(engine.wasm),
    ...Object.entries(engine.assets).map(async ([asset, packed]) => [asset, await inflate(packed)] as const),
  ]);
  return {
    script: `(function (citadelIntl) {${shell}\n})(${KEEPS_INTL.has(name)});\n${program}`,
    wasm,
    assets,
  };
}

async function load(name: EngineName, failed: () => void): Promise<CellAssets> {
  const { shell, warden, wardenHash } = await import('#cell/shell-browser');
  const init = unpack(name, shell);
  // Told to whoever waits for it; a frame that was given up meanwhile does not.
  init.catch(failed);
  return { document: frameDocument(warden, wardenHash), init };
}

/** @throws when the package is incomplete or this browser cannot unpack it; so does its `init`. */
export function loadCellAssets(name: EngineName): Promise<CellAssets> {
  let assets = loaded.get(name);
  if (assets === undefined) {
    const forget = (): void => void loaded.delete(name);
    assets = load(name, forget).catch((error: unknown) => {
      forget();
      throw error;
    });
    loaded.set(name, assets);
  }
  return assets;
}
