/** What the calls of a run are made of. */
import type { Limits } from '../../core/limits.ts';
import type { CallRecord, LogLevel } from '../../core/result.ts';
import type { Platform } from '../../platform/types.ts';
import type { NetReply, NetWay } from '../../protocol/net.ts';
import type { Declared, Registry } from './registry.ts';
import type { FunctionErrorHook } from './types.ts';

/** What the functions of all runs of a sandbox share. */
export interface FunctionsShared {
  readonly platform: Platform;
  /** Patterns of the policy. */
  readonly allowed: readonly string[];
  readonly onError: FunctionErrorHook | undefined;
  /** Name of an installed plugin; null: the run's trust domain is its name. */
  readonly plugin: string | null;
  /** Calls whose run has ended while their function goes on. */
  abandoned: number;
}

/** What a run may call. */
export interface FunctionsGrant {
  readonly shared: FunctionsShared;
  readonly registry: Registry;
}

/** Of the run whose calls these are. */
export interface CallingRun {
  readonly plugin: string;
  readonly depth: number;
  readonly limits: Limits;
  log(level: LogLevel, text: string): void;
}

/** Where answers go, and what the host of the cell is told. */
export interface CallPort {
  answer(reply: NetReply, way: NetWay): void;
  /** The first call is under way, or none is any more. */
  waits(waiting: boolean): void;
  /** The cell sent what no healthy cell sends, found out after the message was taken. */
  broken(): void;
}

/** One call, from its frame to its answer. */
export interface Line {
  readonly id: number;
  readonly target: Declared;
  readonly startedAt: number;
  way: NetWay;
  args: Uint8Array | null;
  inputBytes: number;
  outputBytes: number;
  stop: AbortController | null;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** An iterable that is being read, and whether an item is asked for. */
  items: AsyncIterator<unknown> | null;
  isReading: boolean;
  /** Its function is working. */
  isRunning: boolean;
  /** Nobody waits for its function any more. */
  abandoned: boolean;
  /** The guest waits for an answer, or an item. */
  owed: boolean;
  over: boolean;
}

export interface FunctionsAccount {
  readonly records: readonly CallRecord[];
  readonly unrecorded: number;
  readonly calls: number;
  readonly callMs: number;
  /** Functions that were denied, each once. */
  readonly denied: readonly string[];
}

export const NO_CALLS: FunctionsAccount = Object.freeze({
  records: Object.freeze([]),
  unrecorded: 0,
  calls: 0,
  callMs: 0,
  denied: Object.freeze([]),
});
