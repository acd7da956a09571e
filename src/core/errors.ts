/**
 * The one error table. A code says whose fault a failure is, whether trying again can help, which exit code
 * the CLI answers with, and what the reader should do first. Everything else (exit codes, retry rules, page
 * texts) derives from this table.
 */

import type { Value } from './value.ts';

/** Whose mistake or property caused the failure. */
export type Fault = 'guest' | 'limit' | 'policy' | 'caller' | 'host';

export interface ErrorInfo {
  readonly fault: Fault;
  /** True when the same call may succeed later without a change. */
  readonly retryable: boolean;
  /** Exit code of `citadel run` for this outcome. */
  readonly exitCode: number;
  /** One line: what to do first. */
  readonly help: string;
}

function row(fault: Fault, exitCode: number, help: string, retryable = false): ErrorInfo {
  return Object.freeze({ fault, retryable, exitCode, help });
}

export type ErrorCode =
  | 'GUEST_ERROR'
  | 'GUEST_SYNTAX'
  | 'NEVER_SETTLES'
  | 'OUTPUT_UNSUPPORTED'
  | 'OUTPUT_REFUSED'
  | 'STACK_OVERFLOW'
  | 'WASM_INVALID'
  | 'TIMEOUT'
  | 'RUN_TIMEOUT'
  | 'FUEL_EXHAUSTED'
  | 'MEMORY_LIMIT'
  | 'OUTPUT_TOO_LARGE'
  | 'MODULE_DENIED'
  | 'IMPORT_DENIED'
  | 'POLICY_DENIED'
  | 'CANCELLED'
  | 'INVALID_ARGUMENT'
  | 'LIMIT_OUT_OF_RANGE'
  | 'POLICY_INVALID'
  | 'MANIFEST_INVALID'
  | 'ARCHIVE_INVALID'
  | 'SIGNATURE_INVALID'
  | 'VERSION_REFUSED'
  | 'PERMISSIONS_WIDENED'
  | 'PLUGIN_NOT_FOUND'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'RATE_LIMITED'
  | 'INPUT_UNSUPPORTED'
  | 'INPUT_TOO_LARGE'
  | 'INPUT_REFUSED'
  | 'ENTRY_NOT_FOUND'
  | 'CODE_TOO_LARGE'
  | 'PACKAGE_INVALID'
  | 'UNENFORCEABLE'
  | 'CLOSED'
  | 'QUEUE_FULL'
  | 'NESTED_TOO_DEEP'
  | 'CELL_CRASHED'
  | 'CELL_START_FAILED'
  | 'PROTOCOL_VIOLATION'
  | 'STORE_FAILED'
  | 'WORKFLOW_INVALID'
  | 'NODE_FAILED'
  | 'NODE_TIMEOUT'
  | 'HTTP_FAILED'
  | 'INTERNAL';

