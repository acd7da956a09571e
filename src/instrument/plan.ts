/** What one function body is to get where: charges, and the moves of the fuel between its global and a local. */

/** Cost of an instruction; calls and bulk operations cost more before their length is counted. */
export const COST_CALL = 4;
export const COST_BULK = 16;
/**
 * A grow may move the whole memory or table whatever its argument, and a failing one is free: a flat charge, so
 * that asking for too much does not use up a plugin's fuel.
 */
export const COST_GROW = 16_384;

/** What is inserted at a point: a static charge, or one by the length on top of the stack. */
export const Insert = { Static: 0, Bytes: 1, Entries: 2 } as const;

/** No block of the function: its caller, or a trap. */
export const OUTSIDE = -1;

/** A move is a number: its place times this, and one more when it loads. So they sort, stores before loads. */
const MOVES = 2;

/** Blocks, branches and insertion points of one function, in the order they are met. Reused from function to function. */
export class Plan {
  /** Byte offsets before which code is inserted, ascending. */
  readonly places: number[] = [];
  readonly inserts: number[] = [];
  /** Static cost of each point; 0 for charges by length. */
  readonly costs: number[] = [];
  /** Loops with a `br_table` anywhere inside: an interpreter's dispatch, if anything is. */
  readonly dispatch: boolean[] = [];
  /** Block each point is in. */
  readonly blocks: number[] = [];

  /** Of each block, the function itself first: what surrounds it. */
  readonly parents: number[] = [];
  readonly begins: number[] = [];
  /** Behind its `end`; of the function, before. */
  readonly ends: number[] = [];
  /** It or what is in it calls something. Then the fuel is in the global there. */
  readonly calls: boolean[] = [];
  readonly hasLoop: boolean[] = [];
  /** Outermost block without calls around each block, if there is a loop in that; else -1. */
  readonly regions: number[] = [];

  /** Jumps and traps: where, from which block, and the outermost block it goes to the end of (or OUTSIDE). */
  readonly branches: number[] = [];
  readonly sources: number[] = [];
  readonly targets: number[] = [];

  /**
   * Where the fuel goes from its global to a local (a region begins) or back (it is left), ascending. See `placeOf`.
   */
  readonly moves: number[] = [];

  loops = 0;
  bulk = 0;

  reset(): void {
    for (const list of [this.places, this.inserts, this.costs, this.dispatch, this.blocks]) list.length = 0;
    for (const list of [this.parents, this.begins, this.ends, this.calls, this.hasLoop]) list.length = 0;
    for (const list of [this.regions, this.branches, this.sources, this.targets, this.moves]) list.length = 0;
    this.loops = 0;
    this.bulk = 0;
  }

  add(place: number, insert: number, block: number): number {
    this.places.push(place);
    this.inserts.push(insert);
    this.costs.push(0);
    this.dispatch.push(false);
    this.blocks.push(block);
    return this.places.length - 1;
  }

  open(parent: number, begin: number): number {
    this.parents.push(parent);
    this.begins.push(begin);
    this.ends.push(begin);
    this.calls.push(false);
    this.hasLoop.push(false);
    this.regions.push(-1);
    return this.parents.length - 1;
  }

  branch(place: number, source: number, target: number): void {
    this.branches.push(place);
    this.sources.push(source);
    this.targets.push(target);
  }

  /**
   * Finds the regions: blocks without calls around loops, as large as they get. In them the fuel is in a local, which
   * compilers keep in a register; nobody outside can look at the global meanwhile, but after a trap.
   */
  findRegions(): void {
    const { parents, calls, hasLoop, regions } = this;
    for (let block = 0; block < parents.length; block++) {
      const around = block === 0 ? -1 : (regions[parents[block] as number] as number);
      const region = around >= 0 ? around : hasLoop[block] === true && calls[block] !== true ? block : -1;
      regions[block] = region;
      if (region !== block) continue;
      this.moves.push((this.begins[block] as number) * MOVES + 1, (this.ends[block] as number) * MOVES);
    }
    if (this.moves.length === 0) return;
    for (let i = 0; i < this.branches.length; i++) {
      const region = regions[this.sources[i] as number] as number;
      if (region >= 0 && (this.targets[i] as number) < region)
        this.moves.push((this.branches[i] as number) * MOVES);
    }
    this.moves.sort((a, b) => a - b);
  }

  placeOf(move: number): number {
    return Math.floor(move / MOVES);
  }

  isLoad(move: number): boolean {
    return move % MOVES !== 0;
  }

  /** What is left is left before something else at the same place, and what begins, begins behind it. */
  movesFirst(move: number, place: number): boolean {
    const at = this.placeOf(move);
    return at < place || (at === place && !this.isLoad(move));
  }

  /** The fuel is in the local at this point. Where a region begins it is not, yet. */
  isCached(point: number): boolean {
    return point > 0 && (this.regions[this.blocks[point] as number] as number) >= 0;
  }
}
