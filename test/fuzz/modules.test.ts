/**
 * Random modules and broken ones: `npm run fuzz`. CITADEL_FUZZ_MODULES (default 20,000) and CITADEL_FUZZ_SEED choose how
 * many and which. The oracles: what is refused is refused in one of our words; what is let in validates when it is metered;
 * metered, it ends within the ticks its fuel allows; it computes what it computed as it came, and spends the same fuel twice.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { assemble } from '../../scripts/wat.ts';
import { createSandbox, ERROR_TABLE } from '../../src/index.ts';
import {
  FUEL_EXPORT,
  preparePlugin,
  refusalOf,
  START_EXPORT,
  TICK_EXPORT,
} from '../../src/instrument/plugin/index.ts';
import { endlessModule, generator, mutated, validModule } from './modules/generate.ts';

const RUNS = Number(process.env['CITADEL_FUZZ_MODULES'] ?? 20_000);
const SEED = Number(process.env['CITADEL_FUZZ_SEED'] ?? 1);
const MOST_SLICES = 100;
const LIMITS = { memoryPages: 16, tableEntries: 1000 };
const REFUSALS = ['WASM_INVALID', 'IMPORT_DENIED', 'MEMORY_LIMIT'];

const adapter = new WebAssembly.Module(
  await assemble('tick', '(module (import "e" "tick" (func $t)) (export "tick" (func $t)))'),
);

class OutOfFuel {}

interface Ended {
  readonly said: string;
  readonly fuel: number;
  readonly ticks: number;
  readonly memory: string;
}

const hash = (bytes: Uint8Array): string => {
  let sum = 0;
  for (const byte of bytes) sum = (Math.imul(sum, 31) + byte) | 0;
  return `${bytes.length}:${sum}`;
};

/** Calls `run` and says what came of it, the same for both kinds of module. */
function call(exports: WebAssembly.Exports, before: () => void): { said: string; memory: string } {
  const memory = (): string => {
    const found = exports['memory'];
    return found instanceof WebAssembly.Memory ? hash(new Uint8Array(found.buffer)) : '';
  };
  try {
    before();
    const run = exports['run'];
    const result = typeof run === 'function' ? (run as (n: number) => unknown)(5) : undefined;
    return { said: String(result), memory: memory() };
  } catch (error) {
    if (error instanceof OutOfFuel) return { said: 'out of fuel', memory: '' };
    // A recursion that overflows does so a little earlier or later when it is metered.
    if (error instanceof RangeError) return { said: 'stack', memory: '' };
    return {
      said: error instanceof WebAssembly.RuntimeError ? error.message : 'another error',
      memory: memory(),
    };
  }
}

function asItCame(bytes: Uint8Array<ArrayBuffer>): { said: string; memory: string } {
  try {
    return call(new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports, () => {});
  } catch (error) {
    // A start function trapped.
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    return { said: error.message, memory: 'start' };
  }
}

function metered(bytes: Uint8Array<ArrayBuffer>, slice: number, slices: number): Ended {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  const global = exports[FUEL_EXPORT] as WebAssembly.Global;
  let ticks = 0;
  let fuel = 0;
  const tick = (): void => {
    fuel += slice - (global.value as number);
    global.value = slice;
    if (++ticks > slices) throw new OutOfFuel();
  };
  const { exports: adapted } = new WebAssembly.Instance(adapter, { e: { tick } });
  (exports[TICK_EXPORT] as WebAssembly.Table).set(0, adapted['tick']);
  global.value = slice;
  const start = exports[START_EXPORT] as (() => void) | undefined;
  let started = true;
  const { said, memory } = call(exports, () => {
    started = start === undefined;
    start?.();
    started = true;
  });
  return { said, memory: started ? memory : 'start', fuel: fuel + slice - (global.value as number), ticks };
}

