/** Entry of the cell in which tools run: bundled to one classic script whose value is `citadelProgram`. */
export { createProgram } from '../src/tools/program.ts';
