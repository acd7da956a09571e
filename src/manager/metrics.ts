/** Figures of a manager: a plain snapshot, and the same through OpenTelemetry where a program has it. */

interface Instrument {
  add(value: number, attributes?: Readonly<Record<string, string>>): void;
}
interface Histogram {
  record(value: number, attributes?: Readonly<Record<string, string>>): void;
}

/** The part of OpenTelemetry's `Meter` that is used. */
export interface Meter {
  createCounter(name: string, options?: { description?: string; unit?: string }): Instrument;
  createHistogram(name: string, options?: { description?: string; unit?: string }): Histogram;
}

export interface MetricsSnapshot {
  /** Runs that were answered, by outcome: `ok` or an error code. */
  readonly runs: Readonly<Record<string, number>>;
  /** Calls that came to no run, by error code. */
  readonly refused: Readonly<Record<string, number>>;
  /** Milliseconds a run took: how many took at most `le`. The last has no end. */
  readonly durationMs: readonly { readonly le: number; readonly count: number }[];
  readonly plugins: { readonly installed: number; readonly loaded: number };
  readonly cells: { readonly budget: number; readonly bound: number; readonly started: number };
  /** Runs that wait or run now. */
  readonly inFlight: number;
}

const BOUNDS: readonly number[] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 60_000];

/** Where OpenTelemetry's API keeps what a program registered; shared by all its copies of one major version. */
const API = Symbol.for('opentelemetry.js.api.1');

function registeredMeter(): Meter | null {
  const api = (globalThis as Record<symbol, unknown>)[API] as
    | { metrics?: { getMeter?: (name: string) => Meter } }
    | undefined;
  try {
    return api?.metrics?.getMeter?.('citadel-sandbox') ?? null;
  } catch {
    return null;
  }
}

export class Metrics {
  readonly #runs: Map<string, number> = new Map();
  readonly #refused: Map<string, number> = new Map();
  readonly #buckets: number[] = new Array<number>(BOUNDS.length + 1).fill(0);
  readonly #runCounter: Instrument | undefined;
  readonly #refusedCounter: Instrument | undefined;
  readonly #duration: Histogram | undefined;

  constructor(meter: Meter | null = registeredMeter()) {
    this.#runCounter = meter?.createCounter('citadel.runs', { description: 'Runs that were answered' });
    this.#refusedCounter = meter?.createCounter('citadel.refusals', {
      description: 'Calls that came to no run',
    });
    this.#duration = meter?.createHistogram('citadel.run.duration', {
      unit: 'ms',
      description: 'From call to answer',
    });
  }

  run(plugin: string, outcome: string, ms: number): void {
    this.#runs.set(outcome, (this.#runs.get(outcome) ?? 0) + 1);
    const at = BOUNDS.findIndex(bound => ms <= bound);
    const index = at < 0 ? BOUNDS.length : at;
    this.#buckets[index] = (this.#buckets[index] as number) + 1;
    this.#runCounter?.add(1, { plugin, outcome });
    this.#duration?.record(ms, { plugin });
  }

  refused(code: string): void {
    this.#refused.set(code, (this.#refused.get(code) ?? 0) + 1);
    this.#refusedCounter?.add(1, { code });
  }

  snapshot(now: Pick<MetricsSnapshot, 'plugins' | 'cells' | 'inFlight'>): MetricsSnapshot {
    return Object.freeze({
      runs: Object.fromEntries(this.#runs),
      refused: Object.fromEntries(this.#refused),
      durationMs: this.#buckets.map((count, i) => ({ le: BOUNDS[i] ?? Number.POSITIVE_INFINITY, count })),
      ...now,
    });
  }
}
