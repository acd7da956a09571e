/** The shapes an embedder of the engine holds. */

import type { ErrorWire } from '../core/errors.ts';
import type { LogEntry } from '../core/result.ts';
import type { Value } from '../core/value.ts';
import type { SecretValues } from '../egress/index.ts';
import type { Caller } from '../gateway/index.ts';
import type { Sandbox } from '../host/api.ts';
import type { PluginSecurityPolicy } from '../policy/index.ts';
import type { NodeKind } from './kind.ts';
import type { WorkflowLimits } from './limits.ts';
import type { NodeRecord, RunRecord } from './record.ts';
import type { DatabaseGrant, PluginRunner } from './services.ts';
import type { Workflow, WorkflowCheck } from './types.ts';

export interface WorkflowEngineOptions {
  /**
   * What nodes may do, by name; a node names one as `config.policy`. A workflow never grants itself anything. Default: `default`, the
   * empty policy, under which nothing is allowed.
   */
  readonly policies?: Readonly<Record<string, PluginSecurityPolicy>>;
  /** Runs what names the policy `default`, in place of a sandbox of the engine's own. It stays open. */
  readonly sandbox?: Sandbox;
  /** Sources of importable modules, as for `createSandbox`. */
  readonly modules?: Readonly<Record<string, string>>;
  /** Values of secrets; the policies say where they may go. */
  readonly secrets?: SecretValues;
  /** Sends what plugins and HTTP nodes ask for through an egress proxy. */
  readonly egressProxy?: { readonly url: string; readonly token: string };
  /** Databases that nodes may name, and what their statements may do. Default: none. */
  readonly databases?: Readonly<Record<string, DatabaseGrant>>;
  /** Runs installed plugins, by name. Default: none. */
  readonly manager?: PluginRunner;
  /** Kinds beside the built-in ones. A name of those is refused. */
  readonly kinds?: Readonly<Record<string, NodeKind>>;
  /** Kinds a workflow may use, such as `http` or `logic.*`. Default: all. */
  readonly allow?: readonly string[];
  readonly limits?: Partial<WorkflowLimits>;
}

export interface RunOptions {
  /** What enters at nodes without an edge into them: an array is a list of items. Default: one empty object. */
  readonly input?: Value;
  /** Values that templates and expressions know as `vars`. Default: none. */
  readonly vars?: Readonly<Record<string, Value>>;
  readonly signal?: AbortSignal;
  /** Handed to the plugin manager and to kinds of the embedder's. */
  readonly caller?: Caller;
  /** Called as things happen. What it throws is ignored. */
  readonly onEvent?: (event: RunEvent) => void;
  /** Awaited before each node, one at a time: for going step by step. */
  readonly beforeNode?: (node: string) => Promise<void> | void;
  /** A record of the same workflow: nodes that succeeded there are not run again. */
  readonly resume?: RunRecord;
}

export type RunEvent =
  | {
      readonly type: 'run-start';
      readonly run: string;
      readonly workflow: string;
      readonly nodes: readonly string[];
    }
  | { readonly type: 'node-wait'; readonly node: string }
  | { readonly type: 'node-start'; readonly node: string; readonly items: number }
  | {
      readonly type: 'node-progress';
      readonly node: string;
      readonly done: number;
      readonly total: number;
      readonly failed: number;
    }
  | {
      readonly type: 'node-retry';
      readonly node: string;
      readonly item: number;
      readonly attempt: number;
      readonly waitMs: number;
      readonly error: ErrorWire;
    }
  | { readonly type: 'log'; readonly node: string; readonly entry: LogEntry }
  | { readonly type: 'node-end'; readonly node: string; readonly record: NodeRecord }
  | { readonly type: 'run-end'; readonly run: string; readonly record: RunRecord };

export interface ScheduleOptions extends Omit<RunOptions, 'resume' | 'input' | 'beforeNode'> {
  /** Called with the record of each run. */
  readonly onRun?: (record: RunRecord) => void;
}

export interface Schedule {
  /** When the next run is due; null when there is none. */
  readonly next: Date | null;
  /** Times that were due while a run was still going on: they are left out. */
  readonly missed: number;
  /** No run begins after this; what is going on is cancelled. Idempotent. */
  stop(): void;
}

export interface WorkflowEngine extends AsyncDisposable {
  /**
   * What would keep it from running, and what looks wrong. Never throws. At once: programs, templates and paths are read as long as
   * all of them together take about 50 ms, and a warning names those that are left.
   */
  check(workflow: unknown): WorkflowCheck;
  /**
   * The same with nothing left out: what is too long to be read at once is read in a cell. As `run()` does it.
   * @throws SandboxError CLOSED; CANCELLED when the signal is aborted; MEMORY_LIMIT or NODE_TIMEOUT for what cannot be read
   */
  checkInFull(workflow: unknown, options?: { readonly signal?: AbortSignal }): Promise<WorkflowCheck>;
  /**
   * Runs a workflow once. Resolves for everything that happens to the run.
   * @throws SandboxError WORKFLOW_INVALID for one that has errors, INVALID_ARGUMENT, CLOSED; what `checkInFull` throws
   */
  run(workflow: Workflow, options?: RunOptions): Promise<RunRecord>;
  /**
   * Runs a workflow whenever one of its timers is due, until it is stopped. One run at a time.
   * @throws SandboxError WORKFLOW_INVALID, also for one without a timer; CLOSED
   */
  schedule(workflow: Workflow, options?: ScheduleOptions): Schedule;
  /** The latest runs, newest first. */
  readonly history: readonly RunRecord[];
  /** Names of all kinds there are. */
  readonly kinds: ReadonlyMap<string, NodeKind>;
  /** Cancels every run and closes cells and databases. Idempotent. */
  close(): Promise<void>;
}
