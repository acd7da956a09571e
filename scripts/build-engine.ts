/** Meters the pinned engine's wasm: `node scripts/build-engine.ts` writes dist/engines/quickjs.metered.wasm. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { type InstrumentStats, instrument, type ModuleInfo, prescan } from '../src/instrument/index.ts';
import { ENGINE_IMPORT_MODULE, ENGINE_IMPORTS } from '../src/runtimes/quickjs/engine-names.ts';
import { addRejectionHook } from './engine-hook.ts';
import { assertEngineNamesCurrent, readPinnedEngine } from './engine-names.ts';
import { FUEL_EXPORT } from './engine-pin.ts';

export interface EngineStats extends InstrumentStats {
  /** Index and body size of the interpreter, whose dispatch loops are left as they are. */
  readonly interpreterIndex: number;
  readonly interpreterBytes: number;
}

export interface MeteredEngine {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly stats: EngineStats;
  /** See scripts/engine-hook.ts. */
  readonly rejectionHook: number;
}

/** The start function copies the static data before the host can reach the global: it lives on this. */
const FIRST_SLICE = 1_000_000;

/**
 * Keeps fuel near to time: measured over fourteen programs, each bound to another native loop, one millisecond was
 * 2.5 to 13 million units with this ceiling, and 3 to 500 million without, where one step of the regular-expression
 * matcher paid for all its opcodes.
 */
const MAX_REGION_COST = 16;

const OUTPUT: URL = new URL('../dist/engines/', import.meta.url);

/**
 * Finds `JS_CallInternal`: the function that executes bytecode, by far the largest of the engine. It polls the
 * interrupt import on its own, every 10,000 jumps, once the runtime's interrupt handler is enabled; charging its
 * dispatch loop as well would make the overhead 34% instead of 6%.
 */
function findInterpreter(module: ModuleInfo): { index: number; bytes: number } {
  const sizes = Array.from(
    { length: module.bodies.length / 2 },
    (_, i) => (module.bodies[i * 2 + 1] as number) - (module.bodies[i * 2] as number),
  );
  const [largest = 0, second = 0] = sizes.toSorted((a, b) => b - a);
  if (largest < second * 1.5) {
    throw new Error(
      `look at the engine: its largest function (${largest} B) is not far above the next (${second} B)`,
    );
  }
  return { index: module.importCounts.function + sizes.indexOf(largest), bytes: largest };
}

/** The engine's wasm with fuel in every loop but the interpreter's dispatch, validated. Deterministic. */
export function buildMeteredEngine(): MeteredEngine {
  assertEngineNamesCurrent();
  const { bytes: plain, tableIndex } = addRejectionHook(readPinnedEngine());
  const interpreter = findInterpreter(prescan(plain));
  const { bytes, stats } = instrument(plain, {
    fuel: {
      globalExport: FUEL_EXPORT,
      width: 'i32',
      initial: FIRST_SLICE,
      tick: { importModule: ENGINE_IMPORT_MODULE, importName: ENGINE_IMPORTS.shouldInterrupt },
      charge: 'loops',
      maxRegionCost: MAX_REGION_COST,
      interpreters: new Set([interpreter.index]),
    },
  });
  if (!WebAssembly.validate(bytes))
    throw new Error('the metered engine does not validate: a defect in src/instrument');
  return {
    bytes,
    rejectionHook: tableIndex,
    stats: { ...stats, interpreterIndex: interpreter.index, interpreterBytes: interpreter.bytes },
  };
}

/** Builds and writes the engine. */
export function writeMeteredEngine(): MeteredEngine {
  const engine = buildMeteredEngine();
  mkdirSync(OUTPUT, { recursive: true });
  writeFileSync(new URL('quickjs.metered.wasm', OUTPUT), engine.bytes);
  return engine;
}

if (import.meta.main) console.log(writeMeteredEngine().stats);
