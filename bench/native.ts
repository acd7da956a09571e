/**
 * Calls of a native plugin, side by side with the peers in one process: `npm run bench:native`. The plugin is the Extism
 * plugin of the examples, the same bytes for everyone; a bare worker that is posted to and instantiates a module for each
 * message is what any worker-based sandbox pays at least.
 */
import { readFileSync } from 'node:fs';
import { WASI } from 'node:wasi';
import { Worker } from 'node:worker_threads';
import createPlugin from '@extism/extism';
import { assemble } from '../scripts/wat.ts';
import { createSandbox } from '../src/index.ts';
import { type Contender, compare, printTable, whole } from './measure.ts';

const native = (name: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(new URL(`../examples/native/${name}/${name}.wasm`, import.meta.url)));

const TEXT = 'The quick brown fox jumps over the lazy dog';
const VOWELS = 11;
const vowels = native('count-vowels');
const words = native('word-count');
const add = await assemble(
  'add',
  '(module (memory 1) (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))',
);
const echo = await assemble(
  'echo',
  `(module
    (import "extism:host/env" "input_length" (func $length (result i64)))
    (import "extism:host/env" "input_offset" (func $offset (result i64)))
    (import "extism:host/env" "output_set" (func $output (param i64 i64)))
    (memory (export "memory") 1)
    (func (export "echo") (result i32) (call $output (call $offset) (call $length)) (i32.const 0)))`,
);
const MEGABYTE = new Uint8Array(1_000_000).fill(120);

const sandbox = createSandbox({
  policy: { limits: { concurrency: 1, queueLength: 100_000, inputBytes: 4_000_000, outputBytes: 4_000_000 } },
});

function must(holds: boolean, what: unknown): void {
  if (!holds) throw new Error(`wrong answer: ${JSON.stringify(what)}`);
}

async function ours(): Promise<void> {
  const result = await sandbox.run({ runtime: 'wasm', code: vowels, input: TEXT });
  must(result.success && (result.data as { count: number }).count === VOWELS, result);
}
async function oursAdd(n: number): Promise<void> {
  const result = await sandbox.run({ runtime: 'wasm', code: add, input: [n, 1] });
  must(result.success && result.data === n + 1, result);
}
async function oursEcho(): Promise<void> {
  const result = await sandbox.run({ runtime: 'wasm', code: echo, input: MEGABYTE, output: 'bytes' });
  must(
    result.success && (result.data as Uint8Array).length === MEGABYTE.length,
    result.success || result.error,
  );
}
async function oursWords(): Promise<void> {
  const result = await sandbox.run({ runtime: 'wasm', code: words, input: { text: TEXT, top: 1 } });
  must(result.success, result);
}

const one =
  (work: (n: number) => unknown) =>
  async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) await work(i);
  };
const many =
  (work: (n: number) => Promise<void>, width: number) =>
  async (times: number): Promise<void> => {
    let next = 0;
    await Promise.all(
      Array.from({ length: width }, async () => {
        while (next < times) await work(next++);
      }),
    );
  };

const manifest = (data: Uint8Array) => ({ wasm: [{ data }] });
/** What the plugin logs is taken and thrown away, as a sandbox without a listener does. */
const silent = { ...console, trace() {}, debug() {}, log() {}, info() {}, warn() {}, error() {} };
const options = { useWasi: false, logger: silent };
const inProcess = await createPlugin(manifest(vowels), options);
const inWorker = await createPlugin(manifest(vowels), { ...options, runInWorker: true });
const echoInProcess = await createPlugin(manifest(echo), options);
const echoInWorker = await createPlugin(manifest(echo), { ...options, runInWorker: true });
/** Its exchange memory grows with every call, and its addresses stop being valid after some ten thousand. */
const CALLS_PER_RESET = 1_000;
let calls = 0;
const rest = async (plugin: typeof inProcess): Promise<void> => {
  if (++calls % CALLS_PER_RESET === 0) await plugin.reset();
};
const peer = (plugin: typeof inProcess) => async (): Promise<void> => {
  await rest(plugin);
  const output = await plugin.call('count_vowels', TEXT);
  must(output?.json().count === VOWELS, output?.text());
};
const peerEcho = (plugin: typeof inProcess) => async (): Promise<void> => {
  await rest(plugin);
  const output = await plugin.call('echo', MEGABYTE);
  must(output?.bytes().length === MEGABYTE.length, output?.bytes().length);
};

