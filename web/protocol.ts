/** What the page and the worker with the engine say to each other, through comlink. Both ends are trusted. */
import type { ErrorWire } from '../src/core/errors.ts';
import type { Capabilities } from '../src/platform/types.ts';
import type { RunEvent, RunRecord, WorkflowCheck } from '../src/workflow.ts';

/** Texts cross, not values: nested deeply enough, a value cannot be cloned. */
export interface Request {
  /** A FlowDocument as JSON. */
  readonly document: string;
  /** Never part of a document. */
  readonly secrets: Readonly<Record<string, string>>;
}

export interface CheckRequest extends Request {
  /** True also reads Python, which starts its engine. */
  readonly python: boolean;
}

export interface RunRequest extends Request {
  /** Waits before each node for `step()`. */
  readonly stepwise: boolean;
  /** Nodes that succeeded there are not run again. */
  readonly resume: RunRecord | null;
}

/** Null in `error`: the settings are good, and `check` is whole. */
export interface Diagnosis {
  readonly check: WorkflowCheck | null;
  readonly error: ErrorWire | null;
}

/** `refused`: nothing ran. */
export type Outcome =
  | { readonly kind: 'done'; readonly record: RunRecord }
  | { readonly kind: 'refused'; readonly error: ErrorWire };

export type HostEvent =
  | RunEvent
  /** Engines on their way, all together. */
  | { readonly type: 'download'; readonly loaded: number; readonly total: number };

export interface Host {
  /** Once, before all else. The page makes cells at the other end of `cells`. */
  connect(cells: MessagePort, onEvents: (events: readonly HostEvent[]) => unknown): Capabilities;
  check(request: CheckRequest): Promise<Diagnosis>;
  /** One at a time. All events have been handed over when it answers. */
  run(request: RunRequest): Promise<Outcome>;
  /** Lets the node that waits begin. */
  step(): void;
  stop(): void;
}
