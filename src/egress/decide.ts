/** What the acting part asks the rules. */
import type { Header } from '../platform/net.ts';

/** Why something may not leave. */
export interface Refusal {
  readonly allowed: false;
  /** One word for programs. */
  readonly reason: string;
  /** The rule that said so, when one did. */
  readonly rule: string | null;
  /** One line for the guest. */
  readonly message: string;
  /** What would allow it, for the operator. */
  readonly hint: string;
}

export interface Clearance {
  readonly allowed: true;
  /** Canonical, without a fragment. What is sent is this, never what was given. */
  readonly url: string;
  readonly method: string;
  /** To be resolved; `null` when the host is an address, which was judged already. */
  readonly name: string | null;
  readonly rule: string;
  /** Judges all addresses of `name`: `null` when each of them may be connected to. */
  readonly refuseAddresses: (addresses: readonly string[]) => Refusal | null;
}

export type HeaderClearance = { readonly allowed: true; readonly headers: readonly Header[] } | Refusal;

export interface Decider {
  request(url: string, method: string): Clearance | Refusal;
  headers(headers: readonly Header[], mostBytes: number): HeaderClearance;
}
