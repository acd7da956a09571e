/**
 * Makes the snapshot every guest starts from: runtime, context and platform in the memory of the metered engine, and
 * the addresses that the rewind needs. Addresses are found by calibration and hold for this very wasm only.
 */

import { Engine, PAGE_CLASSES } from '../src/runtimes/quickjs/engine.ts';
import { ENGINE_SHA256 } from '../src/runtimes/quickjs/engine-names.ts';
import { type Layout, Rewinder, STACK_BYTES } from '../src/runtimes/quickjs/image.ts';
import { ENTRY_NAMES, type EntryName, type SnapshotMeta } from '../src/runtimes/quickjs/machine.ts';
import { Values } from '../src/runtimes/quickjs/values.ts';
import type { GuestModule } from './build-cell.ts';
import { REJECTION_RECORD_BYTES } from './engine-hook.ts';

const MiB = 1024 * 1024;

interface Booted {
  readonly engine: Engine;
  readonly runtime: number;
  readonly context: number;
  readonly values: Values;
  readonly heapBase: number;
  /** Address of the runtime's rejection tracker; what it is called with follows. */
  readonly tracker: number;
}

const RUNTIME_WORDS = 256;

function words(engine: Engine, runtime: number): Uint32Array {
  return new Uint32Array(engine.memory.buffer.slice(runtime, runtime + RUNTIME_WORDS * 4));
}

/**
 * In the engine's JSRuntime: interrupt handler, its argument, rejection tracker, its argument, and the list of jobs, which
 * when empty points to itself twice.
 */
function findTracker(before: Uint32Array, after: Uint32Array, runtime: number): number {
  const changed = Array.from(before.keys()).filter(i => before[i] !== after[i]);
  const [handler = 0] = changed;
  const jobs = runtime + (handler + 4) * 4;
  if (
    changed.length !== 1 ||
    after[handler + 2] !== 0 ||
    after[handler + 4] !== jobs ||
    after[handler + 5] !== jobs
  )
    throw new Error('look at the engine: the rejection tracker is not where it was');
  return runtime + (handler + 2) * 4;
}

function boot(module: WebAssembly.Module): Booted {
  const engine: Engine = new Engine(module, PAGE_CLASSES[0] as number, 2048, {
    tick: () => {
      engine.fuel.value = 1_000_000;
    },
    callHost: () => {
      throw new Error(
        'the platform called the host while it was installed: the snapshot would not be reproducible',
      );
    },
    loadModule: () => null,
    memoryCeiling: wanted => wanted,
    rejection: () => {},
  });
  engine.fn.callCtors();
  const heapBase = engine.fn.stackSave();
  const runtime = engine.fn.QTS_NewRuntime();
  const context = engine.fn.QTS_NewContext(runtime, 0);
  const before = words(engine, runtime);
  engine.fn.QTS_RuntimeEnableInterruptHandler(runtime);
  const tracker = findTracker(before, words(engine, runtime), runtime);
  engine.fn.QTS_RuntimeEnableModuleLoader(runtime, 1);
  return { engine, runtime, context, values: new Values(engine, context), heapBase, tracker };
}

/** The static word that follows the end of the heap. */
function findBrk({ engine, heapBase }: Booted): number {
  const words = (): Uint32Array => new Uint32Array(engine.memory.buffer.slice(0, heapBase - STACK_BYTES));
  const before = words();
  engine.fn.malloc(3 * MiB);
  const middle = words();
  const second = engine.fn.malloc(2 * MiB);
  const after = words();
  const found: number[] = [];
  let highest = 0;
  for (let i = 0; i < before.length; i++) {
    const [b = 0, m = 0, a = 0] = [before[i], middle[i], after[i]];
    if (b <= heapBase || m - b < 3 * MiB - 65536 || a - m < 2 * MiB - 65536 || a < second + 2 * MiB) continue;
    if (a > highest) found.length = 0;
    highest = Math.max(highest, a);
    if (a === highest) found.push(i * 4);
  }
  const [address] = found;
  if (address === undefined || found.length !== 1)
    throw new Error(`the end of the heap has ${found.length} candidates`);
  return address;
}

