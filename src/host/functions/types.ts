/** What an embedder offers its plugins. */
import type { LogLevel } from '../../core/result.ts';
import type { JsonSchema } from '../../policy/manifest/index.ts';

/** Of which call a host function is told. */
export interface CallContext {
  /** Trust domain of the run: its `plugin`, or the name of an installed one. */
  readonly plugin: string;
  /** One for each run. */
  readonly runId: string;
  /** Aborted when the call's time is over, and when its run has ended. Give it to runs that are started from here. */
  readonly signal: AbortSignal;
  /** Adds a record to the run's logs, within their limits. */
  log(text: string, level?: LogLevel): void;
}

/** https://standardschema.dev, version 1: what zod, valibot, arktype and others have. */
export interface StandardSchema {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    validate(value: unknown): StandardResult | Promise<StandardResult>;
  };
}

export type StandardResult =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] };

export type FunctionSchema = JsonSchema | StandardSchema;

/** A host function with what is known of it. It takes one argument at most. */
export interface HostFunction {
  /**
   * Gets the argument (`undefined` without one) as data of docs/values.md, and answers such data, a promise or an async iterable
   * of it.
   */
  // biome-ignore lint/suspicious/noExplicitAny: what the schema says is for its author to write down
  readonly call: (input: any, context: CallContext) => unknown;
  /** What the argument must be. A Standard Schema may change it. Default: anything. */
  readonly input?: FunctionSchema;
  /** What the answer must be, or each item of an iterable. Default: anything. */
  readonly output?: FunctionSchema;
  /** For people, editors and models; at most 2,000 characters. */
  readonly description?: string;
  /** Milliseconds a call may take; lowers limits.functionTimeoutMs. */
  readonly timeoutMs?: number;
  /** Calls one run may make of it, from 0; lowers limits.functionCalls. */
  readonly maxCalls?: number;
}

/**
 * Functions by name, in groups up to four names deep. A plain function gets the arguments as they come; its `this` is the context.
 */
export interface HostFunctions {
  readonly [name: string]: HostFunction | HostFunctions | PlainFunction;
}

// biome-ignore lint/suspicious/noExplicitAny: arguments are the author's to write down
export type PlainFunction = (this: CallContext, ...input: any[]) => unknown;

/** What a host function threw, or did wrong, as it was. */
export type FunctionErrorHook = (
  error: unknown,
  call: { readonly name: string; readonly plugin: string; readonly runId: string },
) => void;
