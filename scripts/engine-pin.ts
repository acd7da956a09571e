/**
 * The one engine build this package is made from. The runtime's snapshot, addresses and export letters hold for
 * exactly these bytes, so a dependency update must come through here and be looked at.
 */

/** The package, and the two files taken from it. */
export const ENGINE_PACKAGE = '@jitl/quickjs-wasmfile-release-sync';
export const ENGINE_WASM_FILE = 'emscripten-module.wasm';
export const ENGINE_GLUE_FILE = 'emscripten-module.mjs';

/** SHA-256 of {@link ENGINE_WASM_FILE} in version 0.32.0, hexadecimal. */
export const ENGINE_SHA256 = '105c3bed22d457e43e3d1c3c1c6959fda62a8fe06f0fc8a985303c3a2be72232';

/** Name of the exported mutable global that holds the engine's remaining fuel slice. */
export const FUEL_EXPORT = 'citadel_fuel';