/** xorshift64*, as QuickJS steps it. */
function nextRandom(state: bigint): bigint {
  let x = state;
  x ^= x >> 12n;
  x = BigInt.asUintN(64, x ^ (x << 25n));
  return x ^ (x >> 27n);
}

/** The 64-bit word that Math.random() steps. */
function findRandom({ engine, values, heapBase }: Booted): number {
  values.evaluate('Math.random()', 'calibrate', 0);
  const before = new BigUint64Array(engine.memory.buffer.slice(heapBase, heapBase + 8 * MiB));
  values.evaluate('Math.random()', 'calibrate', 0);
  const after = new BigUint64Array(engine.memory.buffer, heapBase, before.length);
  const found: number[] = [];
  before.forEach((state, i) => {
    if (state !== 0n && state !== after[i] && nextRandom(state) === after[i]) found.push(heapBase + i * 8);
  });
  const [address] = found;
  if (address === undefined || found.length !== 1)
    throw new Error(`the state of Math.random has ${found.length} candidates`);
  return address;
}

/** Defines one module at a time; the last one's exports are the entry. */
const REGISTRY = `(() => {
  const table = { __proto__: null };
  const require = path => table[path.slice(path.lastIndexOf('/') + 1)];
  return (name, factory) => {
    const exports = { __proto__: null };
    factory(require, exports);
    table[name] = exports;
    return exports;
  };
})()`;

export interface Snapshot {
  /** As src/runtimes/quickjs/program.ts reads it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly meta: SnapshotMeta;
}

export function buildSnapshot(
  wasm: Uint8Array<ArrayBuffer>,
  guest: readonly GuestModule[],
  rejectionHook: number,
): Snapshot {
  const module = new WebAssembly.Module(wasm);
  const scratch = boot(module);
  const randomWord = findRandom(scratch);
  const brkWord = findBrk(scratch);

  const { engine, runtime, context, values, heapBase, tracker } = boot(module);
  const { fn } = engine;
  if (fn.stackSave() !== heapBase) throw new Error('the stack pointer did not return');
  const text = (content: string): number => {
    const { pointer } = engine.allocate(content);
    const value = fn.QTS_NewString(context, pointer);
    fn.free(pointer);
    return value;
  };
  const name = engine.allocate('__host');
  const host = values.check(fn.QTS_NewFunction(context, name.pointer, 4, 0, 1));
  const global = fn.QTS_GetGlobalObject(context);
  fn.QTS_SetProp(context, global, text('__host'), host);
  const define = values.evaluate(REGISTRY, 'citadel:platform', 0);
  let main = 0;
  for (const { name: file, code } of guest) {
    const factory = values.evaluate(
      `(function(require, exports) {'use strict';${code}})`,
      'citadel:platform',
      0,
    );
    main = values.call(define, text(file), factory);
    values.free(factory);
  }
  const entry = values.property(main, 'entry');
  const functions = Object.fromEntries(
    ENTRY_NAMES.map(key => {
      const value = values.property(entry, key);
      if (values.typeOf(value) !== 'function') throw new Error(`the guest’s entry has no function ${key}`);
      return [key, value];
    }),
  ) as Record<EntryName, number>;

  const rejection = fn.malloc(REJECTION_RECORD_BYTES);
  engine.view.setUint32(tracker, rejectionHook, true);
  engine.view.setUint32(tracker + 4, rejection, true);
  // The engine seeds it from the clock, which would make every build another; every run writes a seed of its own.
  engine.view.setBigUint64(randomWord, 1n, true);
  const layout: Layout = { heapBase, brkWord, randomWord, stackPointer: heapBase };
  const image = new Rewinder(engine, layout).capture();
  const meta: SnapshotMeta = {
    engine: ENGINE_SHA256,
    layout,
    runtime,
    context,
    entry: functions,
    rejection,
    staticBytes: image.statics.length,
    heapBytes: image.heap.length,
  };
  const head = new TextEncoder().encode(JSON.stringify(meta));
  const bytes = new Uint8Array(4 + head.length + image.statics.length + image.heap.length);
  new DataView(bytes.buffer).setUint32(0, head.length, true);
  bytes.set(head, 4);
  bytes.set(image.statics, 4 + head.length);
  bytes.set(image.heap, 4 + head.length + image.statics.length);
  return { bytes, meta };
}