/** Anything but our own refusals goes through. */
function prepare(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | null {
  try {
    return preparePlugin(bytes, LIMITS).bytes;
  } catch (error) {
    expect(REFUSALS).toContain(refusalOf(error).code);
    return null;
  }
}

const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('random modules', () => {
  it(`compute the same when they are metered, ${RUNS} of them from seed ${SEED}`, {
    timeout: 3_600_000,
  }, () => {
    const random = generator(SEED);
    let trapped = 0;
    let worked = 0;
    let long = 0;
    for (let n = 0; n < RUNS; n++) {
      const bytes = validModule(random);
      const note = `module ${n} of seed ${SEED}: ${toHex(bytes)}`;
      expect(WebAssembly.validate(bytes), `the generator made it wrong: ${note}`).toBe(true);
      const prepared = prepare(bytes);
      if (prepared === null) throw new Error(`refused: ${note}`);
      expect(WebAssembly.validate(prepared), note).toBe(true);
      const first = metered(prepared, 1_000_000, MOST_SLICES);
      // Loops inside loops around bulk operations: too long to be compared, and rare.
      if (first.said === 'out of fuel') {
        long++;
        continue;
      }
      expect({ said: first.said, memory: first.memory }, note).toEqual(asItCame(bytes));
      if (first.said === 'stack') continue;
      const trap = Number.isNaN(Number(first.said));
      if (trap) trapped++;
      else worked++;
      // In other slices, the same fuel. A trap inside a loop hides what was spent of the slice, but always as much.
      const second = metered(prepared, trap ? 1_000_000 : 977, 1_000_000);
      expect(second.fuel, note).toBe(first.fuel);
      // One unit less is not enough, unless it was a trap that ended it.
      if (first.fuel > 1 && !trap)
        expect(metered(prepared, first.fuel - 1, 0).said, note).toBe('out of fuel');
    }
    // A generator whose modules all trap at once would prove little.
    expect(worked).toBeGreaterThan(RUNS / 4);
    expect(trapped).toBeGreaterThan(0);
    expect(long).toBeLessThan(RUNS / 100 + 1);
  });

  it(`that never end are stopped, ${Math.ceil(RUNS / 4)} of them from seed ${SEED}`, {
    timeout: 3_600_000,
  }, () => {
    const random = generator(SEED + 3);
    let stopped = 0;
    for (let n = 0; n < RUNS / 4; n++) {
      const bytes = endlessModule(random);
      const note = `endless module ${n} of seed ${SEED}: ${toHex(bytes)}`;
      const prepared = prepare(bytes);
      if (prepared === null) throw new Error(`refused: ${note}`);
      const first = metered(prepared, 50_000, 5);
      expect(first.ticks, note).toBeLessThanOrEqual(6);
      if (first.said === 'stack') continue;
      if (first.said === 'out of fuel') stopped++;
      expect(metered(prepared, 50_000, 5), note).toEqual(first);
    }
    expect(stopped).toBeGreaterThan(RUNS / 16);
  });

  it(`that are broken are refused, or bounded, ${RUNS} of them from seed ${SEED}`, {
    timeout: 3_600_000,
  }, () => {
    const random = generator(SEED + 1);
    let accepted = 0;
    for (let n = 0; n < RUNS; n++) {
      const bytes = mutated(random, validModule(random));
      const note = `mutant ${n} of seed ${SEED}: ${toHex(bytes)}`;
      let prepared: Uint8Array<ArrayBuffer> | null;
      try {
        prepared = prepare(bytes);
      } catch (cause) {
        throw new Error(note, { cause });
      }
      if (prepared === null) continue;
      accepted++;
      expect(WebAssembly.validate(prepared), note).toBe(true);
      if (WebAssembly.Module.imports(new WebAssembly.Module(prepared)).length > 0) continue;
      try {
        const { ticks } = metered(prepared, 100_000, 20);
        expect(ticks, note).toBeLessThanOrEqual(21);
      } catch (error) {
        // Segments out of bounds.
        if (!(error instanceof WebAssembly.RuntimeError)) throw new Error(note, { cause: error });
      }
    }
    expect(accepted).toBeGreaterThan(RUNS / 100);
  });
});

describe('random modules in the sandbox', () => {
  const limits = { timeoutMs: 100, memoryBytes: 1024 * 1024, fuel: 5_000_000, concurrency: 1 };
  const sandbox = createSandbox({ policy: { limits } });
  afterAll(() => sandbox.close());
  const count = Math.ceil(RUNS / 10);

  it(`end as documented, ${count} of them from seed ${SEED}`, { timeout: 3_600_000 }, async () => {
    const random = generator(SEED + 2);
    for (let n = 0; n < count; n++) {
      const valid = validModule(random);
      const code = random(2) === 0 ? valid : mutated(random, valid);
      const note = `module ${n} of seed ${SEED}: ${toHex(code)}`;
      const result = await sandbox.run({ runtime: 'wasm', code, entry: 'run', input: [5] });
      expect(result.report.terminated, note).toBe(false);
      expect(result.report.usage.memoryBytes ?? 0, note).toBeLessThanOrEqual(limits.memoryBytes);
      expect(result.report.usage.fuel ?? 0, note).toBeLessThanOrEqual(limits.fuel);
      if (result.success) continue;
      expect(Object.keys(ERROR_TABLE), note).toContain(result.error.code);
      expect(['guest', 'limit', 'policy', 'caller'], note).toContain(result.error.fault);
    }
    const healthy = await sandbox.run({
      runtime: 'wasm',
      code: validModule(generator(1)),
      entry: 'run',
      input: [1],
    });
    expect(healthy.report.usage.fuel).toBeGreaterThan(0);
  });
});
