/** Meters the pinned CPython: fuel in every loop, a ceiling for its memory, and no name left that nobody classified. */

import { LIMITS } from '../../src/core/limits.ts';
import { DEFAULT_CAPS, type InstrumentStats, instrument } from '../../src/instrument/index.ts';
import {
  ENGINE_ADDRESSES,
  ENGINE_EXPORTS,
  ENGINE_MEMORY,
  ENGINE_TABLE,
  FUEL_EXPORT,
} from '../../src/runtimes/pyodide/engine-names.ts';
import { unclassified } from '../../src/runtimes/pyodide/imports.ts';
import { readPinned } from './pin.ts';

const PAGE_BYTES = 65_536;
/** What the interpreter itself takes, on top of the highest limits.memoryBytes. */
const OWN_BYTES = 64 * 1024 * 1024;
/** The start-up code runs before the host can reach the global: it lives on this. */
const FIRST_SLICE = 1_000_000;
/** As in scripts/build-engine.ts: keeps fuel near to time where one step of a dispatch loop has hundreds of branches. */
const MAX_REGION_COST = 16;

export interface MeteredPython {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly stats: InstrumentStats;
}

function checkNames(module: WebAssembly.Module): void {
  const strangers = unclassified(WebAssembly.Module.imports(module));
  if (strangers.length > 0) {
    throw new Error(
      `classify the engine's new imports in src/runtimes/pyodide/imports.ts: ${strangers.join(', ')}`,
    );
  }
  const exported = new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
  const needed = [
    ...Object.values(ENGINE_EXPORTS),
    ...Object.values(ENGINE_ADDRESSES),
    ENGINE_MEMORY,
    ENGINE_TABLE,
    FUEL_EXPORT,
  ];
  const missing = needed.filter(name => !exported.has(name));
  if (missing.length > 0) throw new Error(`the engine no longer exports ${missing.join(', ')}`);
}

/** Deterministic. The interpreter's own loop is metered like any other: it costs it 1 to 7%. */
export async function buildMeteredPython(): Promise<MeteredPython> {
  const { bytes, stats } = instrument(readPinned('pyodide.asm.wasm'), {
    caps: { ...DEFAULT_CAPS, moduleBytes: 64 * 1024 * 1024 },
    // Of C++ code and longjmp: they clean up and go on throwing, so a stop passes through.
    allowExceptions: true,
    stripCustomSections: true,
    maxMemoryPages: (LIMITS.memoryBytes.ceiling + OWN_BYTES) / PAGE_BYTES,
    fuel: {
      globalExport: FUEL_EXPORT,
      width: 'i32',
      initial: FIRST_SLICE,
      tick: { importModule: 'env', importName: '_Py_CheckEmscriptenSignals_Helper' },
      charge: 'loops',
      maxRegionCost: MAX_REGION_COST,
    },
  });
  checkNames(await WebAssembly.compile(bytes));
  return { bytes, stats };
}
