export { createWasi, type Wasi } from './preview1.ts';
export { ProcExit, type WasiHost } from './types.ts';
