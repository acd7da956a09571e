/** The public shapes of a plugin manager. */
import type { AuditLog } from '../audit/index.ts';
import type { Limits } from '../core/limits.ts';
import type { ExecutionResult, LogEntry } from '../core/result.ts';
import type { SecretValues } from '../egress/index.ts';
import type { ApiKeyRecord, Caller, InputLimits, Rate } from '../gateway/index.ts';
import type { FunctionErrorHook, HostFunctions } from '../host/functions/types.ts';
import type { SignaturePolicy } from '../packages/index.ts';
import type { Grant, PermissionDiff } from '../policy/grant/index.ts';
import type { Manifest } from '../policy/manifest/index.ts';
import type { PluginSecurityPolicy } from '../policy/policy.ts';
import type { Meter, MetricsSnapshot } from './metrics.ts';
import type { PluginStore } from './store.ts';

/** A directory outside the guest that a grant opens: Node.js has `directoryMount`, browsers have `handleMount`. */
export interface FileMount {
  /** All files below, as path relative to the mount → contents; at most `bytes` together. */
  read(bytes: number): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Takes what a run left. Absent: read-only. */
  write?(files: ReadonlyMap<string, Uint8Array>): Promise<void>;
}

export interface PluginLimits {
  /** Cells that one plugin may have at a time, 1 to 64. Default: all of them. */
  readonly cells?: number;
  /** Runs of one plugin that may wait or run, 1 to 1,000,000. Default 100. */
  readonly inFlight?: number;
  /** Calls of one plugin. Default: no rate. */
  readonly rate?: Rate;
}

export interface PluginManagerOptions {
  /** What plugins may be given at most. `limits.concurrency` is the budget of cells. Default: nothing. */
  readonly policy?: PluginSecurityPolicy;
  /** Sources of the modules the policy allows, as for a sandbox. */
  readonly modules?: Readonly<Record<string, string>>;
  /** Values of the secrets that the policy names; each plugin gets those it was granted. As for a sandbox. */
  readonly secrets?: SecretValues;
  /** Host functions; each plugin may call those it was granted. As for a sandbox, but told the plugin's name. */
  readonly functions?: HostFunctions;
  /** As for a sandbox. */
  readonly onFunctionError?: FunctionErrorHook;
  /** As for a sandbox. */
  readonly egressProxy?: { readonly url: string; readonly token: string };
  /** Default: a store that forgets. */
  readonly store?: PluginStore;
  /** Default: a signature is required, and no key is trusted. */
  readonly signature?: SignaturePolicy;
  /** When given, every call needs a key or a caller. */
  readonly apiKeys?: readonly ApiKeyRecord[];
  readonly audit?: AuditLog;
  readonly input?: Partial<InputLimits>;
  /** For every plugin alike. */
  readonly perPlugin?: PluginLimits;
  /** Directories of the policy's `files` → what is there. */
  readonly mounts?: Readonly<Record<string, FileMount>>;
  /** Asked before an install or upgrade, when everything else is in order. Only `true` lets it happen. */
  readonly approve?: (candidate: Candidate) => boolean | Promise<boolean>;
  /** OpenTelemetry's meter. Default: the one of the API that is registered in this process, if any. */
  readonly meter?: Meter;
}

/** Who asks. Neither: the program itself, unless the manager has keys. */
export interface CallerOptions {
  readonly apiKey?: string;
  /** Whom the program has already recognised. */
  readonly caller?: Caller;
}

export interface InstallOptions extends CallerOptions {
  /** True takes the new version's wider permissions, or another signer. */
  readonly accept?: boolean;
}

export interface ExecuteOptions extends CallerOptions {
  readonly signal?: AbortSignal;
  readonly onLog?: (entry: LogEntry) => void;
  /** Lowers limits for this run. */
  readonly limits?: Partial<Limits>;
  /** As for a sandbox: Python and WebAssembly only. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** 32 hexadecimal digits, to continue a trace. Default: a new one. */
  readonly traceId?: string;
}

export type PluginResult = ExecutionResult & {
  readonly traceId: string;
  readonly plugin: { readonly name: string; readonly version: string; readonly digest: string };
};

export interface PluginInfo {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly keyId: string | null;
  /** ISO time. */
  readonly installedAt: string;
}

/** A package that was opened and verified, before anything happens with it. */
export interface Candidate {
  readonly manifest: Manifest;
  readonly digest: string;
  readonly keyId: string | null;
  readonly grant: Grant;
  /** What is installed now; `null` for a new plugin. */
  readonly installed: PluginInfo | null;
  readonly changes: PermissionDiff;
}

export interface PluginManager extends AsyncDisposable {
  /** @throws SandboxError: see docs/manager.md for the codes of each */
  install(archive: Uint8Array, options?: InstallOptions): Promise<PluginInfo>;
  upgrade(archive: Uint8Array, options?: InstallOptions): Promise<PluginInfo>;
  uninstall(name: string, options?: CallerOptions): Promise<void>;
  list(options?: CallerOptions): Promise<readonly PluginInfo[]>;
  get(
    name: string,
    options?: CallerOptions,
  ): Promise<PluginInfo & { readonly manifest: Manifest; readonly grant: Grant }>;
  /** Opens and verifies a package, and says what it would be given. Changes nothing. */
  validate(archive: Uint8Array): Promise<Candidate>;
  /** Runs a plugin once. Resolves for everything that happens to the run. */
  execute(name: string, input?: unknown, options?: ExecuteOptions): Promise<PluginResult>;
  /** Takes these keys instead of the ones before. */
  replaceKeys(keys: readonly ApiKeyRecord[]): void;
  metrics(): MetricsSnapshot;
  /** Ends every run as CANCELLED, destroys every cell, closes the store. Idempotent. */
  close(): Promise<void>;
}
