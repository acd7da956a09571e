import releaseSync from '@jitl/quickjs-wasmfile-release-sync';
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSSyncVariant,
  type QuickJSWASMModule,
} from 'quickjs-emscripten-core';
import { describe, expect, test } from 'vitest';
import { buildMeteredEngine } from '../../../scripts/build-engine.ts';
import { addRejectionHook } from '../../../scripts/engine-hook.ts';
import { deriveEngineNames } from '../../../scripts/engine-names.ts';
import { ENGINE_IMPORTS, FUEL_EXPORT } from '../../../src/runtimes/quickjs/engine-names.ts';
import { QUICKJS } from './real.ts';

const SLICE = 1_000_000;
const metered = buildMeteredEngine();

interface Loaded {
  readonly quickjs: QuickJSWASMModule;
  /** Slices used up so far; the tick throws when it reaches the limit. */
  slices: number;
  limit: number;
}

async function load(wasm: Uint8Array<ArrayBuffer>): Promise<Loaded> {
  const state = { slices: 0, limit: Number.POSITIVE_INFINITY };
  const instantiateWasm = (
    imports: Record<string, Record<string, (...values: number[]) => unknown>>,
    onSuccess: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
  ): WebAssembly.Exports => {
    const table = imports['a'] ?? {};
    const poll = table[ENGINE_IMPORTS.shouldInterrupt];
    table[ENGINE_IMPORTS.shouldInterrupt] = (runtime: number) => {
      if (runtime !== 0) return poll?.(runtime);
      if (++state.slices > state.limit) throw new Error('out of slices');
      (instance.exports[FUEL_EXPORT] as WebAssembly.Global).value = SLICE;
      return 0;
    };
    const module = new WebAssembly.Module(wasm);
    const instance = new WebAssembly.Instance(module, imports as WebAssembly.Imports);
    onSuccess(instance, module);
    return instance.exports;
  };
  // The package's declarations describe its CommonJS face.
  const variant = newVariant(releaseSync as unknown as QuickJSSyncVariant, {
    emscriptenModule: { instantiateWasm } as never,
  });
  return Object.assign(state, {
    quickjs: await newQuickJSWASMModuleFromVariant(variant as QuickJSSyncVariant),
  });
}

const PROGRAMS: Readonly<Record<string, string>> = {
  sort: `let r = 1; const a = Array.from({ length: 20000 }, () => (r = (r * 1103515245 + 12345) & 0x7fffffff)); a.sort((x, y) => x - y)[77]`,
  regexp: `[...'The quick brown fox jumps over the lazy dog '.repeat(200).matchAll(/([a-z]+)\\s/g)].length`,
  json: `JSON.stringify(JSON.parse(JSON.stringify(Array.from({ length: 2000 }, (_, i) => ({ i, s: 'x' + i / 3 }))))).length`,
  bigint: `(3n ** 2000n).toString()`,
  bytes: `const u = new Uint8Array(100000).fill(7); u.copyWithin(5, 1); u.reduce((a, b) => a + b)`,
};

/** Programs that spend their whole time in one native loop of the engine, where it polls nothing itself. */
const ENDLESS: Readonly<Record<string, string>> = {
  'a sparse search': `Array.prototype.indexOf.call({ length: 2 ** 52 }, 1)`,
  'copies of a large array': `const u = new Uint8Array(1 << 20); for (;;) u.copyWithin(1, 0)`,
  'a backtracking expression': `/^(a+)+$/.test('a'.repeat(60) + 'b')`,
};

describe('the metered engine', () => {
  test('is the same bytes on every build, and skips the interpreter’s dispatch alone', () => {
    expect(buildMeteredEngine().bytes).toEqual(metered.bytes);
    expect(metered.stats).toMatchObject({ bytesIn: addRejectionHook(QUICKJS).bytes.length });
    expect(metered.stats.skippedLoops).toBeGreaterThan(0);
    expect(metered.stats.skippedLoops).toBeLessThan(20);
    expect(metered.stats.loops - metered.stats.skippedLoops).toBeGreaterThan(1000);
  });

  test('answers as the plain engine does, for the same fuel each time', async () => {
    const run = async (wasm: Uint8Array<ArrayBuffer>): Promise<unknown[]> => {
      const engine = await load(wasm);
      return Object.values(PROGRAMS).map(source => {
        const context = engine.quickjs.newContext();
        const value = context.dump(context.unwrapResult(context.evalCode(source)));
        context.dispose();
        return [value, engine.slices];
      });
    };
    const first = await run(metered.bytes);
    expect(await run(metered.bytes)).toEqual(first);
    const values = (list: unknown[]): unknown[] => list.map(entry => (entry as unknown[])[0]);
    expect(values(await run(QUICKJS))).toEqual(values(first));
    expect((first.at(-1) as number[])[1]).toBeGreaterThan(0);
  });

  test.each(Object.entries(ENDLESS))(
    'is stopped inside %s by a throw from the interrupt import',
    async (_, source) => {
      const engine = await load(metered.bytes);
      const context = engine.quickjs.newContext();
      engine.limit = engine.slices + 20;
      expect(() => context.evalCode(source)).toThrow('out of slices');
    },
  );
});

describe('the names of the engine’s imports and exports', () => {
  test('are refused when the glue was generated differently', () => {
    expect(() => deriveEngineNames('var x = 1')).toThrow(
      /pattern for 'import table' matched 0 times, wanted 1/,
    );
  });
});
