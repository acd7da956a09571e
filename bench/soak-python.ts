/**
 * Runs healthy and hostile Python plugins side by side in one pool: `npm run soak:python -- [RUNS]`. Prints what was served and
 * what the process holds; fails when an outcome is not what that plugin's always is.
 */
import { createSandbox, type Sandbox } from '../src/index.ts';
import { median } from './measure.ts';
import { guestRun, PYTHON_GUESTS, type PythonGuest } from './python-guests.ts';

const LANES = 4;
const ROWS = 20;
const total = Number(process.argv[2] ?? 2000);
if (!Number.isSafeInteger(total) || total <= 0)
  throw new Error(`Pass a number of runs: npm run soak:python -- 2000, not ${process.argv[2]}`);

const surprises = new Map<string, number>();
const outcomes = new Map<string, number>();
const clean: number[] = [];
let served = 0;
let terminated = 0;
let next = 0;
const count = (counts: Map<string, number>, key: string): void =>
  void counts.set(key, (counts.get(key) ?? 0) + 1);

async function lane(sandbox: Sandbox): Promise<void> {
  while (next < total) {
    const n = next++;
    // A step that has no factor in common with the number of guests: domains and guests meet in every combination.
    const guest = PYTHON_GUESTS[(n * 7) % PYTHON_GUESTS.length] as PythonGuest;
    const result = await sandbox.run(guestRun(guest, n));
    const got = result.success ? 'success' : result.error.code;
    served++;
    count(outcomes, got);
    if (result.report.terminated) terminated++;
    if (guest.name === 'clean') clean.push(result.report.usage.guestMs ?? 0);
    const wrong = !guest.outcome.includes(got)
      ? `${got} (${result.success ? '' : result.error.message.slice(0, 100)})`
      : result.success &&
          guest.data !== undefined &&
          JSON.stringify(result.data) !== JSON.stringify(guest.data)
        ? JSON.stringify(result.data)
        : null;
    if (wrong !== null) count(surprises, `${wrong} instead of ${guest.outcome.join(' or ')}: ${guest.name}`);
    if (served % Math.ceil(total / ROWS) === 0) print();
  }
}

await using sandbox = createSandbox({
  policy: { limits: { timeoutMs: 60_000, concurrency: 2, maxExecutionTimeMs: 600_000 } },
});
const started = performance.now();
const mb = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(0)} MB`.padStart(8);
function print(): void {
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  const at = `${((performance.now() - started) / 1000).toFixed(0)} s`.padStart(6);
  console.log(
    `${at} ${String(served).padStart(7)} runs  ${String(terminated).padStart(4)} cells ended  rss ${mb(rss)}  heap ${mb(heapUsed)}  buffers ${mb(arrayBuffers)}`,
  );
}
await Promise.all(Array.from({ length: LANES }, () => lane(sandbox)));
console.log([...outcomes].map(([code, times]) => `${times} × ${code}`).join(', '));
const tenth = Math.ceil(clean.length / 10);
console.log(
  `a clean run in its guest, p50: ${median(clean.slice(0, tenth)).toFixed(1)} ms in the first tenth, ${median(clean.slice(-tenth)).toFixed(1)} ms in the last`,
);
for (const [what, times] of surprises) console.error(`${times} × ${what}`);
process.exitCode = surprises.size > 0 ? 1 : 0;
