/** A workflow as data: what is stored, exchanged and checked. Plain JSON. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What a node is told. Which keys it knows is its kind's to say. */
export type Config = Readonly<Record<string, Json>>;

export interface Retry {
  /** Tries of each item, or of the batch, with the first one: 1 to 10. */
  readonly attempts: number;
  /** Milliseconds before the second of them. Default 250, ceiling 60,000. A server's `Retry-After` makes a wait longer. */
  readonly delayMs?: number;
  /** Each wait is this many times the one before. Default 2, from 1 to 10. No wait is longer than 60,000 ms. */
  readonly factor?: number;
  /**
   * Failures that are tried again: `network` (no answer), `4xx`, `5xx`, and single statuses. Default: no answer, the statuses 408, 425,
   * 429, 500, 502, 503 and 504, and whatever failed without a server; never what is the policy's or the caller's.
   */
  readonly on?: readonly ('network' | '4xx' | '5xx' | number)[];
}

export interface WorkflowNode {
  /** A letter, then letters, digits, `_` and `-`; at most 64 characters. Unique in the workflow. */
  readonly id: string;
  /** Such as `http`, `logic.if`, `plugin`; docs/workflow.md has all of them. */
  readonly kind: string;
  /** For people, at most 200 characters. Default: the id. */
  readonly title?: string;
  readonly config?: Config;
  /** `item`: the node works on each item by itself. `batch`: on all of them at once. Default: the kind's first. */
  readonly mode?: 'item' | 'batch';
  /** Wall time of the whole node, its retries included. Default limits.nodeTimeoutMs. */
  readonly timeoutMs?: number;
  /** Default: a failure is final. Failures that are the policy's or the caller's are never tried again. */
  readonly retry?: Retry;
  /** Items under way at once, 1 to 64. Default 4. Order of items is kept. */
  readonly concurrency?: number;
  /** Where an editor draws it. Means nothing to a run. */
  readonly position?: { readonly x: number; readonly y: number };
}

/** Items that leave a port of one node enter a port of another. Several edges into one port: their items in order of edges. */
export interface WorkflowEdge {
  readonly from: string;
  /** Default `out`. The port `error` of any node gives the items it failed on, as `{ item, error: { code, message } }`; of a server's refusal with `error.response`. */
  readonly out?: string;
  readonly to: string;
  /** Default `in`. */
  readonly in?: string;
}

export interface Workflow {
  readonly version: 1;
  /** At most 200 characters. */
  readonly name?: string;
  readonly nodes: readonly WorkflowNode[];
  readonly edges: readonly WorkflowEdge[];
}

/** One word for programs. */
export type ProblemCode =
  | 'shape'
  | 'limit'
  | 'duplicate-id'
  | 'unknown-kind'
  | 'unknown-node'
  | 'unknown-port'
  | 'missing-input'
  | 'cycle'
  | 'config'
  | 'code'
  | 'permission'
  | 'network';

export interface WorkflowProblem {
  readonly code: ProblemCode;
  /** A workflow with an error does not run. */
  readonly severity: 'error' | 'warning';
  /** One line: what is wrong, and what to do first. */
  readonly message: string;
  /** The node's id, where it is one node's. */
  readonly node?: string;
  /** Index into `edges`. */
  readonly edge?: number;
  /** Such as `config.url`. */
  readonly path?: string;
  /** In the text at `path`, from 1. */
  readonly line?: number;
  readonly column?: number;
}

export interface WorkflowCheck {
  readonly valid: boolean;
  readonly problems: readonly WorkflowProblem[];
  /** Ids in an order in which they can run; empty when there is a cycle. */
  readonly order: readonly string[];
}
