/** The state every run begins with, as a copy of the memory of a Python that has just started. Deterministic. */
import { takeSnapshot } from '../../src/runtimes/pyodide/snapshot.ts';
import { Interpreter } from './interpreter.ts';

/** Built-in modules that lead to JavaScript or to foreign code. */
const FOREIGN = ['_pyodide_core', '_ctypes'];

export function buildSnapshot(
  module: WebAssembly.Module,
  engine: string,
  stdlib: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const python = new Interpreter(module, stdlib);
  python.run('import _citadel.boot, _citadel.driver\n_citadel.boot.boot()\ndel _citadel');
  python.forget(FOREIGN);
  const { bytes } = python.engine.guest;
  const meta = {
    engine,
    begin: python.pointer('_citadel.driver', 'begin'),
    resume: python.pointer('_citadel.driver', 'resume'),
    stackPointer: python.engine.fn.stackCurrent() >>> 0,
    end: python.engine.fn.sbrk(0) >>> 0,
  };
  if (bytes.subarray(meta.end).some(byte => byte !== 0))
    throw new Error('the engine keeps state behind its heap');
  return takeSnapshot(bytes, meta).encode();
}
