/** What a kind of node is. The built-in ones and an embedder's own have the same shape. */

import type { LogEntry } from '../core/result.ts';
import type { Value } from '../core/value.ts';
import type { Caller } from '../gateway/index.ts';
import type { ToolName } from '../tools/registry.ts';
import type { Account } from './account.ts';
import type { RunBudget } from './budget.ts';
import type { Reading } from './reading.ts';
import type { Services } from './services.ts';
import type { Config, ProblemCode, WorkflowNode } from './types.ts';

/** What leaves a node, by port. A port that is left out gave nothing. */
export type Outputs = Readonly<Record<string, readonly Value[]>>;

/** One piece of work: an item, or all of them. */
export interface Call {
  /** Aborted at the node's deadline and when the run is cancelled: stop then, and reject with whatever comes. */
  readonly signal: AbortSignal;
  /** Of the item, from 0. In batch mode 0. */
  readonly index: number;
  /** What the run was given as `vars`. */
  readonly vars: Readonly<Record<string, Value>>;
  /** Whom the run is for, as given to `run()`. */
  readonly caller: Caller | undefined;
  readonly account: Account;
  /** What the items of this run may still hold. What a kind gives is paid for when it leaves; `place` pays as it copies. */
  readonly budget: RunBudget;
  log(entry: LogEntry): void;
}

/** A node made ready for one run. One of the two, or both. What they throw is the failure of the item, or of the batch. */
export interface Worker {
  /** True where whatever leaves, but by `error`, came out of a cell just now: no part of it is a part of what came in. */
  readonly fresh?: boolean;
  item?(item: Value, call: Call): Outputs | Promise<Outputs>;
  batch?(inputs: Readonly<Record<string, readonly Value[]>>, call: Call): Outputs | Promise<Outputs>;
  /** After the node's work, whatever came of it. */
  close?(): void | Promise<void>;
}

/** How a kind complains of a node's config while it is checked. `path` is below `config`. */
export interface Complain {
  (path: string, message: string): void;
  as(
    code: ProblemCode,
    severity: 'error' | 'warning',
    path: string,
    message: string,
    place?: { readonly line: number; readonly column: number },
  ): void;
  /** Reads what may be long: now, later, or not at all. */
  reading<N extends ToolName>(reading: Reading<N>): void;
}

export interface NodeContext {
  readonly node: WorkflowNode;
  readonly config: Config;
  readonly services: Services;
}

export interface OpenContext extends NodeContext {
  /** The same object for all nodes of one run, and of no other: the key of what is kept for it. */
  readonly run: object;
}

export interface NodeKind {
  /** Ports that items come in by. None: the node is where a run begins. */
  readonly inputs: readonly string[];
  /** Those of `inputs` that may be left without an edge. Default: none. */
  readonly optional?: readonly string[];
  /** Ports that items leave by, beside `error`. Asked for configs that are wrong, too. */
  outputs(config: Config): readonly string[];
  /** What it can do; the first is the default. */
  readonly modes: readonly ('item' | 'batch')[];
  /** Says what is wrong with a config, before anything runs. Must not throw. */
  check(config: Config, complain: Complain, context: NodeContext): void;
  /** Once for each run of a node. */
  open(context: OpenContext): Worker | Promise<Worker>;
  /** For nodes where runs begin, and that begin some by themselves: when the next one is due after `last`. */
  next?(config: Config, last: Date): Date | null;
}
