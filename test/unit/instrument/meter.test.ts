import { describe, expect, test } from 'vitest';
import {
  bindTick,
  type FuelOptions,
  type InstrumentOptions,
  instrument,
  WasmFormatError,
} from '../../../src/instrument/index.ts';
import {
  body,
  custom,
  EMPTY,
  END,
  exported,
  functions,
  I32,
  i32,
  leb,
  name,
  section,
  type,
  vec,
  wasm,
} from './assemble.ts';
import { REAL_MODULES } from './real.ts';
import { ARGUMENTS, SAMPLES, SPIN } from './samples.ts';

type Run = (argument: number) => number;

const NATIVE: FuelOptions = {
  globalExport: 'fuel',
  width: 'i64',
  initial: 1e9,
  tick: { tableExport: 'tick' },
  charge: 'entries-and-loops',
};

/** Above 2^32 units: a bulk operation of impossible length then reaches its own trap, not the end of the fuel. */
const AMPLE: FuelOptions = { ...NATIVE, initial: 1e12 };

const VARIANTS: Readonly<Record<string, InstrumentOptions>> = {
  'without fuel': {},
  'i64, entries and loops': { fuel: AMPLE },
  'i32, entries and loops': { fuel: { ...NATIVE, width: 'i32' } },
  'i32, loops only': { fuel: { ...NATIVE, width: 'i32', charge: 'loops', maxRegionCost: 16 } },
  'clamped and stripped': { fuel: AMPLE, maxMemoryPages: 2, maxTableEntries: 10, stripCustomSections: true },
};

