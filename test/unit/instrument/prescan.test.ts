import { describe, expect, test, vi } from 'vitest';
import {
  DEFAULT_CAPS,
  instrument,
  prescan,
  WasmFormatError,
  type WasmRefusal,
} from '../../../src/instrument/index.ts';
import {
  body,
  custom,
  END,
  exported,
  functions,
  I32,
  I64,
  i32,
  leb,
  name,
  section,
  type,
  vec,
  wasm,
} from './assemble.ts';
import { QUICKJS, REAL_MODULES } from './real.ts';
import { SAMPLES } from './samples.ts';

function refusal(bytes: Uint8Array<ArrayBuffer>): WasmFormatError {
  try {
    prescan(bytes);
  } catch (error) {
    if (error instanceof WasmFormatError) return error;
    throw error;
  }
  throw new Error('not refused');
}

const ONE_FUNCTION = [section(1, vec([type([], [])])), section(3, vec([leb(0)]))];

describe('prescan', () => {
  test.each(Object.entries(REAL_MODULES))('reads %s as the platform does', (_, bytes) => {
    const module = prescan(bytes);
    const compiled = new WebAssembly.Module(bytes);
    const shape = (list: readonly { name: string; kind: string }[]): string[] =>
      list.map(entry => `${entry.kind} ${entry.name}`);
    expect(shape(module.imports)).toEqual(shape(WebAssembly.Module.imports(compiled)));
    expect(shape(module.exports)).toEqual(shape(WebAssembly.Module.exports(compiled)));
    expect(module.bodies.length).toBe(module.functions.length * 2);
    expect(module.functions.length).toBeGreaterThan(100);
  });

  test('reads every declaration of an assembled module', () => {
    const module = prescan(
      wasm(
        custom('first', [1, 2, 3]),
        section(1, vec([type([I32, I64], [I32]), type([], [])])),
        section(
          2,
          vec([
            [...name('m'), ...name('f'), 0, 1],
            [...name('m'), ...name('t'), 1, 0x70, 1, 3, 9],
            [...name('m'), ...name('mem'), 2, 0, 7],
            [...name('m'), ...name('g'), 3, I64, 0],
            [...name('m'), ...name('tag'), 4, 0, 1],
          ]),
        ),
        section(3, vec([leb(0)])),
        section(
          4,
          vec([
            [0x6f, 0, 2],
            [0x40, 0, 0x70, 1, 2, 4, 0xd0, 0x70, END],
          ]),
        ),
        section(13, vec([[0, 1]])),
        section(6, vec([[I32, 1, ...i32(-5), END]])),
        section(7, vec([exported('run', 0, 1)])),
        section(8, leb(0)),
        section(
          9,
          vec([
            [0, ...i32(0), END, ...vec([leb(1)])],
            [5, 0x70, ...vec([[0xd2, 1, END]])],
          ]),
        ),
        section(12, leb(1)),
        section(10, vec([body([[2, I32]], i32(1))])),
        section(11, vec([[0, ...i32(0), END, ...vec([[9], [8]])]])),
        custom('last'),
      ),
    );
    expect(module).toMatchObject({
      types: [
        { params: [I32, I64], results: [I32] },
        { params: [], results: [] },
      ],
      importCounts: { function: 1, table: 1, memory: 1, global: 1, tag: 1 },
      functions: [0],
      tables: [{ limits: { min: 2, max: undefined } }, { limits: { min: 2, max: 4 } }],
      globals: 1,
      tags: 1,
      exports: [{ name: 'run', kind: 'function', index: 1 }],
      start: 0,
      elementSegments: 2,
      dataSegments: 1,
    });
    expect(module.imports[2]).toMatchObject({
      kind: 'memory',
      limits: { min: 7, max: undefined, shared: false },
    });
    expect(module.sections.filter(entry => entry.id === 0).map(entry => entry.name)).toEqual([
      'first',
      'last',
    ]);
  });

  test.each<[string, Uint8Array<ArrayBuffer>, WasmRefusal, string]>([
    ['nothing', new Uint8Array(0), 'malformed', 'not a WebAssembly module'],
    ['text', new TextEncoder().encode('(module (func))'), 'malformed', 'not a WebAssembly module'],
    ['a component', Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0), 'unsupported', 'component'],
    ['a later version', Uint8Array.of(0, 0x61, 0x73, 0x6d, 2, 0, 0, 0), 'unsupported', 'version 2'],
    ['an unknown section', wasm([14, 0]), 'unsupported', 'unknown section 14'],
    ['a section past the end', wasm([1, 5, 0]), 'malformed', 'unexpected end'],
    ['a repeated section', wasm(section(1, [0]), section(1, [0])), 'malformed', 'repeated or out of order'],
    [
      'sections out of order',
      wasm(section(3, [0]), section(1, [0])),
      'malformed',
      'repeated or out of order',
    ],
    ['bytes left in a section', wasm(section(1, [0, 0])), 'malformed', 'left over'],
    ['fewer bodies than functions', wasm(...ONE_FUNCTION), 'malformed', '1 functions are declared and 0'],
    [
      'two memories',
      wasm(
        section(
          5,
          vec([
            [0, 1],
            [0, 1],
          ]),
        ),
      ),
      'limit',
      '2 memories, the cap is 1',
    ],
    ['a memory with 64-bit addresses', wasm(section(5, vec([[4, 1]]))), 'unsupported', '64-bit'],
    ['a shared memory', wasm(section(5, vec([[3, 1, 2]]))), 'unsupported', 'shared'],
    [
      'an imported and a defined memory',
      wasm(section(2, vec([[...name(''), ...name('m'), 2, 0, 1]])), section(5, vec([[0, 1]]))),
      'limit',
      '2 memories',
    ],
    ['a garbage-collected type', wasm(section(1, vec([[0x5f, 0]]))), 'unsupported', 'garbage-collected'],
    ['four thousand million types', wasm(section(1, leb(0xffffffff))), 'limit', '4294967295 types'],
    ['four thousand million exports', wasm(section(7, leb(0xffffffff))), 'limit', '4294967295 exports'],
    [
      'a table of initial entries past the cap',
      wasm(section(9, vec([[1, 0, ...leb(2 ** 31)]]))),
      'limit',
      'entries',
    ],
  ])('refuses %s', (_, bytes, kind, message) => {
    const error = refusal(bytes);
    expect(error.message).toContain(message);
    expect(error.refusal).toBe(kind);
    expect(error.offset).toBeLessThanOrEqual(bytes.length);
  });

  test('refuses every truncation of a module, at every length', () => {
    const bytes = functions(...SAMPLES);
    const accepted = Array.from({ length: bytes.length }, (_, length) => length).filter(length => {
      try {
        prescan(bytes.slice(0, length));
        return true;
      } catch (error) {
        expect(error).toBeInstanceOf(WasmFormatError);
        return false;
      }
    });
    // Only a cut between sections leaves something whole: before functions are declared, or once they have bodies.
    const ends = prescan(bytes).sections.map(entry => entry.end);
    expect(accepted).toEqual([8, ends[0], ends.at(-2)]);
  });

  test('refuses truncations of a real module', () => {
    for (let length = 0; length < QUICKJS.length; length += 997) {
      expect(() => prescan(QUICKJS.subarray(0, length))).toThrow(WasmFormatError);
    }
  });
});

