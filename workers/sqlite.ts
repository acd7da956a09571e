/** Entry of the SQLite cell: bundled to one classic script whose value is `citadelProgram`. */
export { createProgram } from '../src/runtimes/sqlite/program.ts';