/** What nobody who uses a worker can be faster than: a message there, a fresh instance, a message back. */
const bare = new Worker(
  `const { parentPort, workerData } = require('node:worker_threads');
   const module = new WebAssembly.Module(workerData);
   parentPort.on('message', n => parentPort.postMessage(new WebAssembly.Instance(module).exports.add(n, 1)));`,
  { eval: true, workerData: add },
);
const waiting: ((sum: number) => void)[] = [];
bare.on('message', (sum: number) => waiting.shift()?.(sum));
const bareAdd = (n: number): Promise<void> =>
  new Promise(resolve => {
    waiting.push(sum => {
      must(sum === n + 1, sum);
      resolve();
    });
    bare.postMessage(n);
  });

const compiled = new WebAssembly.Module(add);
const directAdd = (n: number): void => {
  const { exports } = new WebAssembly.Instance(compiled);
  must((exports['add'] as (a: number, b: number) => number)(n, 1) === n + 1, n);
};
const compiledWords = new WebAssembly.Module(words);
function nodeWasi(): void {
  // Its input and output are the process's own: it is only started, and fails for want of JSON.
  const wasi = new WASI({ version: 'preview1', returnOnExit: true, stdin: 9999, stdout: 9999, stderr: 9999 });
  const imports = wasi.getImportObject() as WebAssembly.Imports;
  wasi.start(new WebAssembly.Instance(compiledWords, imports));
}

await Promise.all([ours(), oursAdd(1), oursEcho(), oursWords()]);

async function table(title: string, contenders: readonly Contender[]): Promise<void> {
  const figures = await compare(contenders);
  const [first] = figures;
  printTable(
    title,
    ['', 'calls/s', 'µs a call', 'citadel is'],
    figures.map(({ name, perSecond }) => [
      name,
      whole(perSecond),
      (1e6 / perSecond).toFixed(1),
      `${((first?.perSecond ?? 0) / perSecond).toFixed(2)}×`,
    ]),
  );
}

await table('add(i32, i32), a fresh instance each time', [
  { name: 'citadel, 1 in flight', run: one(oursAdd) },
  { name: 'citadel, 64 in flight', run: many(oursAdd, 64) },
  { name: 'bare worker, 1 in flight', run: one(bareAdd) },
  { name: 'bare worker, 64 in flight', run: many(bareAdd, 64) },
  { name: 'in this thread, no sandbox', run: one(directAdd) },
]);
await table('count_vowels, an Extism plugin', [
  { name: 'citadel, fresh, 1 in flight', run: one(ours) },
  { name: 'citadel, fresh, 64 in flight', run: many(ours, 64) },
  { name: '@extism/extism in a worker', run: one(peer(inWorker)) },
  { name: '@extism/extism in process', run: one(peer(inProcess)) },
]);
await table('echo of 1 MB, an Extism plugin', [
  { name: 'citadel, fresh', run: one(oursEcho) },
  { name: '@extism/extism in a worker', run: one(peerEcho(echoInWorker)) },
  { name: '@extism/extism in process', run: one(peerEcho(echoInProcess)) },
]);
await table('a WASI command (121 KB of Rust)', [
  { name: 'citadel, with JSON in and out', run: one(oursWords) },
  { name: 'node:wasi in this thread', run: one(nodeWasi) },
]);

await Promise.all([
  sandbox.close(),
  inWorker.close(),
  inProcess.close(),
  echoInWorker.close(),
  echoInProcess.close(),
  bare.terminate(),
]);
