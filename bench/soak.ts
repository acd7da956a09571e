/**
 * Runs healthy and hostile plugins side by side for a long time: `npm run soak -- [SECONDS]`. Prints what was served and
 * what the process holds; fails when an outcome is not what that plugin's always is.
 */
import { createSandbox, type ErrorCode, type Sandbox } from '../src/index.ts';

interface Guest {
  readonly code: string;
  readonly outcome: 'success' | ErrorCode;
}

const GUESTS: readonly Guest[] = [
  { code: 'input.value * 2', outcome: 'success' },
  { code: 'export default ({ value }) => new Map([[value, new Set([1, 2])]]);', outcome: 'success' },
  { code: 'await new Promise(resolve => setTimeout(resolve, 5)); return input.value', outcome: 'success' },
  { code: 'return Array.from({ length: 200 }, (_, i) => ({ i, text: "x".repeat(i) }));', outcome: 'success' },
  { code: 'globalThis.kept = input; throw new TypeError("no")', outcome: 'GUEST_ERROR' },
  { code: 'for (;;);', outcome: 'TIMEOUT' },
  { code: '/(a+)+$/.test("a".repeat(64) + "b")', outcome: 'TIMEOUT' },
  { code: 'const all = []; for (;;) all.push("x".repeat(100_000) + all.length)', outcome: 'MEMORY_LIMIT' },
  { code: 'new Promise(() => {})', outcome: 'NEVER_SETTLES' },
  { code: 'import "nothing"; export default 1', outcome: 'MODULE_DENIED' },
  { code: 'let x = ;', outcome: 'GUEST_SYNTAX' },
];

const LANES = 16;
const ROWS = 20;
const seconds = Number(process.argv[2] ?? 60);
if (!Number.isFinite(seconds) || seconds <= 0)
  throw new Error(`Pass a number of seconds: npm run soak -- 600, not ${process.argv[2]}`);

const surprises = new Map<string, number>();
let served = 0;
let terminated = 0;

async function lane(sandbox: Sandbox, until: number, first: number): Promise<void> {
  for (let n = first; performance.now() < until; n += 1) {
    const { code, outcome } = GUESTS[n % GUESTS.length] as Guest;
    const result = await sandbox.run({
      runtime: 'javascript',
      code,
      input: { value: n },
      plugin: `plugin ${n % 3}`,
      // Short where it is meant to run out, and long enough elsewhere for a machine that is busy with more than this.
      limits: { timeoutMs: outcome === 'TIMEOUT' ? 30 : 30_000 },
    });
    served += 1;
    if (result.report.terminated) terminated += 1;
    const got = result.success ? 'success' : result.error.code;
    if (got === outcome) continue;
    const what = `${got} instead of ${outcome}: ${code}`;
    surprises.set(what, (surprises.get(what) ?? 0) + 1);
  }
}

await using sandbox = createSandbox({
  policy: {
    limits: { timeoutMs: 30_000, memoryBytes: 8 * 1024 * 1024, concurrency: 3, maxExecutionTimeMs: 120_000 },
  },
});
const started = performance.now();
const print = (): void => {
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  const mb = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(0)} MB`.padStart(8);
  const at = `${((performance.now() - started) / 1000).toFixed(0)} s`.padStart(7);
  console.log(
    `${at} ${String(served).padStart(9)} runs  ${String(terminated).padStart(5)} cells ended  rss ${mb(rss)}  heap ${mb(heapUsed)}  buffers ${mb(arrayBuffers)}`,
  );
};
const printing = setInterval(print, (seconds * 1000) / ROWS);
await Promise.all(Array.from({ length: LANES }, (_, i) => lane(sandbox, started + seconds * 1000, i)));
clearInterval(printing);
print();
for (const [what, times] of surprises) console.error(`${times} × ${what}`);
process.exitCode = surprises.size > 0 ? 1 : 0;
