/**
 * Calls of native plugins, side by side with the peers in one process: `npm run bench:native [-- NAME]`, where NAME is
 * one of the tables. Every contender gets the same bytes of a module and the same input, and its answer is checked.
 * Each of Citadel's calls has a fresh instance, in one cell; so have the others where that is said.
 */
import { isDeepStrictEqual } from 'node:util';
import { createSandbox, type RunOptions, type Value } from '../src/index.ts';
import { compare, latencies, printTable, whole } from './measure.ts';
import { bareWorkers, directAdd, directCore, nodeWasi } from './native-limits.ts';
import { add, type Bytes, core, echoByCopy, echoByPlace, example } from './native-modules.ts';
import { type ExtismPlugin, extism } from './peers.ts';

// Extism’s workers import node:wasi, which says each time that it is experimental.
process.env['NODE_NO_WARNINGS'] = '1';

const MiB = 1024 * 1024;
const LANES = 64;
const TEXT = 'The quick brown fox jumps over the lazy dog';
const VOWELS = 11;

const sandbox = createSandbox({
  policy: {
    env: {},
    limits: { concurrency: 1, queueLength: 100_000, inputBytes: 2 * MiB, outputBytes: 2 * MiB },
  },
});

async function run(options: Omit<RunOptions, 'runtime'>): Promise<Value> {
  const result = await sandbox.run({ runtime: 'wasm', ...options });
  if (!result.success) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.data;
}

interface Contender {
  readonly name: string;
  readonly call: (n: number) => unknown;
  /** How many calls it can have in flight. */
  readonly lanes: number;
}

