/**
 * The import firewall against an attacker who controls the engine's memory and its calls: every import that is not open,
 * and every function of the engine's table, called with arguments no program would pass. Nothing but what is
 * documented comes out, and nothing outside the engine changes.
 */
import { readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { Aborted, Engine, type EngineHooks, Exit, Violation } from '../../../src/runtimes/pyodide/engine.ts';
import {
  CLOSED,
  FUNCTION_MODULES,
  NULL_ADDRESSES,
  OPEN,
  REFUSED,
  unclassified,
} from '../../../src/runtimes/pyodide/imports.ts';
import { readSnapshot } from '../../../src/runtimes/pyodide/snapshot.ts';
import { createSystem } from '../../../src/runtimes/pyodide/system.ts';

class Stop {}

const built = (name: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(
    inflateRawSync(readFileSync(new URL(`../../../dist/engines/pyodide/${name}.bin`, import.meta.url))),
  );

let module: WebAssembly.Module;
const snapshot = readSnapshot(built('snapshot'));
const stdlib = built('stdlib');
const LIMITS = { mounts: [], fileBytes: 1_000_000, fileCount: 100, openFiles: 16 };

beforeAll(async () => {
  module = await WebAssembly.compile(built('wasm'));
});

interface Trial {
  readonly engine: Engine;
  readonly imports: Record<string, Record<string, (...args: unknown[]) => unknown>>;
}

/** An engine in the state every run begins with, and what it was given to call. */
function start(): Trial {
  let slices = 0;
  const files = createSystem({ stdlib, wheels: new Map() }, new Map(), LIMITS, {
    now: () => 0,
    output: () => {},
    random: bytes => new Uint8Array(bytes),
    deny: () => {},
    sleep: () => {},
    net: { read: () => 0, write: bytes => bytes.length },
  });
  const hooks: EngineHooks = {
    tick: () => {
      if (slices++ > 20) throw new Stop();
      trial.engine.fuel.value = 1_000_000;
    },
    files: () => files,
    random: bytes => new Uint8Array(bytes),
    now: () => 0,
    monotonic: () => 0,
    environment: () => [],
    memoryCeiling: () => 64 * 1024 * 1024,
  };
  let imports: Trial['imports'] = {};
  const { Instance } = WebAssembly;
  WebAssembly.Instance = class extends Instance {
    constructor(made: WebAssembly.Module, given?: WebAssembly.Imports) {
      super(made, given);
      imports = given as unknown as Trial['imports'];
    }
  };
  let trial: Trial;
  try {
    const engine = new Engine(module, hooks);
    trial = { engine, imports };
  } finally {
    WebAssembly.Instance = Instance;
  }
  trial.engine.fuel.value = 1_000_000;
  snapshot.fill(trial.engine.guest.bytes);
  return trial;
}

const WILD = [0, 1, -1, 7, 0x7fff_ffff, -0x8000_0000, 65_536, 1 << 24];
/** As an `i32` for most, and as whatever else a parameter may be. */
const wildly = (call: (...args: unknown[]) => unknown, seed: number, kind: 'number' | 'bigint'): unknown => {
  const args = Array.from({ length: 8 }, (_, i) => {
    const value = WILD[(seed * 31 + i * 17) % WILD.length] as number;
    return kind === 'bigint' && i % 2 === 1 ? BigInt(value) : value;
  });
  return call(...args);
};

const isOwn = (error: unknown): boolean =>
  error instanceof Violation || error instanceof Exit || error instanceof Aborted || error instanceof Stop;

describe('the imports', () => {
  it('are all classified, each in one list', () => {
    expect(unclassified(WebAssembly.Module.imports(module))).toEqual([]);
    const names = [...Object.keys(OPEN), ...Object.keys(REFUSED), ...CLOSED];
    expect(new Set(names).size).toBe(names.length);
    const imported = new Set(WebAssembly.Module.imports(module).map(({ name }) => name));
    expect(names.filter(name => !imported.has(name))).toEqual([]);
  });

  it('that nobody classified are noticed', () => {
    const more = [
      ...WebAssembly.Module.imports(module),
      { module: 'env', name: 'emscripten_run_script', kind: 'function' as const },
    ];
    expect(unclassified(more)).toEqual(['env.emscripten_run_script (function)']);
    expect(unclassified([{ module: 'evil', name: 'fd_read', kind: 'function' }])).toHaveLength(1);
    expect(unclassified([{ module: 'env', name: 'memory', kind: 'memory' }])).toHaveLength(1);
  });

  it('lead to no object of JavaScript: their tables have no prototype, their addresses are null', () => {
    const { imports } = start();
    expect(Object.getPrototypeOf(imports)).toBe(null);
    for (const name of FUNCTION_MODULES) expect(Object.getPrototypeOf(imports[name])).toBe(null);
    for (const global of Object.values(imports[NULL_ADDRESSES] ?? {}))
      expect((global as unknown as WebAssembly.Global).value).toBe(0);
  });

  it('that are closed end the run, whatever they are called with', () => {
    const { imports } = start();
    for (const name of CLOSED) {
      for (let seed = 0; seed < 4; seed++)
        expect(() => wildly(imports['env']?.[name] as () => unknown, seed, 'number'), name).toThrow(
          Violation as never,
        );
    }
  });

  it('that are refused answer a number or nothing, and no object', () => {
    const { imports } = start();
    for (const name of Object.keys(REFUSED)) {
      const answer = wildly(imports['env']?.[name] as () => unknown, 1, 'number');
      expect(answer === null || typeof answer === 'number', name).toBe(true);
    }
  });

  it('that are open answer a number or nothing for wild arguments, or end the run', () => {
    const outcomes = new Map<string, number>();
    for (const name of Object.keys(OPEN)) {
      const { engine, imports } = start();
      const call = (imports['env']?.[name] ?? imports['wasi_snapshot_preview1']?.[name]) as (
        ...args: unknown[]
      ) => unknown;
      for (let seed = 0; seed < 64; seed++) {
        for (const kind of ['number', 'bigint'] as const) {
          engine.fuel.value = 1_000_000;
          let outcome = 'answer';
          try {
            const answer = wildly(call, seed, kind);
            expect(['number', 'bigint', 'undefined'], name).toContain(typeof answer);
          } catch (error) {
            // A BigInt where a number belongs cannot come from WebAssembly, which has types; its TypeError says nothing.
            const known =
              isOwn(error) ||
              error instanceof WebAssembly.RuntimeError ||
              error instanceof TypeError ||
              error instanceof RangeError ||
              error instanceof SyntaxError;
            expect(known, `${name}: ${String(error)}`).toBe(true);
            outcome = 'end';
          }
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        }
      }
      expect(engine.guest.bytes.length).toBeLessThanOrEqual(64 * 1024 * 1024);
    }
    expect(outcomes.get('answer')).toBeGreaterThan(1000);
  });
});

describe('the function table', () => {
  it('leads nowhere else, whichever of its functions is called with whatever', () => {
    let trial = start();
    const table = (): WebAssembly.Table => trial.engine.table;
    const { length } = table();
    expect(length).toBeGreaterThan(5000);
    const ends = new Map<string, number>();
    const names = Object.getOwnPropertyNames(globalThis).length;
    for (let index = 0; index < length; index += 3) {
      const entry = table().get(index) as ((...args: unknown[]) => unknown) | null;
      if (entry === null) continue;
      let end = 'answer';
      trial.engine.fuel.value = 1_000_000;
      try {
        const answer = wildly(entry, index, 'number');
        expect(['number', 'bigint', 'undefined', 'object']).toContain(typeof answer);
        if (typeof answer === 'object') expect(answer).toBe(null);
      } catch (error) {
        if (error instanceof Violation) end = 'violation';
        else if (isOwn(error)) end = 'stop';
        else if (error instanceof WebAssembly.RuntimeError || error instanceof WebAssembly.Exception)
          end = 'trap';
        else if (error instanceof RangeError) end = 'stack';
        else if (error instanceof TypeError) end = 'type';
        else expect(error).toBe(null);
      }
      ends.set(end, (ends.get(end) ?? 0) + 1);
      // What is in memory now is anything: the next call starts from the beginning again, now and then.
      if (end !== 'answer' && index % 7 === 0) snapshot.restore(trial.engine.guest.bytes);
      if (index % 999 === 0) trial = start();
    }
    expect([...ends.values()].reduce((sum, n) => sum + n, 0)).toBeGreaterThan(1500);
    expect(ends.get('violation')).toBeGreaterThan(10);
    expect(Object.getOwnPropertyNames(globalThis).length).toBe(names);
  });
});
