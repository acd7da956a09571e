/**
 * The wire between host and cell. Host → cell messages are structured clones of these shapes, several at a time;
 * cell → host there are only frames (protocol/frames.ts): one `Uint8Array`, parsed as hostile input.
 */
import type { Job } from './program.ts';

export interface RunMessage {
  readonly type: 'run';
  /** Unique in the cell's life, 1 … 2³²−1. */
  readonly id: number;
  readonly code: string;
  /** JSON of a {@link Job}, made once per distinct job. */
  readonly job: string;
  /** The input, encoded by protocol/value-codec.ts. */
  readonly input: Uint8Array;
}

/** Keep a native module under `key` until it is unloaded; answered with a `loaded` frame of the same id. */
export interface LoadMessage {
  readonly type: 'load';
  readonly id: number;
  readonly key: string;
  /** Checked, metered and compiled already; or null, and the cell does it with `bytes`. */
  readonly module: WebAssembly.Module | null;
  readonly bytes: Uint8Array;
  readonly info: string;
}

export interface UnloadMessage {
  readonly type: 'unload';
  readonly key: string;
}

/** Stop this run: drop it when it waits in the cell's queue, end it when it runs. */
export interface CancelMessage {
  readonly type: 'cancel';
  readonly id: number;
}

/** An answer to a request or call of the run `id`: bytes of protocol/net.ts. Dropped when the run is over. */
export interface NetMessage {
  readonly type: 'net';
  readonly id: number;
  readonly bytes: Uint8Array;
}

/** Give back every run not begun yet; answered with a `withdrawn` frame each. */
export interface WithdrawMessage {
  readonly type: 'withdraw';
}

/** Answered with a `pong` frame as soon as the cell's event loop turns. */
export interface PingMessage {
  readonly type: 'ping';
  readonly id: number;
}

export type HostMessage =
  | RunMessage
  | LoadMessage
  | UnloadMessage
  | CancelMessage
  | NetMessage
  | WithdrawMessage
  | PingMessage;
export type HostBatch = readonly HostMessage[];

export type { Job };
