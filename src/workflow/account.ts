/** What one piece of work of a node cost and was denied: one account for each item, added up in the items' order. */
import type { EgressRecord, ExecutionReport } from '../core/result.ts';
import type { NodeDenial, NodeUsage } from './record.ts';

/** Denials of a node that are listed; each subject once. */
const MOST_DENIALS = 200;
const MOST_EGRESS = 1_000;

const sum = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : a + b);

export class Account {
  #usage: { -readonly [K in keyof NodeUsage]: NodeUsage[K] } = {
    runs: 0,
    fuel: null,
    memoryBytes: null,
    guestMs: null,
    requests: 0,
    uploadBytes: 0,
    downloadBytes: 0,
  };
  readonly #denials: Map<string, NodeDenial> = new Map();
  readonly #egress: EgressRecord[] = [];

  /** A guest was run. */
  report({ usage, denials, egress }: ExecutionReport): void {
    const own = this.#usage;
    own.runs += 1;
    own.fuel = sum(own.fuel, usage.fuel);
    own.guestMs = sum(own.guestMs, usage.guestMs);
    if (usage.memoryBytes !== null) own.memoryBytes = Math.max(own.memoryBytes ?? 0, usage.memoryBytes);
    this.traffic(usage.requests, usage.uploadBytes, usage.downloadBytes);
    for (const denial of denials) this.deny(denial);
    for (const record of egress) this.request(record);
  }

  traffic(requests: number, up: number, down: number): void {
    this.#usage.requests += requests;
    this.#usage.uploadBytes += up;
    this.#usage.downloadBytes += down;
  }

  deny({ kind, subject, hint }: NodeDenial): void {
    const key = `${kind} ${subject} ${hint}`;
    if (this.#denials.size < MOST_DENIALS && !this.#denials.has(key))
      this.#denials.set(key, Object.freeze({ kind, subject, hint }));
  }

  request(record: EgressRecord): void {
    if (this.#egress.length < MOST_EGRESS) this.#egress.push(record);
  }

  add(other: Account): void {
    const [own, its] = [this.#usage, other.usage];
    own.runs += its.runs;
    own.fuel = sum(own.fuel, its.fuel);
    own.guestMs = sum(own.guestMs, its.guestMs);
    if (its.memoryBytes !== null) own.memoryBytes = Math.max(own.memoryBytes ?? 0, its.memoryBytes);
    this.traffic(its.requests, its.uploadBytes, its.downloadBytes);
    for (const denial of other.denials) this.deny(denial);
    for (const record of other.egress) this.request(record);
  }

  get usage(): NodeUsage {
    return { ...this.#usage };
  }

  get denials(): readonly NodeDenial[] {
    return [...this.#denials.values()];
  }

  get egress(): readonly EgressRecord[] {
    return [...this.#egress];
  }
}
