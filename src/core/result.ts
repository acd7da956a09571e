import type { SandboxError } from './errors.ts';
import type { Value } from './value.ts';

/** Engines a plugin can be written for. */
export type RuntimeName = 'javascript' | 'wasm' | 'python';

export type LogLevel = 'debug' | 'log' | 'info' | 'warn' | 'error';

export interface LogEntry {
  readonly level: LogLevel;
  /** Guest text without control characters other than tab and newline. */
  readonly text: string;
  /** Milliseconds since the guest started. */
  readonly atMs: number;
}

/** Something the policy refused while the run went on. */
export interface Denial {
  /** What was asked for. */
  readonly kind: 'network' | 'module' | 'function';
  /** The module, the host and port, or the host function, as the guest gave it; at most 256 characters, without control characters. */
  readonly subject: string;
  /** What would have allowed it, for a person to decide. */
  readonly hint: string;
}

/** One attempt: a hop that was sent, or was not. */
export interface EgressRecord {
  /** Counts the requests of a run, from 1. Hops of one request share it. */
  readonly request: number;
  /** 0, and one more for each redirect. */
  readonly hop: number;
  /** Milliseconds since the run's first request. */
  readonly atMs: number;
  readonly method: string;
  /** Canonical; the values of the query are left out, since they may be credentials. */
  readonly url: string;
  readonly decision: 'allowed' | 'denied';
  /** The rule that decided, when one did. */
  readonly rule: string | null;
  /** Why it was denied. */
  readonly reason: string | null;
  /** What would have allowed it. */
  readonly hint: string | null;
  /** Whom it went to. */
  readonly address: string | null;
  readonly status: number | null;
  readonly outcome: 'denied' | 'complete' | 'redirected' | 'cancelled' | 'cut' | 'failed';
  /** What failed, for the operator. */
  readonly fault: string | null;
  readonly bytesUp: number;
  /** Of the body, decoded. */
  readonly bytesDown: number;
  readonly ms: number;
}

/** One call of a host function. */
export interface CallRecord {
  /** Such as `crm.find`. */
  readonly name: string;
  /** Milliseconds since the run's first call. */
  readonly atMs: number;
  /** Milliseconds until the guest had its answer, waiting for its turn included. */
  readonly ms: number;
  /**
   * `denied`: the policy does not list it. `refused`: its arguments, or their number, are not what it takes. `limit`: beyond a
   * limit. `error`: it threw a HostFunctionError. `failed`: it threw something else, or answered what does not cross or
   * does not fit its schema. `cancelled`: the run ended first.
   */
  readonly outcome: 'ok' | 'denied' | 'refused' | 'limit' | 'timeout' | 'error' | 'failed' | 'cancelled';
  readonly inputBytes: number;
  readonly outputBytes: number;
  /** What went wrong, for the operator; `null` when nothing did. The guest is told less. */
  readonly error: string | null;
}

export interface Truncation {
  readonly what: 'logs' | 'denials' | 'egress' | 'calls';
  /** How many records were dropped. */
  readonly dropped: number;
  /** The limit that was met. */
  readonly limit: string;
}

/** What the run cost. A figure that cannot be measured is `null`, never 0. */
export interface Usage {
  /** Milliseconds from `run()` to its answer. */
  readonly wallMs: number;
  /** Milliseconds before a cell took the run. */
  readonly queueMs: number;
  /** Milliseconds from reading the guest's program to its end, its own waiting included; waiting for host functions is not. */
  readonly guestMs: number | null;
  /** Milliseconds of `guestMs` in which the cell was executing the guest, not waiting. */
  readonly cpuMs: number | null;
  /** Fuel spent; deterministic for one engine build. */
  readonly fuel: number | null;
  /** Bytes by which the guest's heap grew over that of a fresh guest, at its highest; a native module's memory as a whole. */
  readonly memoryBytes: number | null;
  readonly inputBytes: number;
  readonly outputBytes: number;
  readonly logBytes: number;
  /** Requests the guest made, redirects and denied ones included; and what of them and of their answers was sent. */
  readonly requests: number;
  readonly uploadBytes: number;
  readonly downloadBytes: number;
  /** Calls of host functions, denied ones included; the milliseconds in which at least one was under way. */
  readonly calls: number;
  readonly callMs: number;
}

export interface ExecutionReport {
  readonly runtime: RuntimeName;
  /** The platform that ran it: decides which guarantees held (see `capabilities()`). */
  readonly platform: 'node' | 'browser';
  readonly usage: Usage;
  readonly logs: readonly LogEntry[];
  readonly denials: readonly Denial[];
  /** Every attempt to reach the network, in the order in which they ended. */
  readonly egress: readonly EgressRecord[];
  /** Every call of a host function, in the order in which they ended; at most 1,000. */
  readonly calls: readonly CallRecord[];
  readonly truncations: readonly Truncation[];
  /** True when the cell had to be destroyed to end the run. */
  readonly terminated: boolean;
}

export interface ExecutionSuccess {
  readonly success: true;
  readonly data: Value;
  /** What the guest created or changed below its writable mounts: path → bytes. Empty when there is nothing. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly report: ExecutionReport;
}

export interface ExecutionFailure {
  readonly success: false;
  readonly error: SandboxError;
  readonly report: ExecutionReport;
}

export type ExecutionResult = ExecutionSuccess | ExecutionFailure;
