/** What is known of a run, while it goes on and afterwards. */
import type { ErrorWire } from '../core/errors.ts';
import type { EgressRecord, LogEntry } from '../core/result.ts';
import type { Value } from '../core/value.ts';

export type Ports = Readonly<Record<string, readonly Value[]>>;

/** `blocked`: something before it failed. `skipped`: nothing came in, as on the branch that was not taken. */
export type NodeStatus = 'waiting' | 'running' | 'success' | 'failure' | 'blocked' | 'skipped' | 'cancelled';

/** What the policy refused. */
export interface NodeDenial {
  readonly kind: 'network' | 'module' | 'function' | 'sql';
  readonly subject: string;
  /** What would have allowed it, for a person to decide. */
  readonly hint: string;
}

/** Sums over the runs of a node; `memoryBytes` is the highest. What nothing measured is null, never 0. */
export interface NodeUsage {
  /** Guests that were run. */
  readonly runs: number;
  readonly fuel: number | null;
  readonly memoryBytes: number | null;
  readonly guestMs: number | null;
  readonly requests: number;
  readonly uploadBytes: number;
  readonly downloadBytes: number;
}

export interface NodeRecord {
  readonly status: NodeStatus;
  readonly inputs: Ports;
  readonly outputs: Ports;
  /** Of the first item that failed without an edge from `error`. */
  readonly error: ErrorWire | null;
  /** Items that left by `error`. */
  readonly failedItems: number;
  /** Tries beyond the first, over all items. */
  readonly retries: number;
  /** Milliseconds since the run started; null when it never did. */
  readonly startMs: number | null;
  readonly ms: number;
  readonly usage: NodeUsage;
  readonly denials: readonly NodeDenial[];
  readonly egress: readonly EgressRecord[];
  readonly logs: readonly LogEntry[];
  /** Log records beyond limits.logs. */
  readonly droppedLogs: number;
  /** True when the outputs are those of the run that was resumed. */
  readonly reused: boolean;
}

export interface RunRecord {
  readonly id: string;
  /** The workflow's name. */
  readonly workflow: string;
  readonly status: 'running' | 'success' | 'failure' | 'cancelled';
  /** ISO 8601. */
  readonly startedAt: string;
  readonly ms: number;
  /** The first error in order of the workflow, with its node where it is one node's. */
  readonly error: (ErrorWire & { readonly node?: string }) | null;
  readonly nodes: Readonly<Record<string, NodeRecord>>;
  /** What left `out` of the nodes from which no edge leads on, by id. */
  readonly output: Readonly<Record<string, readonly Value[]>>;
}

export const NO_USAGE: NodeUsage = Object.freeze({
  runs: 0,
  fuel: null,
  memoryBytes: null,
  guestMs: null,
  requests: 0,
  uploadBytes: 0,
  downloadBytes: 0,
});

const NONE: readonly never[] = Object.freeze([]);
const NO_PORTS: Ports = Object.freeze({});

export const WAITING: NodeRecord = Object.freeze({
  status: 'waiting',
  inputs: NO_PORTS,
  outputs: NO_PORTS,
  error: null,
  failedItems: 0,
  retries: 0,
  startMs: null,
  ms: 0,
  usage: NO_USAGE,
  denials: NONE,
  egress: NONE,
  logs: NONE,
  droppedLogs: 0,
  reused: false,
});

/** A table whose keys are names somebody chose. */
export function table<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  return Object.assign(Object.create(null) as Record<string, T>, Object.fromEntries(entries));
}
