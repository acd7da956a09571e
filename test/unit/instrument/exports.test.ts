import { describe, expect, test } from 'vitest';
import { bindTick, type FuelOptions, instrument, WasmFormatError } from '../../../src/instrument/index.ts';
import { body, END, exported, I32, i32, leb, name, section, type, vec, wasm } from './assemble.ts';

const FUEL: FuelOptions = {
  globalExport: 'fuel',
  width: 'i32',
  initial: 0,
  tick: { tableExport: 'tick' },
  charge: 'entries-and-loops',
};

/** A memory, and a start function that writes 7 into it; the function is `written` as well when asked for. */
function starting(...exports: readonly number[][]): Uint8Array<ArrayBuffer> {
  return wasm(
    section(1, vec([type([], [])])),
    section(3, vec([leb(0)])),
    section(5, vec([[0, 1]])),
    section(7, vec(exports)),
    section(8, leb(0)),
    section(10, vec([body([], [...i32(0), ...i32(7), 0x36, 2, 0])])),
  );
}

const firstByte = (memory: unknown): number | undefined =>
  new Uint8Array((memory as WebAssembly.Memory).buffer)[0];

function run(bytes: Uint8Array<ArrayBuffer>, imports?: WebAssembly.Imports): WebAssembly.Exports {
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports;
}

describe('a start function', () => {
  const module = starting(exported('memory', 2, 0));

  test('runs on its own when nothing is asked for, and traps: no tick is bound yet', () => {
    expect(instrument(module, {}).startExported).toBe(false);
    expect(firstByte(run(instrument(module, {}).bytes)['memory'])).toBe(7);
    expect(() => run(instrument(module, { fuel: FUEL }).bytes)).toThrow(WebAssembly.RuntimeError);
  });

  test('waits under the name it is given until the tick is bound', () => {
    const { bytes, startExported } = instrument(module, { fuel: FUEL, startExport: 'begin' });
    expect(startExported).toBe(true);
    const exports = run(bytes);
    expect(firstByte(exports['memory'])).toBe(0);
    let ticks = 0;
    bindTick(exports['tick'] as WebAssembly.Table, () => {
      ticks++;
      (exports['fuel'] as WebAssembly.Global).value = 1000;
    });
    (exports['begin'] as () => void)();
    expect(firstByte(exports['memory'])).toBe(7);
    expect(ticks).toBe(1);
  });

  test('may be an import', () => {
    const imported = wasm(
      section(1, vec([type([], [])])),
      section(2, vec([[...name('m'), ...name('f'), 0, 0]])),
      section(8, leb(0)),
    );
    let calls = 0;
    const { bytes, startExported } = instrument(imported, { fuel: FUEL, startExport: 'begin' });
    const exports = run(bytes, { m: { f: () => void calls++ } });
    expect([startExported, calls]).toEqual([true, 0]);
    (exports['begin'] as () => void)();
    expect(calls).toBe(1);
  });

  test('is not made up for a module that has none', () => {
    const { bytes, startExported } = instrument(wasm(), { startExport: 'begin' });
    expect(startExported).toBe(false);
    expect(run(bytes)).toEqual({});
  });

  test('of a wrong type, or that is not there, is refused though its section is left out', () => {
    const wrong = (params: number[], index: number): Uint8Array<ArrayBuffer> =>
      wasm(
        section(1, vec([type(params, [])])),
        section(3, vec([leb(0)])),
        section(8, leb(index)),
        section(10, vec([body([])])),
      );
    expect(() => instrument(wrong([I32], 0), { startExport: 'begin' })).toThrow(WasmFormatError);
    expect(() => instrument(wrong([], 1), { startExport: 'begin' })).toThrow(WasmFormatError);
  });

  test('does not yield its name to the module, start function or not', () => {
    const options = { startExport: 'begin' };
    expect(() => instrument(starting(exported('begin', 2, 0)), options)).toThrow('reserved');
    const none = wasm(
      section(6, vec([[I32, 0, ...i32(0), END]])),
      section(7, vec([exported('begin', 3, 0)])),
    );
    expect(() => instrument(none, options)).toThrow('reserved');
  });
});

describe('a memory', () => {
  test('is exported under the name asked for as well', () => {
    const exports = run(instrument(starting(exported('mine', 2, 0)), { memoryExport: 'ours' }).bytes);
    expect(exports['ours']).toBe(exports['mine']);
    expect(run(instrument(wasm(), { memoryExport: 'ours' }).bytes)).toEqual({});
    expect(() => instrument(starting(exported('ours', 2, 0)), { memoryExport: 'ours' })).toThrow('reserved');
  });
});
