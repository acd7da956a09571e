/**
 * Fresh runs of a one-line plugin, side by side with the peers in one process: `npm run bench`. Peers are installed
 * into bench/node_modules and used as their documentation says. Every contender gets the input as JSON-like data,
 * evaluates `input.value * 2` in a guest nobody used before, and hands the result back.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { Worker } from 'node:worker_threads';
import { createSandbox } from '../src/index.ts';
import { compare, median, printTable, quantile, whole } from './measure.ts';
import { directEngine, isolatedVm, sebastianwessel } from './peers.ts';

const CODE = 'input.value * 2';
const one = createSandbox({ policy: { limits: { concurrency: 1, queueLength: 100_000 } } });
const run = async (value: number): Promise<void> => {
  const result = await one.run({ runtime: 'javascript', code: CODE, input: { value } });
  if (!result.success || result.data !== value * 2)
    throw new Error(`wrong answer: ${JSON.stringify(result)}`);
};

const inFlight =
  (width: number) =>
  async (times: number): Promise<void> => {
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < times) await run(next++);
    };
    await Promise.all(Array.from({ length: Math.min(width, times) }, lane));
  };

const sequential =
  (work: (value: number) => unknown) =>
  async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) {
      if ((await work(i)) !== i * 2) throw new Error('wrong answer');
    }
  };

function newWorker(value: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(
      `const { parentPort, workerData } = require('node:worker_threads');
       const input = workerData; parentPort.postMessage(eval(${JSON.stringify(CODE)}));`,
      { eval: true, workerData: { value } },
    );
    worker.once('message', answer => {
      resolve(answer);
      void worker.terminate();
    });
    worker.once('error', reject);
  });
}

await run(1);
const dirty = await directEngine();
const figures = await compare([
  { name: 'citadel, one cell, 64 in flight', run: inFlight(64) },
  { name: 'citadel, one cell, 1 in flight', run: inFlight(1) },
  {
    name: 'same engine, dirty context, same thread (the limit)',
    run: sequential(value => dirty(CODE, { value })),
  },
  {
    name: 'node:vm, new context (no wall)',
    run: sequential(value => vm.runInNewContext(CODE, { input: { value } })),
  },
  { name: 'isolated-vm, new context', run: sequential(await isolatedVm('context', CODE)) },
  { name: 'isolated-vm, new isolate', run: sequential(await isolatedVm('isolate', CODE)) },
  { name: '@sebastianwessel/quickjs', run: sequential(await sebastianwessel(CODE)) },
  { name: 'new Worker', run: sequential(newWorker) },
]);
const best = figures[0]?.perSecond ?? Number.NaN;
printTable(
  `fresh runs of \`${CODE}\`, medians of 5 rounds, Node.js ${process.versions.node}`,
  ['contender', 'runs/s', 'citadel is'],
  figures.map(({ name, perSecond }) => [name, whole(perSecond), `${(best / perSecond).toFixed(1)}×`]),
);
await one.close();

const cold: number[] = [];
for (let i = 0; i < 7; i++) {
  const child = spawnSync(
    process.execPath,
    [...process.execArgv, fileURLToPath(new URL('./cold-start.ts', import.meta.url))],
    { encoding: 'utf8' },
  );
  cold.push(Number(child.stdout));
}
printTable(
  'cold start in a new process, from createSandbox() to the first result',
  ['', 'ms'],
  [
    ['median', median(cold).toFixed(0)],
    ['best', Math.min(...cold).toFixed(0)],
  ],
);

const { hostileLoops } = await import('./hostile-loops.ts');
const loops = await hostileLoops();
printTable(
  `${loops.total} hostile loops against limits.timeoutMs = ${loops.timeoutMs}`,
  ['', 'figure'],
  [
    ['stopped without terminating the cell', `${loops.graceful}`],
    ['needed termination', `${loops.terminated}`],
    ['overshoot, median', `${median(loops.overshoot).toFixed(1)} ms`],
    ['overshoot, p95', `${quantile(loops.overshoot, 0.95).toFixed(1)} ms`],
    ['overshoot, max', `${Math.max(...loops.overshoot).toFixed(1)} ms`],
  ],
);
