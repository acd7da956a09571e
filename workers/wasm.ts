/** Entry of the native cell: bundled to one classic script whose value is `citadelProgram`. */
export { createProgram } from '../src/runtimes/wasm/program.ts';
