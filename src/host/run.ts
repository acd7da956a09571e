/** One run, from its call to its answer. */
import { type ErrorCode, type ErrorDetail, SandboxError } from '../core/errors.ts';
import type { Limits } from '../core/limits.ts';
import type { Denial, ExecutionReport, ExecutionResult, LogEntry, RuntimeName } from '../core/result.ts';
import type { Value } from '../core/value.ts';
import { ENGINE_OF, type EngineName } from '../protocol/engines.ts';
import type { DoneFrame } from '../protocol/parse.ts';
import type { FunctionsGrant } from './functions/line.ts';
import type { Loadable } from './modules.ts';
import type { NetworkGrant } from './network.ts';
import { buildReport } from './report.ts';
import { RunRequests } from './requests.ts';
import type { Watched } from './watchdog.ts';

export interface RunRequest {
  readonly runtime: RuntimeName;
  readonly platform: 'node' | 'browser';
  /** Of a script; '' for a native module. */
  readonly code: string;
  /** What its cell has to have first: a native module, or Python packages. */
  readonly module: Loadable | null;
  readonly job: string;
  /** What goes into the cell's inbox. */
  readonly input: Uint8Array;
  /** Of the input alone, encoded. */
  readonly inputBytes: number;
  /** Directories whose files come back. */
  readonly writable: readonly string[];
  readonly limits: Limits;
  readonly domain: string;
  readonly onLog: ((entry: LogEntry) => void) | undefined;
  readonly network: NetworkGrant;
  readonly functions: FunctionsGrant;
  /** Runs it was started inside of, by their host functions. */
  readonly depth: number;
}

/** Why the host itself ends a run that a cell has taken. */
export type EndCode = 'CANCELLED' | 'RUN_TIMEOUT' | 'TIMEOUT';

export class Run implements Watched {
  readonly request: RunRequest;
  readonly result: Promise<ExecutionResult>;
  readonly submittedAt: number;
  /** When this run became the one its cell works on; null before. */
  startedAt: number | null = null;
  /** Set when the host has decided how the run ends, while its cell may still be busy with it. */
  ending: { readonly code: EndCode; readonly message: string } | null = null;
  /** The pool's name for where it may run: engine and trust domain. */
  readonly place: string;
  /** The pool's name for its turn: runs of one place and one depth wait behind each other. */
  readonly queue: string;
  readonly engine: EngineName;
  /** Id on its cell's wire. */
  wireId = 0;
  /** The overall deadline (limits.maxExecutionTimeMs). */
  deadline: number;
  settled = false;
  readonly requests: RunRequests;
  readonly logs: LogEntry[] = [];
  logBytes = 0;
  droppedLogs = 0;
  readonly #now: () => number;
  readonly #resolve: (result: ExecutionResult) => void;
  readonly #overdue: (run: Run) => void;
  /** Called once when the run has its answer. */
  onSettled: () => void = () => {};

  constructor(request: RunRequest, now: () => number, overdue: (run: Run) => void) {
    this.request = request;
    this.requests = new RunRequests(request.network, request.functions, {
      plugin: request.domain,
      depth: request.depth,
      limits: request.limits,
      log: (level, text) =>
        this.addLogs([{ level, text, atMs: Math.max(0, now() - (this.startedAt ?? now())) }]),
    });
    this.engine = ENGINE_OF[request.runtime];
    this.place = `${this.engine} ${request.domain}`;
    this.queue = request.depth === 0 ? this.place : `${request.depth} ${this.place}`;
    this.#now = now;
    this.#overdue = overdue;
    this.submittedAt = now();
    this.deadline = this.submittedAt + request.limits.maxExecutionTimeMs;
    const { promise, resolve } = Promise.withResolvers<ExecutionResult>();
    this.result = promise;
    this.#resolve = resolve;
  }

  expired(): void {
    this.deadline = Number.POSITIVE_INFINITY;
    this.#overdue(this);
  }

  /** Takes log records of the cell, within the limits whatever the cell claims to have counted. */
  addLogs(entries: readonly LogEntry[]): void {
    const { logBytes, logEntries } = this.request.limits;
    for (const entry of entries) {
      if (this.logs.length >= logEntries || this.logBytes + entry.text.length > logBytes) {
        this.droppedLogs++;
        continue;
      }
      this.logs.push(entry);
      this.logBytes += entry.text.length;
      const { onLog } = this.request;
      if (onLog === undefined || this.settled) continue;
      try {
        onLog(entry);
      } catch {
        // The caller's listener is the caller's business; the run goes on.
      }
    }
  }

  succeed(data: Value, files: Readonly<Record<string, Uint8Array>>, done: DoneFrame): void {
    this.#settle({ success: true, data, files, report: this.#report(done, false) });
  }

  fail(code: ErrorCode, message: string, extra: FailExtra = {}): void {
    const error = new SandboxError(code, message, extra.detail);
    this.#settle({
      success: false,
      error,
      report: this.#report(extra.done ?? null, extra.terminated ?? false),
    });
  }

  #report(done: DoneFrame | null, terminated: boolean): ExecutionReport {
    this.requests.close();
    return buildReport(this, done, this.#now(), terminated);
  }

  #settle(result: ExecutionResult): void {
    if (this.settled) return;
    this.settled = true;
    this.deadline = Number.POSITIVE_INFINITY;
    this.onSettled();
    this.#resolve(result);
  }
}

export interface FailExtra {
  readonly detail?: ErrorDetail | undefined;
  readonly done?: DoneFrame | undefined;
  readonly terminated?: boolean | undefined;
}

export type { Denial };
