/** Entry of the JavaScript cell: bundled to one classic script whose value is `citadelProgram`. */
export { createProgram } from '../src/runtimes/quickjs/program.ts';
