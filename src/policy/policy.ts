/** What the host allows. */
import type { Limits } from '../core/limits.ts';
import type { EgressRules, NetworkPolicy, SecretPolicy, SecretRules } from './egress/index.ts';

/**
 * JSON-serialisable. Deny is the default for everything; unknown keys are refused with a hint. docs/policy.md has
 * every key with its unit, default and ceiling.
 */
export interface PluginSecurityPolicy {
  /**
   * What a plugin may reach, and how much of it; docs/network.md. Default: nothing.
   */
  readonly network?: NetworkPolicy;
  /**
   * Where secrets may go, by name; a plugin sees a placeholder as the variable of that name. Their values are an option of
   * the sandbox or of the run, and never part of a policy.
   */
  readonly secrets?: Readonly<Record<string, SecretPolicy>>;
  /**
   * `javascript`: specifiers a plugin may import; the host supplies their sources. Bare names of 1 to 256 characters, at
   * most 100; no URLs, no paths. Default: none. `python`: modules of the standard library and of packages the
   * plugin's own code may import, each with what is below it, such as `json` or `urllib.parse`. Default: all of them. It keeps honest plugins to
   * what they asked for; what holds the others is that no module leads out of the sandbox.
   */
  readonly modules?: { readonly javascript?: readonly string[]; readonly python?: readonly string[] };
  /**
   * Directories of the guest's own, virtual file system, as absolute paths such as `/data`; at most 100, none inside
   * another. Files reach them through `files` of a run, and the host's disk is never touched. What a guest leaves below
   * the `write` ones comes back in `files` of the result. Default: none. Only Python and native plugins have files.
   */
  readonly files?: { readonly read?: readonly string[]; readonly write?: readonly string[] };
  /**
   * Host functions a plugin may call, of those that `functions` of the sandbox or the run offers: names such as `crm.find`, or
   * `kv.*` for all below `kv`; at most 100. Default: none.
   */
  readonly functions?: readonly string[];
  /**
   * Variables the guest sees as the frozen global `env`: at most 100, names of letters, digits and `_` up to 100
   * characters, values up to 10,000 characters without NUL. Default: none. Nothing of the host's environment is
   * inherited.
   */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Built-ins removed from the guest's realm, as dotted paths; at most 100 of at most 100 characters each.
   * Default: DEFAULT_BLOCKED_FUNCTIONS (`eval`, `Function` and its relatives). An empty list allows all of them.
   */
  readonly blockedFunctions?: readonly string[];
  /** Limits for every run; each within its range in LIMITS. */
  readonly limits?: Partial<Limits>;
}

/** A checked policy with every default filled in. Deeply frozen. */
export interface ResolvedPolicy {
  readonly network: EgressRules;
  readonly secrets: SecretRules;
  readonly modules: { readonly javascript: readonly string[]; readonly python: readonly string[] | null };
  readonly files: { readonly read: readonly string[]; readonly write: readonly string[] };
  readonly functions: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly blockedFunctions: readonly string[];
  readonly limits: Limits;
}

/**
 * The ways to turn text into code. Only `eval` and `Function` are globals; the relatives are reached through the
 * `constructor` of a function of their kind, and are removed there.
 */
export const DEFAULT_BLOCKED_FUNCTIONS: readonly string[] = Object.freeze([
  'eval',
  'Function',
  'AsyncFunction',
  'GeneratorFunction',
  'AsyncGeneratorFunction',
]);

/** Sizes of a policy's own parts. */
export const POLICY_CAPS: Readonly<
  Record<'entries' | 'moduleChars' | 'envNameChars' | 'envValueChars' | 'functionChars', number>
> = Object.freeze({
  /** Entries of any list or table in a policy. */
  entries: 100,
  moduleChars: 256,
  envNameChars: 100,
  envValueChars: 10_000,
  functionChars: 100,
});
