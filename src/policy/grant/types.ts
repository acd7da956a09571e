/** What a plugin is given, and why. Plain data, frozen. */
import type { Permissions } from '../manifest/index.ts';
import type { PluginSecurityPolicy } from '../policy.ts';

/** Kinds of power a caller may leave out: scopes `power:network` and so on. */
export type Power = 'network' | 'modules' | 'files' | 'functions' | 'env' | 'secrets';

export interface GrantLine {
  /** Of the manifest; `limits` for a limit. */
  readonly kind: keyof Permissions | 'limits';
  /** What was asked for, in canonical form. */
  readonly subject: string;
  /** `partly`: less than was asked for; `given` says what. */
  readonly verdict: 'granted' | 'partly' | 'refused';
  /** What is in force; empty for a refusal. */
  readonly given: string;
  /** Which rule said so, in one line. */
  readonly why: string;
  /** The author's own words. Shown, never trusted. */
  readonly reason: string;
}

export interface Grant {
  readonly plugin: string;
  readonly version: string;
  /** One line for each wish, in the order of the manifest. */
  readonly lines: readonly GrantLine[];
  /** What is enforced: the policy, cut down to what was asked for and what the caller may pass on. */
  readonly policy: PluginSecurityPolicy;
}

/** A wish of a new version that the old one did not have, or not as wide. */
export interface Widening {
  /** `content`: its output is no longer made safe as what it was; `signer`: another key signed it. */
  readonly kind: GrantLine['kind'] | 'content' | 'signer';
  readonly subject: string;
  readonly reason: string;
}

export interface PermissionDiff {
  readonly widened: readonly Widening[];
  /** Wishes the new version no longer has. */
  readonly dropped: readonly { readonly kind: Widening['kind']; readonly subject: string }[];
}
