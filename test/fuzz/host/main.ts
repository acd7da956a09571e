/**
 * What a stranger's data costs the host: `npm run fuzz:host [-- --cases N] [--seed S] [--only ENTRY] [--from N] [--slack F]`.
 * `--slack` is how many times the bound of time is still taken for the noise of a busy machine; by hand it is 1.
 * Random values, packages, schemas, texts and workflows are handed to every entry there is, in a process of its own. The
 * oracles: the process lives; the thread is kept at most 50 ms of CPU a call at default limits and 250 ms at ceilings; what
 * is held is at most 50 times what came in, and a constant; every ending is documented.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Report, Task } from './worker.ts';

const WORKER: string = fileURLToPath(new URL('worker.ts', import.meta.url));
/** A case that says nothing for so long has stopped the thread. */
const SILENT_MS = 120_000;
/** Of the child's heap: growth that no measure sees afterwards ends it here. */
const HEAP_MB = 1_536;
const WORST = 10;

interface Row {
  readonly n: number;
  readonly bytes: number;
  readonly stallMs: number;
  readonly heapBytes: number;
  readonly outcome: string;
  readonly note: string;
}

interface Finding {
  readonly n: number;
  readonly entry: string;
  readonly what: string;
  readonly note: string;
}

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '3000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    from: { type: 'string', default: '0' },
    slack: { type: 'string', default: '1' },
    quiet: { type: 'boolean', default: false },
  },
});
const cases = Number(values.cases);
const seed = Number(values.seed);
const rows = new Map<string, Row[]>();
const outcomes = new Map<string, number>();
const findings: Finding[] = [];
let done = 0;

function keep(list: Row[], row: Row): void {
  list.push(row);
  if (list.length <= 4 * WORST) return;
  const kept = new Set([...worstBy(list, 'stallMs'), ...worstBy(list, 'heapBytes')]);
  list.splice(0, list.length, ...kept);
}

const worstBy = (list: readonly Row[], by: 'stallMs' | 'heapBytes'): Row[] =>
  [...list].sort((a, b) => b[by] - a[by]).slice(0, WORST);

function find(finding: Finding): void {
  findings.push(finding);
  console.log(
    `FOUND ${finding.entry}, case ${finding.n}: ${finding.what}\n      ${finding.note.slice(0, 300)}`,
  );
}

/** Runs cases until the child ends; answers the number of the next one. */
function shift(task: Task): Promise<number> {
  return new Promise(resolve => {
    const child: ChildProcess = fork(WORKER, [], {
      execArgv: ['--conditions=citadel-source', `--max-old-space-size=${HEAP_MB}`],
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    let current: Extract<Report, { type: 'begin' }> | null = null;
    let isDone = false;
    let last = task.from - 1;
    let said = '';
    child.stderr?.on('data', data => {
      said = (said + String(data)).slice(-4_000);
    });
    const quiet = (): void => {
      said = `no word for ${SILENT_MS / 1000} s`;
      child.kill('SIGKILL');
    };
    let timer = setTimeout(quiet, SILENT_MS);
    child.on('message', (report: Report) => {
      clearTimeout(timer);
      timer = setTimeout(quiet, SILENT_MS);
      if (report.type === 'begin') current = report;
      else if (report.type === 'done') isDone = true;
      else {
        current = null;
        last = report.n;
        done += 1;
        const { n, entry, bytes, cost, finding, note } = report;
        const list = rows.get(entry) ?? [];
        rows.set(entry, list);
        keep(list, {
          n,
          bytes,
          stallMs: cost.stallMs,
          heapBytes: cost.heapBytes,
          outcome: cost.outcome,
          note,
        });
        const key = `${entry}: ${cost.outcome}`;
        outcomes.set(key, (outcomes.get(key) ?? 0) + 1);
        if (finding !== null) find({ n, entry, what: finding, note });
        if (!values.quiet && done % 1_000 === 0) console.log(`${done} cases`);
      }
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (isDone) return resolve(task.to);
      if (current === null && last < task.from) throw new Error(`nothing could be tried: ${said}`);
      const { n = last + 1, entry = 'the end of a case', note = '' } = current ?? {};
      find({
        n,
        entry,
        what: `ended the process (${signal ?? code}): ${said.split('\n').find(line => /error|word/i.test(line)) ?? ''}`,
        note,
      });
      resolve(n < 0 ? task.to : n + 1);
    });
    child.send(task);
  });
}

const stop = Number(values.from) + cases;
for (let from = Number(values.from); from < stop; )
  from = await shift({ seed, from, to: stop, only: values.only, slack: Number(values.slack) });

for (const [entry, list] of [...rows].sort(([a], [b]) => a.localeCompare(b))) {
  console.log(`\n${entry}`);
  const print = (row: Row): string =>
    `  ${row.stallMs.toFixed(1).padStart(7)} ms ${(row.heapBytes / 2 ** 20).toFixed(2).padStart(9)} MiB held of ${String(row.bytes).padStart(9)} bytes  ${row.outcome.slice(0, 30)}  case ${row.n}`;
  const most = values.quiet ? 1 : WORST;
  for (const row of worstBy(list, 'stallMs').slice(0, most)) console.log(print(row));
  for (const row of worstBy(list, 'heapBytes').slice(0, most)) console.log(print(row));
  if (!values.quiet)
    console.log(
      `  ${[...outcomes]
        .filter(([key]) => key.startsWith(`${entry}: `))
        .map(([key, count]) => `${key.slice(entry.length + 2)} ${count}`)
        .join(', ')}`,
    );
}
console.log(`\n${done} cases from seed ${seed}, ${findings.length} findings`);
process.exitCode = findings.length > 0 || done === 0 ? 1 : 0;
