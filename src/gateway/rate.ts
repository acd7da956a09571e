/** Rates: so many at once, and so many more each second. By the monotonic clock of whoever asks. */
export interface Rate {
  /** Calls that may come at once. */
  readonly burst: number;
  /** Calls that become possible again each second. */
  readonly perSecond: number;
}

export class Bucket {
  readonly #rate: Rate;
  #tokens: number;
  #at: number;

  constructor(rate: Rate, nowMs: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#at = nowMs;
  }

  /** Takes one; 0, or how many milliseconds from now there will be one. */
  take(nowMs: number): number {
    const { burst, perSecond } = this.#rate;
    this.#tokens = Math.min(burst, this.#tokens + (Math.max(0, nowMs - this.#at) / 1000) * perSecond);
    this.#at = Math.max(this.#at, nowMs);
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return 0;
    }
    return perSecond === 0 ? Number.POSITIVE_INFINITY : Math.ceil(((1 - this.#tokens) / perSecond) * 1000);
  }
}

export function checkRate(rate: unknown, path: string): Rate {
  const { burst, perSecond } = (rate ?? {}) as Partial<Rate>;
  const fits = (value: unknown, least: number): value is number =>
    typeof value === 'number' && Number.isFinite(value) && value >= least && value <= 1_000_000;
  if (!fits(burst, 1) || !fits(perSecond, 0))
    throw new RangeError(`${path} must be { burst: 1 to 1,000,000, perSecond: 0 to 1,000,000 }`);
  return { burst, perSecond };
}
