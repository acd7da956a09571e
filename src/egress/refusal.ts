/** Why something may not leave, whoever said so. */
import type { Refusal } from '../policy/egress/index.ts';

/** A refusal of the rules, or one for what is counted and kept here. */
export interface Refused {
  /** A `DenyReason`, or `limit`, `body`, `proxy`. */
  readonly reason: string;
  /** The rule that said so, when one did. */
  readonly rule: string | null;
  /** One line for the guest. */
  readonly message: string;
  /** What would allow it, for the operator. */
  readonly hint: string;
}

export function refused(reason: string, message: string, hint: string): Refused {
  return { reason, rule: null, message, hint };
}

export function overLimit(name: string, value: number): Refused {
  return refused(
    'limit',
    `the run has used up its ${name}, ${value}`,
    `raise network.limits.${name}, now ${value}`,
  );
}

/** What a record keeps of it. */
export function detail({ rule, reason, hint }: Refused | Refusal): {
  reason: string;
  hint: string;
  rule?: string;
} {
  return { reason, hint, ...(rule === null ? {} : { rule }) };
}