function start(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Exports {
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
}

/** What each sample answers for each argument, on a fresh instance; a trap is its message. */
function outcomes(bytes: Uint8Array<ArrayBuffer>): (readonly unknown[])[] {
  const module = new WebAssembly.Module(bytes);
  return SAMPLES.flatMap(({ label }) =>
    ARGUMENTS.filter(
      argument => (label !== 'nested' || argument >= 0) && (label !== 'recursive' || argument <= 20),
    ).map(argument => {
      const { exports } = new WebAssembly.Instance(module);
      try {
        const value = (exports[label] as Run)(argument);
        const memory = new Uint8Array((exports['memory'] as WebAssembly.Memory).buffer).slice(0, 1024);
        return [label, argument, value, memory.join()];
      } catch (error) {
        return [label, argument, String(error)];
      }
    }),
  );
}

describe('an instrumented module', () => {
  const plain = functions(...SAMPLES);

  test.each(Object.entries(VARIANTS))('answers as it did before: %s', (_, options) => {
    const { bytes } = instrument(plain, options);
    const before = outcomes(plain);
    expect(outcomes(bytes)).toEqual(before);
    expect(before.some(([, , result]: readonly unknown[]) => typeof result === 'number')).toBe(true);
    expect(before.some(([, , result]: readonly unknown[]) => String(result).startsWith('RuntimeError'))).toBe(
      true,
    );
  });

  test.each(Object.entries(REAL_MODULES))('validates with any options: %s', (_, module) => {
    const tooSmall = { maxMemoryPages: 4096, maxTableEntries: 10_000 };
    for (const options of [...Object.values(VARIANTS), { fuel: NATIVE, ...tooSmall }]) {
      const { bytes } = instrument(module, { ...options, ...('maxMemoryPages' in options ? tooSmall : {}) });
      expect(WebAssembly.validate(bytes)).toBe(true);
    }
  });

  test('keeps custom sections in their places, or none', () => {
    const module = wasm(custom('a'), section(1, vec([type([], [])])), custom('b'), custom('c'));
    const names = (options: InstrumentOptions): string[] => {
      const compiled = new WebAssembly.Module(instrument(module, options).bytes);
      return ['a', 'b', 'c'].filter(label => WebAssembly.Module.customSections(compiled, label).length === 1);
    };
    expect(names({ fuel: NATIVE })).toEqual(['a', 'b', 'c']);
    expect(names({ fuel: NATIVE, stripCustomSections: true })).toEqual([]);
  });

  test('gets the sections it had none of', () => {
    const { bytes } = instrument(wasm(), { fuel: NATIVE });
    expect(Object.keys(start(bytes)).sort()).toEqual(['fuel', 'tick']);
  });

  test('is copied byte for byte when nothing is asked for', () => {
    expect(instrument(plain, {}).bytes).toEqual(plain);
  });
});

describe('fuel', () => {
  const plain = functions(...SAMPLES, SPIN);
  const { bytes } = instrument(plain, { fuel: NATIVE });
  const spent = (label: string, argument: number): bigint => {
    const exports = start(bytes);
    const fuel = exports['fuel'] as WebAssembly.Global<'i64'>;
    const before = fuel.value;
    (exports[label] as Run)(argument);
    return before - fuel.value;
  };

  test('is the same on every run and grows with the work', () => {
    for (const label of ['nested', 'recursive', 'typedLoop']) {
      expect(spent(label, 20)).toBe(spent(label, 20));
      expect(spent(label, 20)).toBeGreaterThan(spent(label, 9));
    }
  });

  test('pays for bulk operations by their length', () => {
    // Two operations of 16,000 bytes more, at one unit for 16 bytes.
    expect(spent('bulk', 32_000) - spent('bulk', 16_000)).toBe(2n * 1000n);
  });

  test('is charged flat for growing, so that asking too much does not use it up', () => {
    expect(spent('grow', -1)).toBe(spent('grow', 1));
    // One grow may move the whole memory: a thousand plain instructions would be too cheap.
    expect(spent('grow', 1)).toBeGreaterThan(1000n);
  });

  test('counts what follows an inner loop once, however often that loop went round', () => {
    const countdown = (nops: number): Uint8Array<ArrayBuffer> => {
      const loop = [0x03, EMPTY, 0x20, 0, ...i32(1), 0x6b, 0x22, 0, 0x0d, 0, END];
      const code = [loop, new Array<number>(nops).fill(0x01)];
      return instrument(functions({ label: 'run', params: [I32], results: [], code }), { fuel: NATIVE })
        .bytes;
    };
    const cost = (nops: number, rounds: number): bigint => {
      const exports = start(countdown(nops));
      const fuel = exports['fuel'] as WebAssembly.Global<'i64'>;
      const before = fuel.value;
      (exports['run'] as (rounds: number) => void)(rounds);
      return before - fuel.value;
    };
    for (const rounds of [1, 2, 9]) expect(cost(50, rounds) - cost(0, rounds)).toBe(50n);
    expect(cost(0, 9) - cost(0, 8)).toBe(cost(0, 2) - cost(0, 1));
  });

  test('runs out into a trap when nobody is bound to the tick', () => {
    const exports = start(bytes);
    expect(() => (exports['spin'] as () => void)()).toThrow(WebAssembly.RuntimeError);
  });

  test('lets a throw from the tick stop a loop that calls nothing', () => {
    const exports = start(bytes);
    const fuel = exports['fuel'] as WebAssembly.Global<'i64'>;
    fuel.value = 1000n;
    let ticks = 0;
    bindTick(exports['tick'] as WebAssembly.Table, () => {
      if (++ticks === 5) throw new Error('deadline');
      fuel.value = 1000n;
    });
    expect(() => (exports['spin'] as () => void)()).toThrow('deadline');
    expect(ticks).toBe(5);
  });

  test('stays used up when the tick neither tops it up nor throws', () => {
    const exports = start(bytes);
    (exports['fuel'] as WebAssembly.Global<'i64'>).value = 0n;
    let ticks = 0;
    bindTick(exports['tick'] as WebAssembly.Table, () => void ticks++);
    expect(() => (exports['nested'] as Run)(5)).toThrow('unreachable');
    expect(() => (exports['nested'] as Run)(0)).toThrow('unreachable');
    expect(ticks).toBe(2);
  });

  test.each([
    ['memory.fill', [...i32(0), ...i32(0), ...i32(65_536), 0xfc, 11, 0]],
    ['memory.copy', [...i32(0), ...i32(0), ...i32(65_536), 0xfc, 10, 0, 0]],
    ['table.fill', [...i32(0), 0xd0, 0x70, ...i32(10), 0xfc, 17, 0]],
    ['memory.grow', [...i32(0), 0x40, 0, 0x1a]],
    ['table.grow', [0xd0, 0x70, ...i32(0), 0xfc, 15, 0, 0x1a]],
  ])('stops a loop around %s', (_, operation) => {
    const loop = { label: 'run', params: [], results: [], code: [[0x03, EMPTY, ...operation, 0x0c, 0, END]] };
    const metered = instrument(functions(loop), { fuel: { ...NATIVE, initial: 100_000 } });
    const exports = start(metered.bytes);
    bindTick(exports['tick'] as WebAssembly.Table, () => {
      throw new Error('deadline');
    });
    expect(() => (exports['run'] as () => void)()).toThrow('deadline');
  });

  test('stops recursion without a loop', () => {
    const calls = { label: 'run', params: [], results: [], code: [[0x10, 0, 0x10, 0]] };
    const exports = start(instrument(functions(calls), { fuel: { ...NATIVE, initial: 100 } }).bytes);
    bindTick(exports['tick'] as WebAssembly.Table, () => {
      throw new Error('deadline');
    });
    expect(() => (exports['run'] as () => void)()).toThrow('deadline');
  });

  test('calls an import with zeros, and leaves the dispatch loops of an interpreter', () => {
    const module = wasm(
      section(1, vec([type([I32, 0x7e], [I32]), type([], [])])),
      section(2, vec([[...name('env'), ...name('poll'), 0, 0]])),
      section(3, vec([leb(1), leb(1)])),
      section(7, vec([exported('metered', 0, 1), exported('skipped', 0, 2)])),
      section(
        10,
        vec([body([], [0x03, EMPTY, 0x0c, 0, END]), body([], [0x03, EMPTY, ...i32(0), 0x0e, 0, 1, END])]),
      ),
    );
    const { bytes: metered, stats } = instrument(module, {
      fuel: {
        ...NATIVE,
        width: 'i32',
        initial: 0,
        charge: 'loops',
        interpreters: new Set([2]),
        tick: { importModule: 'env', importName: 'poll' },
      },
    });
    expect(stats).toMatchObject({ functions: 2, loops: 2, skippedLoops: 1 });
    const seen: unknown[][] = [];
    const poll = (...values: unknown[]): number => {
      seen.push(values);
      throw new Error('stop');
    };
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(metered), { env: { poll } });
    expect(() => (exports['metered'] as () => void)()).toThrow('stop');
    (exports['skipped'] as () => void)();
    expect(seen).toEqual([[0, 0n]]);
  });

  test('refuses an option that does not fit the module as the caller’s mistake', () => {
    const tick = { importModule: 'env', importName: 'absent' };
    expect(() => instrument(plain, { fuel: { ...NATIVE, tick } })).toThrow(TypeError);
  });
});

