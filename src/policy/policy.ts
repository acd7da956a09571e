/** What the host allows. */
import type { Limits } from '../core/limits.ts';

/**
 * JSON-serialisable. Deny is the default for everything; unknown keys are refused with a hint.
 */
export interface PluginSecurityPolicy {
  /** Hosts a plugin may reach. Network access arrives with the egress controller: until then only an empty list is accepted. */
  readonly network?: { readonly allow?: readonly string[] };
  /** Specifiers a plugin may import; the host supplies their sources. */
  readonly modules?: { readonly javascript?: readonly string[] };
  /** Variables the guest sees as the frozen global `env`. Default: none. Nothing of the host's environment is inherited. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Built-ins removed from the guest's realm, as dotted paths. Default: DEFAULT_BLOCKED_FUNCTIONS (`eval`,
   * `Function` and its relatives). An empty list allows all of them.
   */
  readonly blockedFunctions?: readonly string[];
  /** Limits for every run; each within its range in LIMITS. */
  readonly limits?: Partial<Limits>;
}
