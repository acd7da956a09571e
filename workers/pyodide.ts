/** Entry of the Python cell: bundled to one classic script whose value is `citadelProgram`. */
export { createProgram } from '../src/runtimes/pyodide/program.ts';
