/** Rounds of every contender in turn, so that a noisy machine hits all of them alike; medians and ratios. */

export interface Contender {
  readonly name: string;
  /** Does the work `times` times and resolves when all are done. */
  readonly run: (times: number) => Promise<void>;
}

export interface Figure {
  readonly name: string;
  readonly perSecond: number;
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};

export const quantile = (values: readonly number[], q: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
};

/** Chooses how many runs fill a round, then measures `rounds` rounds of `roundMs` each. */
export async function compare(
  contenders: readonly Contender[],
  rounds = 5,
  roundMs = 400,
): Promise<Figure[]> {
  const sizes = new Map<Contender, number>();
  for (const contender of contenders) {
    let times = 1;
    for (;;) {
      const start = performance.now();
      await contender.run(times);
      const took = performance.now() - start;
      if (took > roundMs / 4) {
        sizes.set(contender, Math.max(1, Math.round((times * roundMs) / took)));
        break;
      }
      times *= took < 1 ? 10 : 2;
    }
  }
  const samples = new Map<Contender, number[]>(contenders.map(contender => [contender, []]));
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) {
      const times = sizes.get(contender) ?? 1;
      const start = performance.now();
      await contender.run(times);
      samples.get(contender)?.push((times / (performance.now() - start)) * 1000);
    }
  }
  return contenders.map(contender => ({
    name: contender.name,
    perSecond: median(samples.get(contender) ?? []),
  }));
}

export interface Latency {
  readonly name: string;
  readonly p50Us: number;
  readonly p95Us: number;
}

/** One call at a time, each timed, in rounds like those of `compare`: how long a caller waits. */
export async function latencies(
  contenders: readonly { readonly name: string; readonly call: (n: number) => unknown }[],
  rounds = 7,
  roundMs = 150,
): Promise<Latency[]> {
  const medians = new Map<string, number[]>();
  const tails = new Map<string, number[]>();
  for (let round = -1; round < rounds; round++) {
    for (const { name, call } of contenders) {
      const times: number[] = [];
      const end = performance.now() + roundMs;
      for (let n = 0, start = performance.now(); start < end; n++) {
        await call(n);
        const now = performance.now();
        times.push((now - start) * 1000);
        start = now;
      }
      // The first round warms up.
      if (round < 0) continue;
      medians.set(name, [...(medians.get(name) ?? []), median(times)]);
      tails.set(name, [...(tails.get(name) ?? []), quantile(times, 0.95)]);
    }
  }
  return contenders.map(({ name }) => ({
    name,
    p50Us: median(medians.get(name) ?? []),
    p95Us: median(tails.get(name) ?? []),
  }));
}

export function printTable(
  title: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map(row => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ');
  console.log(`\n${title}\n${line(head)}\n${widths.map(width => '-'.repeat(width)).join('  ')}`);
  for (const row of rows) console.log(line(row));
}

export const whole = (value: number): string => Math.round(value).toLocaleString('en');
