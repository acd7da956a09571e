/** Tries cases one after the other, and says so before each: whoever started this process sees which one ended it. */
import { seeded } from '../../unit/protocol/random.ts';
import { CORPUS } from './corpus.ts';
import { type Entry, entries } from './entries.ts';
import { type Case, type Cost, measure } from './oracle.ts';
import { openWorld } from './world.ts';

export interface Task {
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  /** Only entries whose name contains it. */
  readonly only: string;
  /** Times the bound of a stall. */
  readonly slack: number;
}

export type Report =
  | { readonly type: 'begin'; readonly n: number; readonly entry: string; readonly note: string }
  | {
      readonly type: 'end';
      readonly n: number;
      readonly entry: string;
      readonly bytes: number;
      readonly cost: Cost;
      readonly finding: string | null;
      readonly note: string;
    }
  | { readonly type: 'done' };

const say = (report: Report): void => void process.send?.(report);

function draw(
  all: readonly Entry[],
  seed: number,
  n: number,
): { readonly entry: Entry; readonly made: Case } {
  const random = seeded(Math.imul(seed, 0x9e3779b1) + n);
  let at = random.int(all.reduce((sum, { weight }) => sum + weight, 0));
  const entry = all.find(({ weight }) => {
    at -= weight;
    return at < 0;
  }) as Entry;
  return { entry, made: entry.make(random) };
}

function findingOf(
  entry: Entry,
  bytes: number,
  { stallMs, heapBytes, outcome, isDocumented }: Cost,
): string | null {
  const allowed = entry.bounds.heapPerByte * bytes + entry.bounds.heapConstant;
  if (!isDocumented) return `ended as ${outcome}, which no page knows`;
  if (stallMs > entry.bounds.stallMs)
    return `kept the thread for ${stallMs.toFixed(0)} ms, at most ${entry.bounds.stallMs}`;
  if (heapBytes > allowed)
    return `holds ${(heapBytes / 2 ** 20).toFixed(1)} MiB, at most ${(allowed / 2 ** 20).toFixed(1)}`;
  return null;
}

async function tryOne(n: number, entry: Entry, made: Case): Promise<void> {
  say({ type: 'begin', n, entry: entry.name, note: made.note.slice(0, 500) });
  const cost = await measure(made, entry.bounds);
  const finding = findingOf(entry, made.bytes, cost);
  say({ type: 'end', n, entry: entry.name, bytes: made.bytes, cost, finding, note: made.note.slice(0, 500) });
}

process.once('message', async (task: Task) => {
  const world = await openWorld();
  const all = entries(world)
    .filter(({ name }) => name.includes(task.only))
    .map(entry => ({ ...entry, bounds: { ...entry.bounds, stallMs: entry.bounds.stallMs * task.slack } }));
  // What was found once is tried first, and always.
  if (task.from === 0)
    for (const [i, { entry: name, make }] of CORPUS.entries()) {
      const entry = all.find(one => one.name === name);
      if (entry !== undefined) await tryOne(-1 - i, entry, make(world));
    }
  for (let n = task.from; n < task.to; n++) {
    const { entry, made } = draw(all, task.seed, n);
    await tryOne(n, entry, made);
  }
  say({ type: 'done' });
  await world.close();
  process.disconnect?.();
});