/** Fails unless the answer is the one that is wanted. */
const expecting =
  (call: (n: number) => unknown, wanted: (n: number) => unknown) =>
  async (n: number): Promise<void> => {
    const [actual, expected] = [await call(n), wanted(n)];
    if (!isDeepStrictEqual(actual, expected))
      throw new Error(`wrong answer: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
  };

const inFlight = (call: (n: number) => unknown, lanes: number) => async (times: number) => {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < times) await call(next++);
  };
  await Promise.all(Array.from({ length: Math.min(lanes, times) }, lane));
};

const p50 = new Map<string, number>();

/** The first contender is what the others are compared with. */
async function table(title: string, contenders: readonly Contender[]): Promise<void> {
  const waits = await latencies(contenders);
  const rates = await compare(
    contenders.map(({ name, call, lanes }) => ({ name, run: inFlight(call, lanes) })),
    5,
    250,
  );
  const times = (a = Number.NaN, b = Number.NaN): string => `${(a / b).toFixed(2)}×`;
  printTable(
    title,
    ['', 'p50 µs', 'p95 µs', 'citadel is', 'in flight', 'calls/s', 'citadel is'],
    contenders.map(({ name, lanes }, i) => {
      const [wait, rate] = [waits[i], rates[i]];
      p50.set(`${title}/${name}`, wait?.p50Us ?? Number.NaN);
      return [
        name,
        (wait?.p50Us ?? Number.NaN).toFixed(1),
        (wait?.p95Us ?? Number.NaN).toFixed(1),
        times(wait?.p50Us, waits[0]?.p50Us),
        `${lanes}`,
        whole(rate?.perSecond ?? Number.NaN),
        times(rates[0]?.perSecond, rate?.perSecond),
      ];
    }),
  );
}

/** Both kinds of the peer's plugins, gone afterwards. */
async function withExtism(
  bytes: Bytes,
  callsPerReset: number,
  work: (inWorker: ExtismPlugin, inProcess: ExtismPlugin) => Promise<void>,
): Promise<void> {
  const module = new WebAssembly.Module(bytes);
  const inWorker = await extism(module, { runInWorker: true, callsPerReset });
  const inProcess = await extism(module, { runInWorker: false, callsPerReset });
  try {
    await work(inWorker, inProcess);
  } finally {
    await Promise.all([inWorker.end(), inProcess.end()]);
  }
}

async function fresh(): Promise<void> {
  const bare = bareWorkers(add, core);
  const sum = (call: (n: number) => unknown) => expecting(call, n => n + 1);
  const same = (call: (value: { value: number }) => unknown) =>
    expecting(
      n => call({ value: n }),
      n => ({ value: n }),
    );
  await table('add', [
    { name: 'citadel', call: sum(n => run({ code: add, input: [n, 1] })), lanes: LANES },
    { name: 'bare worker, fresh', call: sum(bare.add), lanes: LANES },
    { name: 'in this thread, fresh', call: sum(directAdd(add, true)), lanes: 1 },
    { name: 'in this thread, reused', call: sum(directAdd(add, false)), lanes: 1 },
  ]);
  await table('core, JSON in and out', [
    { name: 'citadel', call: same(input => run({ code: core, input })), lanes: LANES },
    { name: 'bare worker, fresh', call: same(bare.core), lanes: LANES },
    { name: 'in this thread, fresh', call: same(directCore(core)), lanes: 1 },
  ]);
  await bare.end();
}

async function vowels(): Promise<void> {
  const code = example('count-vowels');
  const count = (bytes: Uint8Array): unknown =>
    (JSON.parse(new TextDecoder().decode(bytes)) as { count: number }).count;
  const counted = (call: () => unknown) => expecting(call, () => VOWELS);
  const module = new WebAssembly.Module(code);
  const once = (runInWorker: boolean) => async () => {
    const plugin = await extism(module, { runInWorker, callsPerReset: 2 });
    const output = await plugin.call('count_vowels', TEXT);
    await plugin.end();
    return count(output);
  };
  await withExtism(code, 1_000, async (inWorker, inProcess) => {
    const theirs = (plugin: ExtismPlugin) =>
      counted(async () => count(await plugin.call('count_vowels', TEXT)));
    await table('count_vowels', [
      {
        name: 'citadel',
        call: counted(async () => ((await run({ code, input: TEXT })) as { count: number }).count),
        lanes: LANES,
      },
      { name: '@extism/extism, runInWorker, reused', call: theirs(inWorker), lanes: 1 },
      { name: '@extism/extism, in this thread, reused', call: theirs(inProcess), lanes: 1 },
      { name: '@extism/extism, runInWorker, fresh', call: counted(once(true)), lanes: 1 },
      { name: '@extism/extism, in this thread, fresh', call: counted(once(false)), lanes: 1 },
    ]);
  });
}

async function echo(): Promise<void> {
  const input = new Uint8Array(MiB).fill(120);
  const returned = (call: () => Promise<unknown>) =>
    expecting(
      async () => ((await call()) as Uint8Array).length,
      () => MiB,
    );
  for (const [title, code] of [
    ['echo of 1 MiB, by copy', echoByCopy],
    ['echo of 1 MiB, by place', echoByPlace],
  ] as const) {
    await withExtism(code, 8, async (inWorker, inProcess) => {
      const theirs = (plugin: ExtismPlugin) => returned(() => plugin.call('echo', input));
      await table(title, [
        { name: 'citadel', call: returned(() => run({ code, input, output: 'bytes' })), lanes: LANES },
        { name: '@extism/extism, runInWorker, reused', call: theirs(inWorker), lanes: 1 },
        { name: '@extism/extism, in this thread, reused', call: theirs(inProcess), lanes: 1 },
      ]);
    });
  }
}

async function wasi(): Promise<void> {
  const code = example('word-count');
  const input = { text: TEXT, top: 1 };
  const answered = (call: () => unknown) =>
    expecting(call, () => ({ words: 9, different: 8, top: [['the', 2]] }));
  const node = nodeWasi(code, input);
  await table('word-count, a WASI command', [
    { name: 'citadel', call: answered(() => run({ code, input })), lanes: LANES },
    { name: 'node:wasi in this thread, fresh', call: answered(() => node.call()), lanes: 1 },
  ]);
  node.end();
}

const TABLES: Readonly<Record<string, () => Promise<void>>> = { fresh, vowels, echo, wasi };
const [wanted] = process.argv.slice(2);
if (wanted !== undefined && !Object.hasOwn(TABLES, wanted)) {
  console.error(`Name one of ${Object.keys(TABLES).join(', ')}, or none for all`);
  process.exit(2);
}
console.log(`Node.js ${process.versions.node}, one cell; every figure is the median of its rounds`);
for (const [name, measure] of Object.entries(TABLES)) {
  if (wanted === undefined || wanted === name) await measure();
}
await sandbox.close();

/** What a native call is meant to cost, against what nobody can beat and what everybody uses. */
const AIMS = [
  {
    aim: 'a fresh call takes at most 1.5 × a bare worker’s',
    of: 'add/citadel',
    to: 'add/bare worker, fresh',
    most: 1.5,
  },
  {
    aim: 'the same with JSON in and out',
    of: 'core, JSON in and out/citadel',
    to: 'core, JSON in and out/bare worker, fresh',
    most: 1.5,
  },
  {
    aim: 'count_vowels takes at most a third of Extism’s in a worker',
    of: 'count_vowels/citadel',
    to: 'count_vowels/@extism/extism, runInWorker, reused',
    most: 1 / 3,
  },
];
console.log();
for (const { aim, of, to, most } of AIMS) {
  const ratio = (p50.get(of) ?? Number.NaN) / (p50.get(to) ?? Number.NaN);
  if (!Number.isNaN(ratio))
    console.log(`${ratio <= most ? 'holds' : 'DOES NOT HOLD'}: ${aim} (${ratio.toFixed(2)} ×)`);
}
