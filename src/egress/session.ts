/** One run's way out. Everything that leaves is counted here, and ends here with the run. */
import type { NetPlatform } from '../platform/net.ts';
import type { EgressRules, NetworkLimits, SecretRules } from '../policy/egress/index.ts';
import { RunEnd } from './abort.ts';
import { Exchange } from './exchange.ts';
import type { Entry } from './record.ts';
import { SecretStore, type SecretValues } from './secrets.ts';
import { Slots } from './slots.ts';
import type { EgressAnswer, EgressRecord, EgressRequest, EgressUsage } from './types.ts';

export interface SessionOptions {
  /** When the run ends, on the clock of the platform's `now()`. Default: never by itself. */
  readonly deadline?: number;
  /** Ends the session early. */
  readonly signal?: AbortSignal;
  /** In place of those of the rules. */
  readonly limits?: Partial<NetworkLimits>;
  /** Values of secrets, on top of those of `createEgress`. */
  readonly secrets?: SecretValues;
  /** What the guest holds in place of each secret, by name: from `placeholderFor`. Default: fresh ones. */
  readonly placeholders?: Readonly<Record<string, string>>;
  /** Called once for each attempt, when it is over. Default: the one given to `createEgress`. */
  readonly record?: (record: EgressRecord) => void;
}

export interface EgressSession {
  /** What the guest may hold in place of each secret. */
  readonly placeholders: Readonly<Record<string, string>>;
  /** Never rejects. */
  fetch(request: EgressRequest): Promise<EgressAnswer>;
  usage(): EgressUsage;
  /** Aborts whatever is under way, and puts it on record. Idempotent. */
  close(): void;
}

/** What every request of a session needs. */
export interface SessionContext {
  readonly net: NetPlatform;
  readonly rules: EgressRules;
  readonly limits: NetworkLimits;
  readonly secrets: SecretStore;
  readonly meter: Meter;
  /** Of this run, then of all runs. */
  readonly slots: readonly Slots[];
  readonly over: RunEnd;
  /** Milliseconds since the session opened. */
  readonly clock: () => number;
  readonly record: (record: EgressRecord) => void;
  /** Attempts under way, by the number of their request. */
  readonly open: Map<number, Entry>;
}

/** What the run used so far. Each `take` says whether it was still within the limit. */
export class Meter {
  requests = 0;
  bytesUp = 0;
  bytesDown = 0;
  unrecorded = 0;
  readonly #limits: NetworkLimits;

  constructor(limits: NetworkLimits) {
    this.#limits = limits;
  }

  takeRequest(): boolean {
    if (this.requests >= this.#limits.requests) return false;
    this.requests += 1;
    return true;
  }

  takeUp(bytes: number): boolean {
    if (this.bytesUp + bytes > this.#limits.uploadBytes) return false;
    this.bytesUp += bytes;
    return true;
  }

  takeDown(bytes: number): boolean {
    this.bytesDown += bytes;
    return this.bytesDown <= this.#limits.downloadBytes;
  }
}

/** Attempts beyond the limit that still get a record each: a loop of denied requests must not fill the report. */
const RECORDED_EXCESS = 10;

export interface SessionParts {
  readonly net: NetPlatform;
  readonly rules: EgressRules;
  readonly limits: NetworkLimits;
  readonly secretRules: SecretRules;
  readonly secrets: SecretValues;
  readonly shared: Slots;
  readonly record: (record: EgressRecord) => void;
}

export function openSession(parts: SessionParts, options: SessionOptions = {}): EgressSession {
  const { net, rules, limits } = parts;
  const opened = net.now();
  const over = new RunEnd();
  const open = new Map<number, Entry>();
  const end = (): void => {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', end);
    over.end();
    for (const entry of open.values()) entry.end({ decision: 'allowed', outcome: 'cancelled' });
    open.clear();
  };
  const left = options.deadline === undefined ? Number.POSITIVE_INFINITY : options.deadline - opened;
  const timer = Number.isFinite(left) ? setTimeout(end, Math.min(Math.max(0, left), 0x7fff_ffff)) : undefined;
  if (options.signal?.aborted === true || left <= 0) end();
  else options.signal?.addEventListener('abort', end, { once: true });

  const meter = new Meter(limits);
  let recorded = 0;
  const context: SessionContext = {
    net,
    rules,
    limits,
    secrets: new SecretStore(
      parts.secretRules,
      { ...parts.secrets, ...options.secrets },
      over.signal,
      options.placeholders,
    ),
    meter,
    slots: [new Slots(limits.concurrency), parts.shared],
    over,
    open,
    clock: () => net.now() - opened,
    record(entry) {
      if (recorded >= limits.requests + RECORDED_EXCESS) {
        meter.unrecorded += 1;
        return;
      }
      recorded += 1;
      try {
        parts.record(entry);
      } catch {
        // Whoever keeps the records must not be able to break a request half way.
      }
    },
  };
  let requests = 0;
  return {
    placeholders: context.secrets.placeholders,
    fetch(request) {
      requests += 1;
      return new Exchange(context, request, requests).run();
    },
    usage: () => ({
      requests: meter.requests,
      bytesUp: meter.bytesUp,
      bytesDown: meter.bytesDown,
      unrecorded: meter.unrecorded,
    }),
    close: end,
  };
}
