/** The one place where a guest's request leaves. */
import { SandboxError } from '../core/errors.ts';
import type { NetCapabilities, NetPlatform } from '../platform/net.ts';
import type { Decider } from './decide.ts';
import { type EgressQuotas, resolveQuotas } from './quotas.ts';
import type { ResolvedSecret } from './secrets.ts';
import { type EgressSession, openSession, type SessionOptions } from './session.ts';
import { Slots } from './slots.ts';
import type { EgressRecord } from './types.ts';

export interface EgressParts {
  readonly decider: Decider;
  readonly secrets: readonly ResolvedSecret[];
  readonly net: NetPlatform;
  readonly quotas?: Partial<EgressQuotas>;
  /** Requests of all sessions under way at the same time. Default 256. */
  readonly totalConcurrency?: number;
  /** True refuses a platform that cannot pin addresses. Default false. */
  readonly requirePinning?: boolean;
  readonly record?: (record: EgressRecord) => void;
}

export interface Egress {
  /** What every session is held to, unless it was opened with less or more. */
  readonly quotas: EgressQuotas;
  readonly capabilities: NetCapabilities;
  /** The clock of deadlines. */
  now(): number;
  open(options?: SessionOptions): EgressSession;
}

const TOTAL_CONCURRENCY = 256;

/** @throws SandboxError UNENFORCEABLE, LIMIT_OUT_OF_RANGE or INVALID_ARGUMENT */
export function createEgressOn(parts: EgressParts): Egress {
  const { net, decider, secrets } = parts;
  const quotas = resolveQuotas(parts.quotas);
  const capabilities = net.capabilities();
  if (parts.requirePinning === true && !capabilities.dnsPinned) {
    throw new SandboxError(
      'UNENFORCEABLE',
      'send requests through an egress proxy: this platform cannot choose the address a name leads to',
    );
  }
  const total = parts.totalConcurrency ?? TOTAL_CONCURRENCY;
  if (!Number.isSafeInteger(total) || total < 1) {
    throw new SandboxError('INVALID_ARGUMENT', `totalConcurrency must be a positive integer, got ${total}`);
  }
  const shared = new Slots(total);
  return Object.freeze({
    quotas,
    capabilities,
    now: () => net.now(),
    open: (options: SessionOptions = {}) =>
      openSession(
        {
          net,
          decider,
          quotas: options.quotas === undefined ? quotas : resolveQuotas({ ...quotas, ...options.quotas }),
          secrets,
          shared,
          record: options.record ?? parts.record ?? (() => {}),
        },
        options,
      ),
  });
}
