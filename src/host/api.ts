/** The public shapes an embedder holds. docs/api.md is checked against them. */
import type { Limits } from '../core/limits.ts';
import type { ExecutionResult, LogEntry, RuntimeName } from '../core/result.ts';
import type { Value } from '../core/value.ts';
import type { SecretValues } from '../egress/index.ts';
import type { PluginSecurityPolicy } from '../policy/policy.ts';
import type { ValidationReport } from '../validate/index.ts';
import type { FunctionErrorHook, HostFunctions } from './functions/types.ts';

export interface SandboxOptions {
  /** What plugins may do. Deny is the default for everything; omitted means the empty policy. */
  readonly policy?: PluginSecurityPolicy;
  /** Sources of importable modules: specifier → ES module text. Only those the policy names can be imported. */
  readonly modules?: Readonly<Record<string, string>>;
  /** Values of the secrets that policy.secrets names, or functions that give them, asked at most once for each run. */
  readonly secrets?: SecretValues;
  /**
   * Host functions by name, in groups up to four names deep; docs/functions.md. A plugin may call those that policy.functions
   * lists. At most 512.
   */
  readonly functions?: HostFunctions;
  /** Told what a host function threw, or did wrong, when the guest is only told that it failed. */
  readonly onFunctionError?: FunctionErrorHook;
  /** Sends requests through an egress proxy (`citadel egress-proxy`) instead of from here. Default: from here. */
  readonly egressProxy?: { readonly url: string; readonly token: string };
}

/** A wheel the host has chosen. Its code is as little trusted as the plugin's. */
export interface PythonPackage {
  /** Its own name, such as `demo-1.0-py3-none-any.whl`: it says what the wheel is built for. */
  readonly fileName: string;
  /** The file. Copied when it is new; a file seen lately is compared instead of hashed again. */
  readonly bytes: Uint8Array;
  /** SHA-256 the bytes must have, as 64 hexadecimal digits. A run with another file is refused before anything starts. */
  readonly sha256: string;
}

export interface RunOptions {
  readonly runtime: RuntimeName;
  /**
   * The program. JavaScript: an ES module, a body with `return`, or a script whose last expression is the value.
   * Python: a program whose `main(input)`, or else its last expression, gives the value.
   * WebAssembly: the bytes of a core module, copied when they are new.
   */
  readonly code: string | Uint8Array;
  /**
   * Reaches a JavaScript or Python guest as the global `input`. A native one gets a Uint8Array as it is and everything else as
   * JSON; an Extism plugin gets a string as its text; a function over numbers gets an array of its arguments.
   * Default: `undefined`.
   */
  readonly input?: Value;
  /** WebAssembly only: the exported function to call. Default: what the module's interface says (`_start`, `run`). */
  readonly entry?: string;
  /** WebAssembly only: arguments of a WASI command after its name, at most 1,000 and 64 KiB together. Default: none. */
  readonly args?: readonly string[];
  /**
   * WebAssembly only: what the bytes a plugin returns are read as. Default 'auto': JSON if they are JSON, else text if
   * they are UTF-8, else bytes; no bytes are `undefined`.
   */
  readonly output?: 'auto' | 'json' | 'text' | 'bytes';
  /**
   * Python and WebAssembly only: files the guest finds below the mounts of policy.files; path → contents. Together at most
   * limits.fileBytes.
   */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /**
   * Python only: wheels of pure Python whose modules the plugin may import, as far as policy.modules.python grants them. At
   * most limits.packageCount, limits.packageBytes together. Default: none.
   */
  readonly packages?: readonly PythonPackage[];
  /** Default 'javascript'. TypeScript is run by stripping its types, unchecked. */
  readonly language?: 'javascript' | 'typescript';
  /**
   * Name in guest stacks and messages, at most 256 characters. Default 'plugin.js', 'plugin.ts', 'plugin.py' or
   * 'plugin.wasm'.
   */
  readonly fileName?: string;
  /**
   * Trust domain, at most 256 characters: runs that name different plugins never share a cell. Default: one
   * domain for the whole sandbox.
   */
  readonly plugin?: string;
  /** Cancels the run at any stage: queued, starting, running. The result is then a CANCELLED failure. */
  readonly signal?: AbortSignal;
  /** Called for each log record while the run goes on. What it throws is ignored. */
  readonly onLog?: (entry: LogEntry) => void;
  /** Values of secrets for this run, on top of those of the sandbox. */
  readonly secrets?: SecretValues;
  /** Host functions for this run: added to those of the sandbox, and in place of those of the same name. */
  readonly functions?: HostFunctions;
  /** Lowers limits of the policy for this run; raising one is LIMIT_OUT_OF_RANGE. */
  readonly limits?: Partial<Limits>;
}

export interface CheckOptions {
  readonly runtime: 'python';
  /** The program's text. */
  readonly code: string;
  /** As for run(). */
  readonly fileName?: string;
  /** As for run(): the program is read in a cell of this domain. */
  readonly plugin?: string;
  /** As for run(): with them their modules are there. */
  readonly packages?: readonly PythonPackage[];
}

export interface Sandbox extends AsyncDisposable {
  /**
   * Runs one plugin once, in a fresh guest. Resolves for everything that happens to a run.
   * @throws SandboxError for a caller's own mistake: unknown option, value out of range, closed sandbox.
   */
  run(options: RunOptions): Promise<ExecutionResult>;
  /**
   * Says what would fail in a Python program under this sandbox's policy, without running it. Python itself reads it, in a
   * cell, under the limits of a run. (JavaScript needs no cell: the function `validate` reads it.)
   * @throws SandboxError for a caller's own mistake, or for what kept the cell from reading the program (TIMEOUT, for example)
   */
  validate(options: CheckOptions): Promise<ValidationReport>;
  /** Starts a spare cell ahead of the first run of this runtime. Resolves when one is ready. Default 'javascript'. */
  warm(runtime?: RuntimeName): Promise<void>;
  /** Ends waiting and running runs as CANCELLED, destroys every cell. Idempotent. */
  close(): Promise<void>;
}
