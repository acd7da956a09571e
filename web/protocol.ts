/** What the page and the worker with the sandbox host say to each other, through comlink. Both ends are trusted. */
import type { ErrorWire } from '../src/core/errors.ts';
import type { ExecutionReport, LogEntry } from '../src/core/result.ts';
import type { Value } from '../src/core/value.ts';
import type { Capabilities } from '../src/platform/types.ts';
import type { InspectionReport, ValidationReport } from '../src/validate/index.ts';

export type Language = 'javascript' | 'typescript' | 'python';

/** What a plugin is written in, as the page sees it: a module is opened, not typed. */
export type Kind = Language | 'wasm';

export type OutputForm = 'auto' | 'json' | 'text' | 'bytes';

/** `nothing` is undefined. */
export type Input = { readonly as: 'nothing' } | { readonly as: 'json' | 'text'; readonly text: string };

/** What makes a sandbox. */
export interface Rules {
  /** JSON. Texts cross, not values: nested deeply enough, a value cannot be cloned. */
  readonly policy: string;
  /** Sources the policy may allow; those it does not name are left out. */
  readonly modules: Readonly<Record<string, string>>;
}

export interface Program extends Rules {
  readonly code: string;
  readonly language: Language;
}

interface Run {
  readonly fileName: string;
  readonly input: Input;
}

export interface ScriptRequest extends Program, Run {
  readonly kind: 'script';
}

/** Runs the module that was opened last. */
export interface ModuleRequest extends Rules, Run {
  readonly kind: 'module';
  /** '' leaves it to the module's interface. */
  readonly entry: string;
  readonly args: readonly string[];
  readonly output: OutputForm;
  /** Guest path → text. */
  readonly files: Readonly<Record<string, string>>;
}

export type RunRequest = ScriptRequest | ModuleRequest;

/** `refused`: nothing ran, because what the caller asked for was wrong. */
export type Outcome =
  | {
      readonly kind: 'success';
      readonly data: Value;
      readonly files: Readonly<Record<string, Uint8Array>>;
      readonly report: ExecutionReport;
    }
  | { readonly kind: 'failure'; readonly error: ErrorWire; readonly report: ExecutionReport }
  | { readonly kind: 'refused'; readonly error: ErrorWire };

export interface Diagnosis {
  readonly validation: ValidationReport;
  /** Null when the policy is good. Otherwise only the syntax of the program was checked. */
  readonly policyError: ErrorWire | null;
}

export interface Inspection {
  readonly inspection: InspectionReport;
  /** Null when the policy is good. Otherwise the module was held against the empty one. */
  readonly policyError: ErrorWire | null;
}

export interface Host {
  /** Once, before all else. The page makes cells at the other end of `cells`. */
  connect(cells: MessagePort, onLogs: (entries: readonly LogEntry[]) => unknown): Capabilities;
  /** Python is read in a cell, JavaScript at once. */
  check(program: Program): Diagnosis | Promise<Diagnosis>;
  /** Keeps a module for `inspect` and `run`, in place of the one before. */
  open(module: Uint8Array): void;
  /** What the opened module is, under this policy (JSON). */
  inspect(policy: string): Inspection;
  /** Starts a cell ahead of a run under these rules. Never rejects: what is wrong with them, the run will say. */
  warm(rules: Rules, kind: Kind): Promise<void>;
  /** One at a time. All logs have been handed to `onLogs` when it answers. */
  run(request: RunRequest): Promise<Outcome>;
  /** Aborts the run under way. */
  stop(): void;
}
