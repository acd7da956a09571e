/** An append-only log: every record holds the hash of the one before, so that none can be changed or left out unseen. */
import { SandboxError } from '../core/errors.ts';
import { cleanLine } from '../core/text.ts';
import { type AuditFacts, type AuditKind, type AuditRecord, FIRST, recordHash } from './record.ts';

/** Where records go. */
export interface AuditSink {
  /** The last record there is, so that a log goes on where it ended. Default: none. */
  last?(): Promise<AuditRecord | null>;
  /** Called in order, never twice at a time. */
  write(records: readonly AuditRecord[]): Promise<void> | void;
  close?(): Promise<void>;
}

export interface AuditOptions {
  /** Texts that must not appear: they are replaced wherever a fact contains them. */
  readonly secrets?: readonly string[];
  /** Time of day in milliseconds. For tests. */
  readonly now?: () => number;
}

const TEXT_CHARS = 1000;
const LIST = 100;
/** Records that may wait for a slow sink; more are an error of the sink, not of memory. */
const WAITING = 10_000;
/** API keys, whoever put one where it does not belong. */
const API_KEY = /ck_[0-9a-f]{16}_[0-9a-f]{64}/g;

export class AuditLog {
  readonly #sink: AuditSink;
  readonly #secrets: readonly string[];
  readonly #now: () => number;
  #seq: number;
  #head: string;
  /** Not hashed yet. Their facts are plain values, which nobody changes. */
  #added: { readonly at: number; readonly kind: AuditKind; readonly facts: AuditFacts }[] = [];
  #waiting: AuditRecord[] = [];
  #writing: Promise<void> | null = null;
  #failure: unknown = null;

  private constructor(
    sink: AuditSink,
    last: AuditRecord | null,
    { secrets = [], now = Date.now }: AuditOptions,
  ) {
    this.#sink = sink;
    this.#secrets = secrets.filter(secret => secret.length >= 4).toSorted((a, b) => b.length - a.length);
    this.#now = now;
    this.#seq = last?.seq ?? 0;
    this.#head = last?.hash ?? FIRST;
  }

  /** @throws SandboxError STORE_FAILED when the sink cannot say where it ended */
  static async open(sink: AuditSink, options: AuditOptions = {}): Promise<AuditLog> {
    try {
      return new AuditLog(sink, (await sink.last?.()) ?? null, options);
    } catch (cause) {
      throw new SandboxError('STORE_FAILED', 'the audit log cannot be continued', { cause });
    }
  }

  /** Hash of the newest record: whoever keeps it elsewhere can tell later that nothing was cut off. */
  get head(): string {
    this.#seal();
    return this.#head;
  }

  /** True once the sink has failed or is too far behind: nothing can be recorded any more. */
  get failed(): boolean {
    return this.#failure !== null || this.#added.length + this.#waiting.length >= WAITING;
  }

  /** Adds a record. It is hashed and written soon; see `flush`. @throws SandboxError STORE_FAILED once the sink has failed */
  add(kind: AuditKind, facts: AuditFacts): void {
    if (this.failed)
      throw new SandboxError('STORE_FAILED', 'the audit log cannot be written', { cause: this.#failure });
    this.#added.push({ at: this.#now(), kind, facts });
    this.#writing ??= this.#drain();
  }

  /** Ties what was added to what was there. */
  #seal(): void {
    for (const { at, kind, facts } of this.#added) {
      const record = {
        seq: this.#seq + 1,
        at: new Date(at).toISOString(),
        kind,
        facts: this.#clean(facts),
        prev: this.#head,
      };
      const whole: AuditRecord = Object.freeze({ ...record, hash: recordHash(record) });
      this.#seq = whole.seq;
      this.#head = whole.hash;
      this.#waiting.push(whole);
    }
    this.#added = [];
  }

  /** Resolves when everything added so far is written. @throws SandboxError STORE_FAILED */
  async flush(): Promise<void> {
    await this.#writing;
    if (this.#failure !== null)
      throw new SandboxError('STORE_FAILED', 'the audit log cannot be written', { cause: this.#failure });
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#sink.close?.();
  }

  async #drain(): Promise<void> {
    // Whoever waits for an answer has it first.
    await new Promise(resolve => setTimeout(resolve));
    try {
      for (this.#seal(); this.#waiting.length > 0; this.#seal()) {
        const records = this.#waiting;
        this.#waiting = [];
        await this.#sink.write(records);
      }
    } catch (error) {
      this.#failure = error ?? new Error('the sink failed');
    }
    this.#writing = null;
  }

  #clean(facts: AuditFacts): AuditFacts {
    const clean: Record<string, AuditFacts[string]> = {};
    for (const [name, value] of Object.entries(facts)) {
      clean[name] =
        typeof value === 'string'
          ? this.#text(value)
          : Array.isArray(value)
            ? value.slice(0, LIST).map(item => this.#text(String(item)))
            : value;
    }
    return Object.freeze(clean);
  }

  #text(text: string): string {
    let clean = text.replace(API_KEY, '[redacted]');
    for (const secret of this.#secrets) clean = clean.replaceAll(secret, '[redacted]');
    return cleanLine(clean, TEXT_CHARS);
  }
}