describe('a module from a hostile author', () => {
  const refused = (module: Uint8Array<ArrayBuffer>, options: InstrumentOptions): string => {
    try {
      instrument(module, options);
    } catch (error) {
      if (error instanceof WasmFormatError) return `${error.refusal}: ${error.message}`;
      throw error;
    }
    return 'accepted';
  };
  const code = (...ops: readonly number[]): Uint8Array<ArrayBuffer> =>
    wasm(section(1, vec([type([], [])])), section(3, vec([leb(0)])), section(10, vec([body([], ops)])));

  test.each([
    ['the global appended for fuel', code(...i32(0), 0x24, 0)],
    ['the function appended for the tick', code(0x10, 1)],
    ['the type appended for the tick', code(0x02, 1, END)],
    ['the table appended for the tick', code(...i32(0), 0x11, 0, 0)],
    ['an export of the appended global', wasm(section(7, vec([exported('mine', 3, 0)])))],
  ])('cannot name %s', (_, module) => {
    expect(refused(module, { fuel: NATIVE })).toMatch(
      /^malformed: (?:the module does not validate|no such (?:global|type))/,
    );
  });

  test.each(['fuel', 'tick'])('cannot export the name %s itself', label => {
    const module = wasm(
      section(6, vec([[I32, 0, ...i32(0), END]])),
      section(7, vec([exported(label, 3, 0)])),
    );
    expect(refused(module, { fuel: NATIVE })).toContain('reserved');
  });

  test('cannot catch what the host throws: exception handling is refused unless allowed', () => {
    const module = code(0x06, EMPTY, 0x19, END);
    for (const options of [{}, { fuel: NATIVE }])
      expect(refused(module, options)).toContain('exception-handling');
    expect(refused(module, { fuel: NATIVE, allowExceptions: true })).toBe('accepted');
  });

  test('cannot use atomics unless allowed', () => {
    expect(refused(code(0xfe, 3, 0), { fuel: NATIVE })).toContain('an atomic instruction');
    expect(refused(code(0xfe, 3, 0), { fuel: NATIVE, allowAtomics: true })).toBe('accepted');
  });

  test.each([
    ['memory', wasm(section(5, vec([[0, 3]])))],
    ['memory', wasm(section(2, vec([[...name('m'), ...name('m'), 2, 0, 3]])))],
    ['table', wasm(section(4, vec([[0x70, 0, 3]])))],
    ['table', wasm(section(2, vec([[...name('m'), ...name('t'), 1, 0x70, 0, 3]])))],
  ])('cannot start with a %s above the ceiling', (_, module) => {
    expect(refused(module, { maxMemoryPages: 2, maxTableEntries: 2 })).toContain('limit: ');
    expect(refused(module, { maxMemoryPages: 3, maxTableEntries: 3 })).toBe('accepted');
  });

  test('cannot grow past the ceiling, whatever maximum it declares', () => {
    const module = wasm(
      section(
        4,
        vec([
          [0x70, 0, 1],
          [0x70, 1, 1, 2],
        ]),
      ),
      section(5, vec([[1, 1, ...leb(65_536)]])),
      section(7, vec([exported('t', 1, 0), exported('u', 1, 1), exported('m', 2, 0)])),
    );
    const exports = start(instrument(module, { maxMemoryPages: 3, maxTableEntries: 4 }).bytes);
    const memory = exports['m'] as WebAssembly.Memory;
    const [table, smaller] = [exports['t'] as WebAssembly.Table, exports['u'] as WebAssembly.Table];
    expect(memory.grow(2)).toBe(1);
    expect(() => memory.grow(1)).toThrow(RangeError);
    expect(table.grow(3)).toBe(1);
    expect(() => table.grow(1)).toThrow(RangeError);
    expect(smaller.grow(1)).toBe(1);
    expect(() => smaller.grow(1)).toThrow(RangeError);
  });
});