/** `code → fault, retryable, exit code, help`. Frozen. */
export const ERROR_TABLE: Readonly<Record<ErrorCode, ErrorInfo>> = Object.freeze({
  GUEST_ERROR: row('guest', 1, 'read error.guest: the plugin threw it'),
  GUEST_SYNTAX: row('guest', 1, 'fix the source at the reported line and column'),
  NEVER_SETTLES: row('guest', 1, 'resolve the promise the plugin waits for: nothing is left that could'),
  OUTPUT_UNSUPPORTED: row('guest', 1, 'return plain data: see docs/values.md for what crosses'),
  OUTPUT_REFUSED: row('guest', 1, 'return what the manifest’s output schema describes'),
  STACK_OVERFLOW: row('guest', 1, 'bound the recursion, or raise limits.stackBytes'),
  WASM_INVALID: row(
    'guest',
    1,
    'rebuild the module as the message says: `citadel inspect` shows what it holds',
  ),
  TIMEOUT: row('limit', 124, 'make the plugin faster, or raise limits.timeoutMs'),
  RUN_TIMEOUT: row('limit', 124, 'send fewer runs at once, or raise limits.maxExecutionTimeMs'),
  FUEL_EXHAUSTED: row('limit', 124, 'make the plugin do less work, or raise limits.fuel'),
  MEMORY_LIMIT: row('limit', 137, 'hold less data at once, or raise limits.memoryBytes'),
  OUTPUT_TOO_LARGE: row('limit', 1, 'return less, or raise limits.outputBytes'),
  MODULE_DENIED: row('policy', 3, 'add the module to policy.modules.javascript and supply its source'),
  IMPORT_DENIED: row(
    'policy',
    3,
    'build the module for an interface docs/native.md lists: it imports something else',
  ),
  POLICY_DENIED: row('policy', 3, 'see report.denials for the rule that would have allowed it'),
  CANCELLED: row('caller', 130, 'the AbortSignal passed to run() was aborted'),
  INVALID_ARGUMENT: row('caller', 2, 'correct the named option'),
  LIMIT_OUT_OF_RANGE: row('caller', 2, 'choose a value inside the range the message names'),
  POLICY_INVALID: row('caller', 2, 'correct the policy at the path the message names'),
  MANIFEST_INVALID: row('caller', 2, 'correct citadel.json at the path the message names'),
  ARCHIVE_INVALID: row('caller', 2, 'pack the plugin again with `citadel pack`'),
  SIGNATURE_INVALID: row(
    'policy',
    3,
    'get the package from its author again, or add the author’s key to signature.publicKeys',
  ),
  VERSION_REFUSED: row('policy', 3, 'install a version above the one the message names'),
  PERMISSIONS_WIDENED: row(
    'policy',
    3,
    'read error.message, then accept the new permissions: accept: true, or --accept',
  ),
  PLUGIN_NOT_FOUND: row('caller', 2, 'install the plugin first, or correct its name'),
  UNAUTHENTICATED: row('caller', 2, 'pass a valid API key'),
  FORBIDDEN: row('policy', 3, 'give the caller the scope the message names'),
  RATE_LIMITED: row('limit', 75, 'wait as long as the message says, or raise the rate', true),
  INPUT_UNSUPPORTED: row('caller', 2, 'pass plain data: see docs/values.md for what crosses'),
  INPUT_TOO_LARGE: row('caller', 2, 'pass less, or raise limits.inputBytes'),
  INPUT_REFUSED: row('caller', 2, 'pass what the plugin’s input schema describes'),
  ENTRY_NOT_FOUND: row('caller', 2, 'name one of the functions that the message lists as the entry'),
  CODE_TOO_LARGE: row('caller', 2, 'shorten the program, or raise limits.codeBytes'),
  PACKAGE_INVALID: row(
    'caller',
    2,
    'pass a wheel of pure Python, under its own file name and with its right hash',
  ),
  UNENFORCEABLE: row('caller', 2, 'drop the option here, or use a platform that can enforce it'),
  CLOSED: row('caller', 2, 'create a new sandbox: this one was closed'),
  QUEUE_FULL: row('limit', 75, 'wait for runs to finish, or raise limits.queueLength', true),
  NESTED_TOO_DEEP: row('limit', 1, 'start fewer runs inside each other, or raise limits.nesting'),
  CELL_CRASHED: row('host', 70, 'try again: the cell died and was replaced', true),
  CELL_START_FAILED: row('host', 70, 'check that the package is complete and workers are permitted', true),
  PROTOCOL_VIOLATION: row('host', 70, 'report it: a cell sent what no healthy cell sends, and was destroyed'),
  STORE_FAILED: row('host', 70, 'check that the store’s place exists, is writable and has space left', true),
  WORKFLOW_INVALID: row('caller', 2, 'correct what the message names: check() lists everything there is'),
  NODE_FAILED: row('guest', 1, 'correct the node’s config, or what it was given, as the message says'),
  NODE_TIMEOUT: row('limit', 124, 'give the node less to do, or raise its timeoutMs'),
  HTTP_FAILED: row('host', 70, 'see the node’s egress record for what went wrong, then try again', true),
  INTERNAL: row('host', 70, 'report it as a defect, with the message'),
});

