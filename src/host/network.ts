/** One run's way to the network: what its cell asks for, held to the policy, and the account of it. */
import type { Denial } from '../core/result.ts';
import type { SecretValues } from '../egress/index.ts';
import {
  Desk,
  type Egress,
  type EgressRecord,
  type EgressSession,
  type EgressUsage,
} from '../egress/index.ts';
import type { NetReply, NetRequestCall, NetWay } from '../protocol/net.ts';

/** What a run may use, opened when its guest first asks. */
export interface NetworkGrant {
  readonly egress: Egress;
  /** Values of this run, on top of the sandbox's. */
  readonly secrets: SecretValues;
  readonly placeholders: Readonly<Record<string, string>>;
}

export interface NetworkAccount {
  readonly records: readonly EgressRecord[];
  readonly usage: EgressUsage;
}

/** Denials a report names; more of the same say nothing new. */
const MOST_DENIALS = 100;
const NOTHING: NetworkAccount = Object.freeze({
  records: Object.freeze([]),
  usage: Object.freeze({ requests: 0, bytesUp: 0, bytesDown: 0, unrecorded: 0 }),
});

export class RunNetwork {
  readonly #grant: NetworkGrant;
  readonly #records: EgressRecord[] = [];
  #session: EgressSession | null = null;
  #desk: Desk | null = null;
  #closed = false;

  constructor(grant: NetworkGrant) {
    this.#grant = grant;
  }

  /** False for what no healthy cell sends. `answer` takes what is to reach the cell. */
  handle(call: NetRequestCall, answer: (reply: NetReply, way: NetWay) => void): boolean {
    if (this.#closed) return true;
    if (this.#desk === null) {
      const { egress, secrets, placeholders } = this.#grant;
      this.#session = egress.open({ secrets, placeholders, record: record => this.#records.push(record) });
      this.#desk = new Desk(this.#session, answer);
    }
    return this.#desk.handle(call);
  }

  /** The run is over: whatever is under way is aborted, and recorded so. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#desk?.close();
    this.#session?.close();
  }

  get account(): NetworkAccount {
    if (this.#session === null) return NOTHING;
    return { records: Object.freeze([...this.#records]), usage: this.#session.usage() };
  }
}

/** What was refused, each subject once; and how many had no place. */
export function networkDenials(records: readonly EgressRecord[]): {
  readonly denials: readonly Denial[];
  readonly dropped: number;
} {
  const denials = new Map<string, Denial>();
  let dropped = 0;
  for (const { decision, url, hint } of records) {
    if (decision !== 'denied') continue;
    const subject = (URL.parse(url)?.host || url).slice(0, 256);
    const key = `${subject} ${hint}`;
    if (denials.has(key)) continue;
    if (denials.size < MOST_DENIALS) denials.set(key, { kind: 'network', subject, hint: hint ?? '' });
    else dropped++;
  }
  return { denials: [...denials.values()], dropped };
}
