/**
 * Structural caps of the prescan. `WebAssembly.validate` and `compile` cannot be interrupted, and some of their
 * costs are not linear in the module's size (8 MB of local declarations validated for a minute), so a module is
 * held to these before either sees it. Each default leaves room above the largest value found over thousands of
 * real modules, a 75 MB compiler included.
 */
export interface ModuleCaps {
  /** Bytes of the whole module. */
  readonly moduleBytes: number;
  readonly sections: number;
  readonly types: number;
  /** Parameters of one signature (largest seen: 80). */
  readonly params: number;
  /** Results of one signature (largest seen: 4). */
  readonly results: number;
  readonly imports: number;
  /** Functions defined in the module (largest seen: 133,000). */
  readonly functions: number;
  readonly tables: number;
  /** Defined and imported together. */
  readonly memories: number;
  readonly globals: number;
  readonly tags: number;
  readonly exports: number;
  readonly elementSegments: number;
  /** Entries of all element segments together. */
  readonly elements: number;
  /** V8 takes no more (largest seen: 98,450, Go's). */
  readonly dataSegments: number;
  /** Bytes of one function body (largest seen: 318 KB). */
  readonly bodyBytes: number;
  /** Blocks inside one another in one function: one for each case of a `switch` (largest seen: 3,290, Go's). */
  readonly nesting: number;
  /**
   * Locals and stack values that a compiler keeps track of at all blocks and branches of one function (see walk.ts).
   * Largest seen: two million; four take V8 some 60 ms, once.
   */
  readonly weight: number;
  /** The same over all functions (largest seen: 64 million). */
  readonly totalWeight: number;
  /** Labels of all `br_table`s together (largest seen: 283,000). */
  readonly labels: number;
  /** Locals declared by one function (largest seen: 1,056). */
  readonly locals: number;
  /** Locals declared by all functions together (largest seen: 456,000). */
  readonly totalLocals: number;
  /** Loops and bulk operations of one function: each gets about 20 bytes of code (largest seen: 560). */
  readonly functionPoints: number;
  /** The same over all functions, and one for each function (largest seen: 121,000). */
  readonly points: number;
  /** Bytes of one import, export or section name. */
  readonly nameBytes: number;
  /** Bytes of the names of all imports and exports (largest seen: 7 million). */
  readonly totalNameBytes: number;
  /** Bytes of one constant expression: of an offset, or of a global's first value. */
  readonly constantBytes: number;
}

export const DEFAULT_CAPS: ModuleCaps = Object.freeze({
  moduleBytes: 32 * 1024 * 1024,
  sections: 1_000,
  types: 20_000,
  params: 128,
  results: 16,
  imports: 1_000,
  functions: 200_000,
  tables: 8,
  memories: 1,
  globals: 50_000,
  tags: 1_000,
  exports: 50_000,
  elementSegments: 10_000,
  elements: 1_000_000,
  dataSegments: 100_000,
  bodyBytes: 1024 * 1024,
  nesting: 10_000,
  weight: 4_000_000,
  labels: 1_000_000,
  locals: 10_000,
  totalLocals: 2_000_000,
  totalWeight: 150_000_000,
  functionPoints: 20_000,
  points: 400_000,
  nameBytes: 65_536,
  totalNameBytes: 8 * 1024 * 1024,
  constantBytes: 1_024,
});
