/**
 * What a call of a host function costs, next to a bare message to a worker and back; and what functions cost that nobody calls.
 * `node --conditions=citadel-source bench/doors.ts`
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { createSandbox, type HostFunctions, type RunOptions } from '../src/index.ts';
import { type Contender, compare, median, printTable, whole } from './measure.ts';

const worker = new Worker(
  "require('node:worker_threads').parentPort.on('message', function (x) { this.postMessage(x); })",
  {
    eval: true,
  },
);
async function bare(times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const answer = once(worker, 'message');
    worker.postMessage({ id: i, bytes: new Uint8Array(8) });
    await answer;
  }
}

/** The same with a promise made by hand: `once` costs more than the message. */
function bareDirect(times: number): Promise<void> {
  return new Promise(resolve => {
    let left = times;
    const next = (): void => {
      if (--left < 0) {
        worker.off('message', next);
        resolve();
      } else worker.postMessage({ id: left, bytes: new Uint8Array(8) });
    };
    worker.on('message', next);
    next();
  });
}

// Two cells, one for each language: a cell that starts is no part of a call.
const limits = { functionCalls: 1_000_000, concurrency: 2, timeoutMs: 120_000, maxExecutionTimeMs: 600_000 };
const doors = createSandbox({
  policy: { functions: ['add'], limits },
  functions: { add: (a: number, b: number) => a + b },
});
const script = (code: string): RunOptions => ({ runtime: 'javascript', code });
/** Calls are counted inside one run, so that starting it is no part of a call. */
const inside =
  (run: (times: number) => RunOptions) =>
  async (times: number): Promise<void> => {
    const result = await doors.run(run(times));
    if (!result.success) throw result.error;
  };

const contenders: readonly Contender[] = [
  { name: 'postMessage to a worker and back', run: bareDirect },
  { name: 'postMessage, each awaited by once()', run: bare },
  {
    name: 'JavaScript, one call in flight',
    run: inside(times => script(`for (let i = 0; i < ${times}; i++) await host.add(i, 1);`)),
  },
  {
    name: 'JavaScript, 64 in flight',
    run: inside(times =>
      script(
        `const lane = async n => { for (let i = 0; i < n; i++) await host.add(i, 1) };
         const n = Math.ceil(${times} / 64); await Promise.all(Array.from({ length: 64 }, () => lane(n)));`,
      ),
    ),
  },
  {
    name: 'JavaScript, sync',
    run: inside(times => script(`for (let i = 0; i < ${times}; i++) host.add.sync(i, 1);`)),
  },
  {
    name: 'Python',
    run: inside(times => ({
      runtime: 'python',
      code: `from host import add\nfor i in range(${times}):\n    add(i, 1)`,
    })),
  },
];

// Workers and cells start with their first work.
for (const contender of contenders) await contender.run(200);
const rounds = Number(process.argv[2] ?? 5);
/** As many for all: a run has a beginning and an end, which must not be what is measured. */
const CALLS = 3_000;
const samples = contenders.map((): number[] => []);
for (let round = 0; round < rounds; round++) {
  for (const [i, { run }] of contenders.entries()) {
    const start = performance.now();
    await run(CALLS);
    samples[i]?.push((CALLS / (performance.now() - start)) * 1000);
  }
}
const figures = contenders.map(({ name }, i) => ({ name, perSecond: median(samples[i] ?? []) }));
const [base, , one] = figures;
printTable(
  'calls of a host function',
  ['', 'calls/s', 'times a bare message', 'times one in flight'],
  figures.map(({ name, perSecond }) => [
    name,
    whole(perSecond),
    ((base?.perSecond ?? 0) / perSecond).toFixed(2),
    (perSecond / (one?.perSecond ?? 1)).toFixed(2),
  ]),
);
await worker.terminate();

const many: Record<string, HostFunctions> = {};
for (let group = 0; group < 10; group++)
  many[`group${group}`] = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`function${i}`, () => i]));
const plain = createSandbox({ policy: { limits: { concurrency: 1, queueLength: 1_000_000 } } });
const loaded = createSandbox({
  policy: { functions: ['group1.*'], limits: { concurrency: 1, queueLength: 1_000_000 } },
  functions: many,
});
const runs =
  (sandbox: typeof plain) =>
  async (times: number): Promise<void> => {
    const results = await Promise.all(
      Array.from({ length: times }, (_, i) =>
        sandbox.run({ runtime: 'javascript', code: 'input.value * 2', input: { value: i } }),
      ),
    );
    for (const result of results) if (!result.success) throw result.error;
  };
await Promise.all([runs(plain)(500), runs(loaded)(500)]);
const fresh = await compare(
  [
    { name: 'no functions', run: runs(plain) },
    { name: '200 functions declared', run: runs(loaded) },
  ],
  rounds * 2 + 1,
  400,
);
printTable(
  'runs of input.value * 2',
  ['', 'runs/s', 'ratio'],
  fresh.map(({ name, perSecond }) => [
    name,
    whole(perSecond),
    (perSecond / (fresh[0]?.perSecond ?? 1)).toFixed(3),
  ]),
);
await Promise.all([doors.close(), plain.close(), loaded.close()]);
