/**
 * A tool works on data or expressions that strangers wrote: it fills in a template, follows a path, reads CSV. It is a pure
 * function, so it gives the same wherever it runs: on the host's thread when a bound for its work is known and small, and
 * otherwise in a cell, where it can be ended.
 */
import type { Value } from '../core/value.ts';

/** Plain JSON. */
export type ToolConfig = Readonly<Record<string, unknown>>;

/** A tool that has read its config. */
export interface Prepared {
  /**
   * Steps that `run` takes for this input at most, of about 50 ns each. Infinity where no bound is known. Stops counting soon
   * after `most`.
   */
  cost(input: Value, most: number): number;
  /** What of the input `run` looks at; a cell is sent no more than that. Default: all of it. */
  part?(input: Value): Value;
  /** @throws SandboxError, or what a library throws: a failure of the input's */
  run(input: Value): Value;
}

export interface Tool<C extends ToolConfig = ToolConfig> {
  /** Steps that reading the config takes at most. */
  weight(config: C): number;
  /** @throws SandboxError, or what a library throws: a failure of the config's */
  prepare(config: C): Prepared;
}

/** Steps that may be taken on the host's thread at once: about a millisecond. */
export const INLINE_STEPS = 20_000;