/** What the guest threw, capped and without control characters. Guest-chosen: show, never trust. */
export interface GuestThrown {
  /** `error.name`, or `a value` for what is no error; at most 256 characters. */
  readonly name: string;
  /** `error.message`, or the text of what is no error; at most 4,096 characters. */
  readonly message: string;
  /** An own `code` that is a text (at most 256 characters) or a number; a DOMException's; Python's `errno`. */
  readonly code?: string | number;
  /** `error.cause`, or Python's `__cause__`; at most 5 deep. */
  readonly cause?: GuestThrown;
  /** Members of an AggregateError or an exception group; the first 10. */
  readonly errors?: readonly GuestThrown[];
  /**
   * Its other own fields that are data: at most 20, texts of at most 1,024 characters, 3 levels deep. What is no data, or has
   * no room, is left out; a BigInt is its digits. Python's notes are `__notes__`.
   */
  readonly fields?: Readonly<Record<string, Value>>;
}

/** What ended the run. */
export interface GuestThrow extends GuestThrown {
  /** Frames in the plugin's own files and lines, at most 8,192 characters; empty when there are none. */
  readonly stack: string;
}

/** A place in the plugin's source. */
export interface SourcePosition {
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 code units. */
  readonly column: number;
}

/** What a server said that refused a request. It is the server's own: show, never trust. Plain JSON. */
export interface ErrorResponse {
  readonly status: number;
  /** By lower-case name, at most 100 of at most 4,096 characters; `set-cookie` is a list. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** Of at most 65,536 bytes: what JSON says (integers beyond ±(2^53 − 1) as text), text, or base64 of anything else. */
  readonly body: unknown;
  readonly encoding: 'json' | 'text' | 'base64';
  /** True when the body had more bytes. */
  readonly isCut: boolean;
  /** What `Retry-After` asks for, in milliseconds, at most a day; null without one. */
  readonly retryAfterMs: number | null;
}

/** The form an error takes on wires, in reports and in `--json`. */
export interface ErrorWire {
  readonly code: ErrorCode;
  readonly fault: Fault;
  readonly retryable: boolean;
  /** What happened, in one line. */
  readonly message: string;
  /** What to do first, in one line. */
  readonly help: string;
  readonly guest?: GuestThrow;
  readonly position?: SourcePosition;
  readonly response?: ErrorResponse;
}

export interface ErrorDetail {
  readonly guest?: GuestThrow | undefined;
  readonly position?: SourcePosition | undefined;
  /** Of `HTTP_FAILED`, when there was an answer. */
  readonly response?: ErrorResponse | undefined;
  readonly cause?: unknown;
}

/**
 * The only error class of this library. `run()` rejects with it for a caller's own mistake; for everything that
 * happens to a run it is the `error` of an {@link ExecutionResult}.
 */
export class SandboxError extends Error {
  override readonly name: string = 'SandboxError';
  readonly code: ErrorCode;
  readonly guest: GuestThrow | undefined;
  readonly position: SourcePosition | undefined;
  readonly response: ErrorResponse | undefined;

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.guest = detail.guest;
    this.position = detail.position;
    this.response = detail.response;
  }

  get fault(): Fault {
    return ERROR_TABLE[this.code].fault;
  }

  get retryable(): boolean {
    return ERROR_TABLE[this.code].retryable;
  }

  get exitCode(): number {
    return ERROR_TABLE[this.code].exitCode;
  }

  get help(): string {
    return ERROR_TABLE[this.code].help;
  }

  toJSON(): ErrorWire {
    return {
      code: this.code,
      fault: this.fault,
      retryable: this.retryable,
      message: this.message,
      help: this.help,
      ...(this.guest ? { guest: this.guest } : {}),
      ...(this.position ? { position: this.position } : {}),
      ...(this.response ? { response: this.response } : {}),
    };
  }
}
