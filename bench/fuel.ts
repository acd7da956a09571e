/**
 * What counting fuel costs a native plugin: five kernels and a worst case, the module as it came against the same module
 * metered, in turns in one process: `npm run bench:fuel`. No sandbox around either; both run in this thread.
 */
import { readFileSync } from 'node:fs';
import { assemble } from '../scripts/wat.ts';
import { FUEL_EXPORT, preparePlugin, TICK_EXPORT } from '../src/instrument/plugin/index.ts';
import { median, printTable } from './measure.ts';

const SLICE = 2_000_000;
const ROUNDS = 9;

const plain = new Uint8Array(readFileSync(new URL('kernels/kernels.wasm', import.meta.url)));
const adapter = await assemble('tick', '(module (import "e" "tick" (func $t)) (export "tick" (func $t)))');

type Kernel = (size: number) => number;
type Kernels = Readonly<Record<string, Kernel>>;

const kernelsOf = ({ exports }: WebAssembly.Instance): Kernels => exports as unknown as Kernels;

function metered(): { kernels: Kernels; spent(): number } {
  const { bytes } = preparePlugin(plain, { memoryPages: 1024, tableEntries: 1000 });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  const fuel = instance.exports[FUEL_EXPORT] as WebAssembly.Global;
  let spent = 0;
  const tick = (): void => {
    spent += SLICE - (fuel.value as number);
    fuel.value = SLICE;
  };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(adapter), { e: { tick } });
  (instance.exports[TICK_EXPORT] as WebAssembly.Table).set(0, exports['tick']);
  fuel.value = SLICE;
  return { kernels: kernelsOf(instance), spent: () => spent + SLICE - (fuel.value as number) };
}

const SIZES: Readonly<Record<string, number>> = {
  mandelbrot: 200,
  sha256: 20_000,
  sort: 200_000,
  fib: 30,
  sieve: 1_000_000,
  bytes: 400,
};

function time(kernel: Kernel, size: number): number {
  const start = performance.now();
  kernel(size);
  return performance.now() - start;
}

const before = kernelsOf(new WebAssembly.Instance(new WebAssembly.Module(plain)));
const after = metered();
const rows: string[][] = [];
const ratios: number[] = [];
for (const [name, size] of Object.entries(SIZES)) {
  const [a, b] = [before[name] as Kernel, after.kernels[name] as Kernel];
  const start = after.spent();
  if (a(size) !== b(size)) throw new Error(`${name}: another result`);
  const fuel = after.spent() - start;
  for (let i = 0; i < 3; i++) {
    a(size);
    b(size);
  }
  const plainMs: number[] = [];
  const meteredMs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    plainMs.push(time(a, size));
    meteredMs.push(time(b, size));
  }
  const ratio = median(meteredMs) / median(plainMs);
  if (name !== 'bytes') ratios.push(ratio);
  rows.push([
    name,
    median(plainMs).toFixed(2),
    median(meteredMs).toFixed(2),
    `${ratio.toFixed(2)}×`,
    fuel.toLocaleString('en'),
  ]);
}
printTable('What fuel costs', ['kernel', 'plain ms', 'metered ms', 'ratio', 'fuel'], rows);
const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
console.log(`geometric mean of the five without the worst case: ${mean.toFixed(2)}×`);
