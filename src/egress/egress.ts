/** The one place where a guest's request leaves. */
import { SandboxError } from '../core/errors.ts';
import type { NetCapabilities, NetPlatform } from '../platform/net.ts';
import {
  decideUrl,
  type EgressRules,
  type NetworkLimits,
  parseNetworkPolicy,
  resolveNetworkLimits,
} from '../policy/egress/index.ts';
import { checkSecret, type ResolvedSecret, type SecretRule, type Secrets } from './secrets.ts';
import { type EgressSession, openSession, type SessionOptions } from './session.ts';
import { Slots } from './slots.ts';
import type { EgressRecord } from './types.ts';

export interface EgressOptions {
  /** From `parseNetworkPolicy`. */
  readonly rules: EgressRules;
  readonly net: NetPlatform;
  readonly secrets?: Secrets;
  /** Requests of all sessions under way at the same time. Default 256. */
  readonly totalConcurrency?: number;
  /** True refuses a platform that cannot pin addresses. Default false. */
  readonly requirePinning?: boolean;
  /** Called for each attempt, when it is over. A session may have its own. */
  readonly record?: (record: EgressRecord) => void;
}

export interface Egress {
  /** What a session is held to, unless it was opened with others. */
  readonly limits: NetworkLimits;
  readonly capabilities: NetCapabilities;
  /** The clock of deadlines. */
  now(): number;
  /** For one run. @throws SandboxError LIMIT_OUT_OF_RANGE */
  open(options?: SessionOptions): EgressSession;
}

const TOTAL_CONCURRENCY = 256;

/** @throws SandboxError POLICY_INVALID, UNENFORCEABLE or INVALID_ARGUMENT */
export function createEgress(options: EgressOptions): Egress {
  const { net, rules, totalConcurrency = TOTAL_CONCURRENCY } = options;
  const capabilities = net.capabilities();
  if (options.requirePinning === true && !capabilities.dnsPinned) {
    throw new SandboxError(
      'UNENFORCEABLE',
      'send requests through an egress proxy: this platform cannot choose the address a name leads to',
    );
  }
  if (!Number.isSafeInteger(totalConcurrency) || totalConcurrency < 1) {
    throw new SandboxError(
      'INVALID_ARGUMENT',
      `totalConcurrency must be a positive integer, got ${String(totalConcurrency)}`,
    );
  }
  const secrets = Object.entries(options.secrets ?? {}).map(([name, rule]) => resolveSecret(name, rule));
  const shared = new Slots(totalConcurrency);
  return Object.freeze({
    limits: rules.limits,
    capabilities,
    now: () => net.now(),
    open: (session: SessionOptions = {}) =>
      openSession(
        {
          net,
          rules,
          limits:
            session.limits === undefined
              ? rules.limits
              : resolveNetworkLimits({ ...rules.limits, ...session.limits }, 'limits'),
          secrets,
          shared,
          record: session.record ?? options.record ?? (() => {}),
        },
        session,
      ),
  });
}

/** Where a secret may go is said in the language of rules, and judged by the same code. */
function resolveSecret(name: string, rule: SecretRule): ResolvedSecret {
  checkSecret(name, rule);
  const rules = parseNetworkPolicy({ allow: rule.hosts, allowIp: [] }, `secrets.${name}`);
  return { name, rule, mayReceive: (url, method) => decideUrl(rules, url, method).allowed };
}
