/**
 * Fresh runs of one Python plugin, side by side: `node --conditions=citadel-source bench/python.ts`. Stock Pyodide is used as
 * its documentation says; it and `python3` need nothing but what `npm ci` and the machine have.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { loadPyodide } from 'pyodide';
import { createSandbox, type Value } from '../src/index.ts';
import { median, printTable, quantile } from './measure.ts';
import { measureInChromium } from './python-chromium.ts';

const CODE = 'input["value"] * 2';
const ROUNDS = 9;
/** Runs a round has of what is fast. */
const BURST = 20;
const PAGES = 6;
const ITEMS = 7000;

type Work = (value: number) => Promise<unknown>;

const limits = { concurrency: 1, outputBytes: 8_000_000, inputBytes: 8_000_000 };
const make = (): ReturnType<typeof createSandbox> => createSandbox({ policy: { limits } });
const sandbox = make();

async function run(code: string, input: Value): Promise<Value> {
  const result = await sandbox.run({ runtime: 'python', code, input });
  if (!result.success) throw result.error;
  return result.data;
}

async function coldCell(value: number): Promise<unknown> {
  await using cold = make();
  const result = await cold.run({ runtime: 'python', code: CODE, input: { value } });
  return result.success ? result.data : result.error.code;
}

/** What embedders do today to get a fresh guest: a worker, and Pyodide in it. */
function stockWorker(value: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(
      `const { parentPort, workerData } = require('node:worker_threads');
       import(workerData.module).then(async ({ loadPyodide }) => {
         const python = await loadPyodide({ indexURL: workerData.folder });
         python.globals.set('input', python.toPy({ value: workerData.value }));
         parentPort.postMessage(python.runPython(workerData.code));
       });`,
      {
        eval: true,
        workerData: {
          value,
          code: CODE,
          module: import.meta.resolve('pyodide'),
          folder: fileURLToPath(new URL('.', import.meta.resolve('pyodide'))),
        },
      },
    );
    worker.once('message', answer => {
      resolve(answer);
      void worker.terminate();
    });
    worker.once('error', reject);
  });
}

async function subprocess(value: number): Promise<unknown> {
  const { stdout } = spawnSync(
    'python3',
    ['-c', `import json, sys\ninput = json.load(sys.stdin)\nprint(json.dumps(${CODE}))`],
    { input: JSON.stringify({ value }), encoding: 'utf8' },
  );
  return JSON.parse(stdout);
}

/** A process of its own, as a command would be. */
function coldProcess(): number {
  const file = fileURLToPath(new URL('cold-python.ts', import.meta.url));
  const { stdout } = spawnSync(process.execPath, ['--conditions=citadel-source', file], { encoding: 'utf8' });
  return Number(stdout);
}

interface Contender {
  readonly name: string;
  readonly times: number;
  readonly work: Work;
}

await run('1', null);
const stock = await loadPyodide();
const contenders: readonly Contender[] = [
  { name: 'citadel, warm cell, fresh guest', times: BURST, work: value => run(CODE, { value }) },
  { name: 'citadel, new cell', times: 1, work: coldCell },
  { name: 'stock Pyodide in a new worker', times: 1, work: stockWorker },
  {
    name: 'stock Pyodide, one dirty guest (the limit)',
    times: BURST,
    async work(value) {
      stock.globals['set']('input', stock.toPy({ value }));
      return stock.runPython(CODE);
    },
  },
  { name: 'python3 in a process of its own', times: 1, work: subprocess },
];

const taken = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
const processes: number[] = [];
// Round by round, so that a busy machine hits all of them alike.
for (let round = 0; round < ROUNDS; round++) {
  for (const { name, times, work } of contenders) {
    for (let i = 0; i < times; i++) {
      const begun = performance.now();
      const answer = await work(i);
      if (answer !== i * 2) throw new Error(`wrong answer: ${String(answer)}`);
      taken.get(name)?.push(performance.now() - begun);
    }
  }
  processes.push(coldProcess());
}
taken.set('citadel, new cell in a new process', processes);
const pages = await measureInChromium(CODE, PAGES, BURST);
taken.set('citadel in Chromium, warm cell, fresh guest', [...pages.warm]);
taken.set('citadel in Chromium, new cell in a new page', [...pages.cold]);
taken.set('citadel in Chromium, the same, nothing cached', [pages.first]);

const ms = (value: number): string => value.toFixed(1);
const reference = median(taken.get('stock Pyodide in a new worker') ?? []);
printTable(
  `fresh runs of \`${CODE}\`, Node.js ${process.versions.node}, milliseconds`,
  ['contender', 'least', 'p50', 'p95', 'times as fast as stock'],
  [...taken].map(([name, all]) => [
    name,
    ms(Math.min(...all)),
    ms(median(all)),
    ms(quantile(all, 0.95)),
    (reference / median(all)).toFixed(1),
  ]),
);

const value = Array.from({ length: ITEMS }, (_, id) => ({
  id,
  name: `user${id}`,
  tags: ['a', 'b', 'c'],
  score: id / 3,
  text: 'lorem ipsum dolor sit amet consectetur adipiscing elit',
}));
const text = JSON.stringify(value);
const through: number[] = [];
const inside: number[] = [];
for (let i = 0; i < 25; i++) {
  const begun = performance.now();
  await run('def main(input): return input', value);
  through.push(performance.now() - begun);
  inside.push(
    1000 *
      ((await run(
        'import json, time\ndef main(input):\n  t = time.perf_counter()\n  for _ in range(5): json.dumps(json.loads(input))\n  return (time.perf_counter() - t) / 5',
        text,
      )) as number),
  );
}
const row = (name: string, all: readonly number[]): string[] => [name, ms(Math.min(...all)), ms(median(all))];
printTable(
  `${(text.length / 1e6).toFixed(1)} MB of JSON-like data in and out, milliseconds`,
  ['what', 'least', 'p50'],
  [
    row('through a plugin that returns its input', through),
    row('Python’s own json, reading and writing it once, inside the cell', inside),
    [
      'ratio',
      (Math.min(...through) / Math.min(...inside)).toFixed(2),
      (median(through) / median(inside)).toFixed(2),
    ],
  ],
);
await sandbox.close();
