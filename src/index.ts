/** Run plugins nobody has reviewed. */
import { platform } from '#platform';
import type { Sandbox, SandboxOptions } from './host/api.ts';
import { createSandboxOn } from './host/sandbox.ts';
import type { Capabilities } from './platform/types.ts';

export type {
  ErrorCode,
  ErrorInfo,
  ErrorResponse,
  ErrorWire,
  Fault,
  GuestThrow,
  GuestThrown,
  SourcePosition,
} from './core/errors.ts';
export { ERROR_TABLE, SandboxError } from './core/errors.ts';
export { HostFunctionError } from './core/host-error.ts';
export type { LimitName, LimitSpec, Limits } from './core/limits.ts';
export { DEFAULT_LIMITS, LIMITS } from './core/limits.ts';
export type {
  CallRecord,
  Denial,
  EgressRecord,
  ExecutionFailure,
  ExecutionReport,
  ExecutionResult,
  ExecutionSuccess,
  LogEntry,
  LogLevel,
  RuntimeName,
  Truncation,
  Usage,
} from './core/result.ts';
export type { Value } from './core/value.ts';
export type { SecretProvider, SecretValues } from './egress/index.ts';
export type { CheckOptions, PythonPackage, RunOptions, Sandbox, SandboxOptions } from './host/api.ts';
export type {
  CallContext,
  FunctionErrorHook,
  FunctionSchema,
  HostFunction,
  HostFunctions,
  PlainFunction,
  StandardResult,
  StandardSchema,
} from './host/functions/types.ts';
export type { Capabilities } from './platform/types.ts';
export type { HostRule, NetworkLimits, NetworkPolicy, SecretPolicy } from './policy/egress/index.ts';
export { minimalNetwork, NETWORK_LIMITS } from './policy/egress/index.ts';
export { DEFAULT_BLOCKED_FUNCTIONS } from './policy/index.ts';
export type { PluginSecurityPolicy } from './policy/policy.ts';
export type * from './validate/index.ts';
export { inspect, validate } from './validate/index.ts';

/**
 * Makes a sandbox on this platform. No cell starts before the first run, or `warm()`.
 * @throws SandboxError POLICY_INVALID, LIMIT_OUT_OF_RANGE, INVALID_ARGUMENT or UNENFORCEABLE.
 */
export function createSandbox(options: SandboxOptions = {}): Sandbox {
  return createSandboxOn(platform, options);
}

/** What this platform can enforce. */
export function capabilities(): Capabilities {
  return platform.capabilities();
}
