/** Real modules from installed packages: an interpreter, and an image codec compiled with vector instructions. */
import { readFileSync } from 'node:fs';

function load(path: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(`../../../node_modules/${path}`, import.meta.url)));
}

export const QUICKJS: Uint8Array<ArrayBuffer> = load(
  '@jitl/quickjs-wasmfile-release-sync/dist/emscripten-module.wasm',
);
export const WEBP: Uint8Array<ArrayBuffer> = load('playwright-core/lib/webp_codec.wasm');

export const REAL_MODULES: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
  quickjs: QUICKJS,
  webp: WEBP,
};
