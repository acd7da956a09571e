/** All ambient authority of a platform, behind one interface. Two folders implement it: node/ and browser/. */
import type { ErrorCode } from '../core/errors.ts';
import type { EngineName } from '../protocol/engines.ts';
import type { HostBatch } from '../protocol/messages.ts';
import type { NetPlatform } from './net.ts';

/**
 * What an environment can enforce. The one table: docs/capabilities.md is checked against it.
 * Asking for what cannot be enforced is an error (UNENFORCEABLE), never a silent downgrade.
 */
export interface Capabilities {
  readonly platform: 'node' | 'browser';
  /** A busy guest can be stopped from outside without destroying its cell. */
  readonly gracefulStop: boolean;
  /** Stack sizes above 128 KiB. */
  readonly stackSizing: boolean;
  /** Second wall: 'realm' (node:vm, zero injection) or 'opaque-origin' (frame, CSP, scrub). */
  readonly cellWall: 'realm' | 'opaque-origin';
  /** Names are resolved once, every address is vetted, and connections go to a vetted one. An egress proxy gives it everywhere. */
  readonly dnsPinned: boolean;
  /** Python's and native plugins' own calls can wait for the network; JavaScript and `await` in Python need it nowhere. */
  readonly synchronousNetwork: boolean;
}

/** One live cell as the host sees it: a hostile peer behind a message channel. */
export interface CellTransport {
  /** Never throws for a cell that is gone. */
  post(batch: HostBatch): void;
  /**
   * Asks a busy guest to stop, from outside its event loop; `reason` is one of the STOP_ values of
   * protocol/control.ts. Does nothing where `gracefulStop` is false: the watchdog then terminates.
   */
  stop(runId: number, reason: number): void;
  /**
   * Milliseconds since the cell began to read this run's program, or null when it has not: a crowded machine may let a cell wait. The
   * cell's own word. Infinity where nobody can tell.
   */
  begunMsAgo(runId: number): number | null;
  /**
   * An answer for a guest that keeps its thread: bytes of protocol/net.ts, into the control area. Dropped where there is
   * none; no healthy cell asks for it there.
   */
  reply(runId: number, bytes: Uint8Array): void;
  /** Whether this cell's thread keeps the process alive. Nothing to do in a browser. */
  ref(busy: boolean): void;
  /**
   * Stops delivery at once (no callback is called afterwards), then destroys the cell. Never waits: the platform
   * may need seconds to kill busy code.
   */
  terminate(): void;
}

export interface CellEvents {
  /** A raw message of the cell: unknown shape, hostile. */
  message(data: unknown): void;
  /** The cell is gone without `terminate()`: reason is for people. Called at most once. */
  exit(reason: string): void;
}

export interface CellSpec {
  readonly engine: EngineName;
}

/** What is written into a native module: the largest memory, in pages of 64 KiB, and the largest table. */
export interface ModuleLimits {
  readonly memoryPages: number;
  readonly tableEntries: number;
}

/** A native module as cells take it: compiled, or as bytes where a compiled one cannot reach them. */
export interface ModuleSource {
  readonly module: WebAssembly.Module | null;
  readonly bytes: Uint8Array;
  /** JSON for the cell: what was found while checking, or the limits to check with. */
  readonly info: string;
}

export interface ModuleRefusal {
  readonly code: ErrorCode & ('WASM_INVALID' | 'IMPORT_DENIED' | 'MEMORY_LIMIT' | 'CELL_START_FAILED');
  readonly message: string;
}

/** Follows a number through everything that comes of a call: promises, timers, events. */
export interface Lineage {
  run<T>(depth: number, work: () => T): T;
  /** 0 outside of every call. */
  current(): number;
}

export interface Platform {
  readonly name: 'node' | 'browser';
  capabilities(): Capabilities;
  /** Monotonic milliseconds. */
  now(): number;
  /** Starts a cell. Failures arrive as `exit`; the first message of a healthy cell is a READY frame. */
  spawn(spec: CellSpec, events: CellEvents): CellTransport;
  /**
   * Makes a native plugin's bytes ready for cells, off the calling thread where the platform can. `bytes` are the
   * platform's to keep.
   */
  prepareModule(bytes: Uint8Array<ArrayBuffer>, limits: ModuleLimits): Promise<ModuleSource | ModuleRefusal>;
  /** How requests leave, by default. */
  net(): NetPlatform;
  /** Absent where the platform does not follow promises. */
  readonly lineage?: Lineage | undefined;
  /** Logical processors, at least 1. */
  readonly cores: number;
}
