/** The one place where a guest's request leaves. */
import { SandboxError } from '../core/errors.ts';
import type { NetCapabilities, NetPlatform } from '../platform/net.ts';
import {
  type EgressRules,
  type NetworkLimits,
  resolveNetworkLimits,
  type SecretRules,
} from '../policy/egress/index.ts';
import { SecretStore, type SecretValues } from './secrets.ts';
import { type EgressSession, openSession, type SessionOptions } from './session.ts';
import { Slots } from './slots.ts';
import type { EgressRecord } from './types.ts';

export interface EgressOptions {
  /** From `parseNetworkPolicy`. */
  readonly rules: EgressRules;
  readonly net: NetPlatform;
  /** From `parseSecrets`: where values may go. Default: none. */
  readonly secretRules?: SecretRules;
  /** The values of all runs, or who has them. A session may bring its own. */
  readonly secrets?: SecretValues;
  /** Requests of all sessions under way at the same time. Default 256. */
  readonly totalConcurrency?: number;
  /** Called for each attempt, when it is over. A session may have its own. */
  readonly record?: (record: EgressRecord) => void;
}

export interface Egress {
  /** What a session is held to, unless it was opened with others. */
  readonly limits: NetworkLimits;
  readonly capabilities: NetCapabilities;
  /** The clock of deadlines. */
  now(): number;
  /** Refuses values no run could use. @throws SandboxError INVALID_ARGUMENT */
  check(secrets: SecretValues): void;
  /** For one run. @throws SandboxError LIMIT_OUT_OF_RANGE or INVALID_ARGUMENT */
  open(options?: SessionOptions): EgressSession;
}

const TOTAL_CONCURRENCY = 256;

/** @throws SandboxError POLICY_INVALID, UNENFORCEABLE or INVALID_ARGUMENT */
export function createEgress(options: EgressOptions): Egress {
  const { net, rules, totalConcurrency = TOTAL_CONCURRENCY } = options;
  const capabilities = net.capabilities();
  if (rules.dnsPinned && !capabilities.dnsPinned) {
    throw new SandboxError(
      'UNENFORCEABLE',
      'send requests through an egress proxy, or drop network.dnsPinned: this platform cannot choose the address a name leads to',
    );
  }
  if (!Number.isSafeInteger(totalConcurrency) || totalConcurrency < 1) {
    throw new SandboxError(
      'INVALID_ARGUMENT',
      `totalConcurrency must be a positive integer, got ${String(totalConcurrency)}`,
    );
  }
  const { secretRules = {}, secrets = {} } = options;
  const check = (values: SecretValues): void => {
    void new SecretStore(secretRules, values, new AbortController().signal);
  };
  // A mistake in them is the embedder's, and is to be told before the first run.
  check(secrets);
  const shared = new Slots(totalConcurrency);
  return Object.freeze({
    limits: rules.limits,
    capabilities,
    now: () => net.now(),
    check,
    open: (session: SessionOptions = {}) =>
      openSession(
        {
          net,
          rules,
          limits:
            session.limits === undefined
              ? rules.limits
              : resolveNetworkLimits({ ...rules.limits, ...session.limits }, 'limits'),
          secretRules,
          secrets,
          shared,
          record: session.record ?? options.record ?? (() => {}),
        },
        session,
      ),
  });
}
