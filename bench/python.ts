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

const CODE = 'input["value"] * 2';
const RUNS = 40;
const COLD_RUNS = 7;
const ITEMS = 7000;

type Work = (value: number) => Promise<unknown>;

async function time(times: number, work: Work): Promise<number[]> {
  const taken: number[] = [];
  for (let i = 0; i < times; i++) {
    const begun = performance.now();
    const answer = await work(i);
    if (answer !== i * 2) throw new Error(`wrong answer: ${String(answer)}`);
    taken.push(performance.now() - begun);
  }
  return taken;
}

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

await run('1', null);
const stock = await loadPyodide();
const rows: [string, number[]][] = [
  ['citadel, warm cell, fresh guest', await time(RUNS, value => run(CODE, { value }))],
  ['citadel, new cell', await time(COLD_RUNS, coldCell)],
  ['stock Pyodide in a new worker', await time(COLD_RUNS, stockWorker)],
  [
    'stock Pyodide, one dirty guest (the limit)',
    await time(RUNS, async value => {
      stock.globals['set']('input', stock.toPy({ value }));
      return stock.runPython(CODE);
    }),
  ],
  ['python3 in a process of its own', await time(COLD_RUNS, subprocess)],
];
const ms = (value: number): string => value.toFixed(1);
printTable(
  `fresh runs of \`${CODE}\`, Node.js ${process.versions.node}, milliseconds`,
  ['contender', 'p50', 'p95'],
  rows.map(([name, taken]) => [name, ms(median(taken)), ms(quantile(taken, 0.95))]),
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
for (let i = 0; i < 15; i++) {
  const begun = performance.now();
  await run('def main(input): return input', value);
  through.push(performance.now() - begun);
  inside.push(
    1000 *
      ((await run(
        'import json, time\ndef main(input):\n  t = time.perf_counter()\n  for _ in range(10): json.dumps(json.loads(input))\n  return (time.perf_counter() - t) / 10',
        text,
      )) as number),
  );
}
printTable(
  `${(text.length / 1e6).toFixed(1)} MB of JSON-like data in and out, milliseconds`,
  ['what', 'p50'],
  [
    ['through a plugin that returns its input', ms(median(through))],
    ['Python’s own json, reading and writing it once, inside the cell', ms(median(inside))],
  ],
);
await sandbox.close();
