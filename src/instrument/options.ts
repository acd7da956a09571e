/** What {@link instrument} changes in a module. One type for native plugins and for the engines' own wasm. */
import type { ModuleCaps } from './caps.ts';

/**
 * Where the instrumented code calls when its fuel slice is used up. The callee either makes the fuel global
 * non-negative again, or throws; when it does neither, the code traps.
 */
export type TickTarget =
  /** An import the module already has. It is called with zeros for arguments, its results are dropped. */
  | { readonly importModule: string; readonly importName: string }
  /** A one-entry function table, appended and exported under this name: see `bindTick`. */
  | { readonly tableExport: string };

export interface FuelOptions {
  /**
   * Name under which the mutable fuel global is exported. Refused when the module exports that name itself. It is exact
   * whenever the host runs: in imports, in the tick, after a return. Only behind a trap inside a loop that calls nothing it
   * says what was left when the loop, or the last slice in it, began: always the same, for the same slices.
   */
  readonly globalExport: string;
  /**
   * Width of the fuel global; measured, both are equally fast. `i32` is a plain number to the host and holds a slice,
   * not a total: the host counts slices, and keeps each below 2^30, so that one charge cannot wrap the counter.
   * `i64` holds a whole run's fuel; a bulk operation of impossible length (up to 2^32) is then charged before it traps.
   */
  readonly width: 'i32' | 'i64';
  /** Fuel before the host sets the global; 0 calls the tick at the first charge. */
  readonly initial: number;
  readonly tick: TickTarget;
  /**
   * Where static costs are charged. `loops` makes every loop interruptible and leaves recursion to the stack limit
   * of the realm: for engines, whose code is not hostile. `entries-and-loops` also charges every call: for plugins.
   */
  readonly charge: 'loops' | 'entries-and-loops';
  /**
   * Highest static charge of one region. A region's cost counts all its branches though each pass takes one, so the
   * dispatch loop of an interpreter would be charged thousands for every step. Default: no ceiling.
   */
  readonly maxRegionCost?: number;
  /**
   * Indices (imports counted) of functions that execute bytecode and poll on their own: in them, loops around a
   * `br_table` (the dispatch) are not charged. Their other loops are: a walk along a prototype chain is as native there as
   * anywhere.
   */
  readonly interpreters?: ReadonlySet<number>;
}

export interface InstrumentOptions {
  /** Caps of the prescan that differ from `DEFAULT_CAPS`. */
  readonly caps?: Partial<ModuleCaps>;
  /** Ceiling for each memory, in pages of 64 KiB. A larger minimum is refused, a larger or absent maximum lowered. */
  readonly maxMemoryPages?: number;
  /** Ceiling for each table, in entries; as for memories. */
  readonly maxTableEntries?: number;
  /**
   * Lets exception-handling instructions through. Default false: `catch_all` swallows the host's own exceptions,
   * so with it a throw from the tick or from an import does not end the guest.
   */
  readonly allowExceptions?: boolean;
  /** Lets atomic instructions through. Default false. Shared memories are refused in any case. */
  readonly allowAtomics?: boolean;
  /** Leaves custom sections (names, debug information, producers) out. Default false. */
  readonly stripCustomSections?: boolean;
  /**
   * Name under which a start function is exported instead of running on its own: the host calls it once the tick is
   * bound, which needs an instance. Refused when the module exports that name itself.
   */
  readonly startExport?: string;
  /** Name under which the memory is exported as well, if there is one. Refused when the module exports that name itself. */
  readonly memoryExport?: string;
  readonly fuel?: FuelOptions;
}

export interface InstrumentStats {
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly functions: number;
  readonly loops: number;
  /** Dispatch loops of `fuel.interpreters`: not charged. */
  readonly skippedLoops: number;
  /** Bulk and grow instructions that got a charge. */
  readonly bulkOperations: number;
}

export interface InstrumentedModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly stats: InstrumentStats;
  /** There was a start function, and it is an export now. */
  readonly startExported: boolean;
}
