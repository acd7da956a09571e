/** The state every run begins with, as a copy of the memory of a Python that has just started. Deterministic. */
import { type Snapshot, type SnapshotMeta, writeSnapshot } from '../../src/runtimes/pyodide/snapshot.ts';
import { Interpreter } from './interpreter.ts';

export interface BuiltSnapshot {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly memoryBytes: number;
}

export function buildSnapshot(module: WebAssembly.Module, engine: string, stdlib: Uint8Array): BuiltSnapshot {
  const python = new Interpreter(module, stdlib);
  python.run('import _citadel.boot, _citadel.driver\n_citadel.boot.boot()\ndel _citadel');
  const meta: SnapshotMeta = {
    engine,
    begin: python.pointer('_citadel.driver', 'begin'),
    resume: python.pointer('_citadel.driver', 'resume'),
    stackPointer: python.engine.fn.stackCurrent() >>> 0,
  };
  const { bytes } = python.engine.guest;
  const end = python.engine.fn.sbrk(0) >>> 0;
  if (bytes.subarray(end).some(byte => byte !== 0)) throw new Error('the engine keeps state behind its heap');
  const snapshot: Snapshot = { meta, memory: bytes.slice(0, end) };
  return { bytes: writeSnapshot(snapshot), memoryBytes: end };
}
