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
  readonly kind: 'network' | 'module';
  /** The name as the guest gave it, capped at 256 characters, without control characters. */
  readonly subject: string;
  /** What would have allowed it, for a person to decide. */
  readonly hint: string;
}

export interface Truncation {
  readonly what: 'logs' | 'denials';
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
  /** Milliseconds from reading the guest's program to its end, its own waiting included. */
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
}

export interface ExecutionReport {
  readonly runtime: RuntimeName;
  /** The platform that ran it: decides which guarantees held (see `capabilities()`). */
  readonly platform: 'node' | 'browser';
  readonly usage: Usage;
  readonly logs: readonly LogEntry[];
  readonly denials: readonly Denial[];
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