describe('a module built to stall validation', () => {
  const locals = (perFunction: number, count: number): Uint8Array<ArrayBuffer> =>
    wasm(
      section(1, vec([type([], [])])),
      section(3, vec(Array.from({ length: count }, () => leb(0)))),
      section(10, vec(Array.from({ length: count }, () => body([[...leb(perFunction), I64]])))),
    );
  const signatures = wasm(
    section(1, vec(Array.from({ length: 200 }, () => type(new Array<number>(1000).fill(I32), [])))),
  );

  test.each<[string, Uint8Array<ArrayBuffer>, string]>([
    ['50,000 locals in each function', locals(50_000, 500), `50000 locals in one function, the cap is 10000`],
    ['2^32 locals', locals(0xffffffff, 1), 'locals in one function'],
    ['many locals in many functions', locals(9_999, 500), 'locals in all functions, the cap is 2000000'],
    ['signatures of 1,000 parameters', signatures, '1000 parameters in one signature, the cap is 128'],
  ])('is refused before the platform sees it: %s', (_, bytes, message) => {
    const validate = vi.spyOn(WebAssembly, 'validate');
    expect(() => instrument(bytes, {})).toThrow(message);
    expect(validate).not.toHaveBeenCalled();
    validate.mockRestore();
  });

  test('passes when the caller raises the cap', () => {
    expect(prescan(signatures, { ...DEFAULT_CAPS, params: 1000 }).types).toHaveLength(200);
  });
});
