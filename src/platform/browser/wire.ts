/** What page, warden and shell say to each other, apart from the cell's data, which has a port of its own. */

/** Page → warden, once, as a window message with two ports: control, data. */
export interface FrameInit {
  /** Text of the worker: shell, then program. */
  readonly script: string;
  readonly wasm: Uint8Array;
  /** `[name, contents]` of what else the engine needs. */
  readonly assets: readonly (readonly [string, Uint8Array])[];
}

/** Page → warden, on the control port. */
export type FrameOrder =
  | { readonly type: 'stop'; readonly runId: number; readonly reason: number }
  | { readonly type: 'reply'; readonly runId: number; readonly bytes: Uint8Array }
  | { readonly type: 'end' };

/** Warden → page, on the control port. */
export type FrameReport =
  /** The frame's script runs. */
  { readonly type: 'up' } | { readonly type: 'gone'; readonly reason: string };

/** Warden → worker, once, with the data port. */
export interface WorkerInit {
  readonly module: WebAssembly.Module;
  readonly assets: FrameInit['assets'];
}

/** Worker → warden, once, when it has started: the control area, or null where there is none. */
export type WorkerReport = SharedArrayBuffer | null;

/** Name of the Trusted Types policy of page and frame: a host page that restricts policies has to name it. */
export const TRUSTED_TYPES_POLICY = 'citadel-sandbox';
