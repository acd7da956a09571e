/** What a policy says about the network, and what is answered to a request. Plain data, but for the compiled rules. */
import type { NetworkLimits } from './limits.ts';

export type Scheme = 'http' | 'https';

/** One rule of `network.allow` or `network.deny`; the string form is its `host`, with `:port` after it if need be. */
export interface HostRule {
  /** `api.example.com`, or `*.example.com` for every name below example.com, at any depth, but not example.com itself. */
  readonly host: string;
  /** 1 to 65535. Default: in `allow` the scheme's own (80 for http, 443 for https), in `deny` every one. */
  readonly ports?: readonly number[];
  /** Default: both. */
  readonly schemes?: readonly Scheme[];
  /** Default: in `allow` the usual seven (DEFAULT_METHODS), in `deny` every one. */
  readonly methods?: readonly string[];
  /** Prefixes in whole segments: `/v1` covers `/v1` and `/v1/users`, not `/v10`. Default: every path. */
  readonly paths?: readonly string[];
}

/** `policy.network`. JSON-serialisable. Deny beats allow; what no rule allows is denied. */
export interface NetworkPolicy {
  /** Names a plugin may reach. Default: none. At most 1,000. */
  readonly allow?: readonly (string | HostRule)[];
  /** Names it may not reach, whatever `allow` says. Default: none. At most 1,000. */
  readonly deny?: readonly (string | HostRule)[];
  /**
   * Addresses a URL may name directly, and special-purpose addresses a listed name may lead to: `203.0.113.7`,
   * `10.1.0.0/16`, `127.0.0.1:8080`, `[::1]:8080`. A rule opens a special-purpose block only from within: `0.0.0.0/0`
   * means every public address. Default: none. At most 1,000.
   */
  readonly allowIp?: readonly string[];
  /** Addresses that are never reached, whatever leads there. CIDR. Default: none. At most 1,000. */
  readonly denyIp?: readonly string[];
  /** Headers a plugin may set although they are refused by default: `cookie`, `origin`, `referer`. Default: none. */
  readonly allowHeaders?: readonly string[];
  /**
   * True refuses a platform that cannot connect to the very address that was vetted: a browser without an egress proxy.
   * Default false.
   */
  readonly dnsPinned?: boolean;
  /** How much of the network one run may use; each within its range in NETWORK_LIMITS. */
  readonly limits?: Partial<NetworkLimits>;
}

/** A checked and compiled `network`. Frozen. Opaque but for these: ask `decideUrl` and `decideAddress`. */
export interface EgressRules {
  /** As given, every entry checked and in its canonical form: what a report can show. */
  readonly allow: readonly (string | HostRule)[];
  readonly deny: readonly (string | HostRule)[];
  readonly allowIp: readonly string[];
  readonly denyIp: readonly string[];
  readonly allowHeaders: readonly string[];
  readonly dnsPinned: boolean;
  readonly limits: NetworkLimits;
}

/** Why something may not leave; one word for programs. */
export type DenyReason =
  /** Not a URL, or one without a host. */
  | 'url-invalid'
  | 'url-too-long'
  /** NUL and the other control characters. */
  | 'url-control'
  | 'url-credentials'
  | 'scheme'
  /** A name that is none: a literal `*`, an empty label, odd characters. */
  | 'host-invalid'
  | 'host-unlisted'
  /** A rule of `network.deny`. */
  | 'host-denied'
  | 'port'
  | 'method'
  | 'path'
  | 'address-invalid'
  /** An address in a URL, which no rule of `network.allowIp` covers. */
  | 'address-unlisted'
  /** Loopback, private, link-local, metadata and the like, without a rule for it. */
  | 'address-special'
  /** A rule of `network.denyIp`. */
  | 'address-denied'
  | 'header'
  | 'secret'
  | 'redirect';

export interface Refusal {
  readonly allowed: false;
  readonly reason: DenyReason;
  /** The deny rule that said so; `null` when it was the lack of an allow rule. */
  readonly rule: string | null;
  /** One line without control characters, fit for the guest: it says nothing the guest does not know. */
  readonly message: string;
  /** One line for the operator: what would have allowed it. */
  readonly hint: string;
}

/** A URL that may be asked, as far as its text tells. */
export interface UrlClearance {
  readonly allowed: true;
  readonly reason: 'allowed';
  /** The rule that allows it, in its canonical form. */
  readonly rule: string;
  /** Canonical, without a fragment. From here on this is the URL, never what was given. */
  readonly url: string;
  readonly method: string;
  readonly scheme: Scheme;
  /** Lower case ASCII without a trailing dot; an IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number;
  /** What has to be resolved; `null` when the host is an address, which was judged already. */
  readonly name: string | null;
}

export interface UrlRefusal extends Refusal {
  /** Canonical as far as it got, without credentials and fragment; `null` for what is no URL. */
  readonly url: string | null;
  readonly host: string | null;
  readonly port: number | null;
}

export type UrlDecision = UrlClearance | UrlRefusal;

/** An address as a socket would use it. */
export interface AddressClearance {
  readonly allowed: true;
  readonly reason: 'allowed';
  /** The rule of `allowIp`; `null` for a public address, which the name's own rule covers. */
  readonly rule: string | null;
  /** Canonical text. */
  readonly address: string;
}

export interface AddressRefusal extends Refusal {
  readonly address: string | null;
}

export type AddressDecision = AddressClearance | AddressRefusal;

/** A header as it is sent, in order; a name may occur more than once. */
export type Header = readonly [name: string, value: string];

export type HeaderDecision =
  | { readonly allowed: true; readonly reason: 'allowed'; readonly headers: readonly Header[] }
  | Refusal;

/** What a redirect asks for. It still has to be decided like any other request. */
export interface Hop {
  readonly url: string;
  readonly method: string;
  readonly headers: readonly Header[];
  /** False when the body is dropped with the method. */
  readonly keepsBody: boolean;
  readonly crossesOrigin: boolean;
}

export type RedirectDecision =
  | {
      readonly allowed: true;
      readonly reason: 'allowed';
      readonly hop: Hop;
      readonly clearance: UrlClearance;
    }
  | UrlRefusal;
