/** Caps on what only the walk through function bodies sees, and on totals. Each module is let in by one cap, and by none lower. */
import { describe, expect, test, vi } from 'vitest';
import { instrument, type ModuleCaps, WasmFormatError } from '../../../src/instrument/index.ts';
import { body, EMPTY, END, exported, I32, i32, leb, section, type, vec, wasm } from './assemble.ts';

const times = (count: number, bytes: readonly number[]): number[] =>
  Array.from({ length: count }, () => bytes).flat();

/** Functions of type () → () with these bodies, and a memory. */
const functions = (...bodies: readonly number[][]): Uint8Array<ArrayBuffer> =>
  wasm(
    section(1, vec([type([], []), type(times(9, [I32]), [])])),
    section(3, vec(bodies.map(() => leb(0)))),
    section(4, vec([[0x70, 0, 1]])),
    section(5, vec([[0, 1]])),
    section(10, vec(bodies)),
  );

const BRANCH = [...i32(0), 0x0d, 0];
const LOOP = [0x03, EMPTY, END];
const FILL = [...times(3, i32(0)), 0xfc, 11, 0];
/** 100 values on the stack while a branch is passed, ten times; then the values go. */
const HIGH = body([], [...times(100, i32(0)), ...times(10, BRANCH), ...times(100, [0x1a])]);
const WIDE = body([[100, I32]], times(10, BRANCH));

describe('what a module has at most', () => {
  test.each<[string, keyof ModuleCaps, Uint8Array<ArrayBuffer>, number]>([
    [
      'blocks inside one another',
      'nesting',
      functions(body([], times(50, [0x02, EMPTY]), times(50, [END]))),
      51,
    ],
    [
      'labels of br_tables',
      'labels',
      functions(...times(2, [0]).map(() => body([], [...i32(0), 0x0e, ...leb(200), ...times(201, [0])]))),
      402,
    ],
    ['loops in one function', 'functionPoints', functions(body([], times(50, LOOP))), 51],
    ['bulk operations in one function', 'functionPoints', functions(body([], times(50, FILL))), 51],
    ['loops in all functions', 'points', functions(...Array.from({ length: 20 }, () => body([], LOOP))), 40],
    ['branches among locals', 'weight', functions(WIDE), 1_212],
    ['branches above operands', 'weight', functions(HIGH), 1_012],
    ['calls among locals', 'weight', functions(body([[100, I32]], times(10, [0x10, 0]))), 1_212],
    ['branches in all functions', 'totalWeight', functions(WIDE, WIDE, HIGH), 3_436],
    [
      'parameters of calls that are never reached',
      'weight',
      functions(body([], [0x00, ...times(20, [0x11, 1, 0])])),
      563,
    ],
    [
      'bytes in all names',
      'totalNameBytes',
      wasm(section(5, vec([[0, 1]])), section(7, vec([exported('aaaa', 2, 0), exported('bbbb', 2, 0)]))),
      10,
    ],
    [
      'bytes in one constant',
      'constantBytes',
      wasm(section(6, vec([[I32, 0, ...i32(0), ...times(30, [...i32(1), 0x6a]), END]]))),
      92,
    ],
  ])('is bounded: %s', (_, cap, bytes, least) => {
    const validate = vi.spyOn(WebAssembly, 'validate');
    const accepts = (limit: number): boolean => {
      try {
        instrument(bytes, { caps: { [cap]: limit } });
        return true;
      } catch (error) {
        expect(error).toBeInstanceOf(WasmFormatError);
        expect((error as WasmFormatError).refusal).toBe('limit');
        return false;
      }
    };
    let [low, high] = [1, 1_000_000];
    expect([accepts(low), validate.mock.calls.length]).toEqual([false, 0]);
    expect(accepts(high)).toBe(true);
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (accepts(middle)) high = middle;
      else low = middle;
    }
    // The smallest cap that lets it in says how it is counted.
    expect(high).toBe(least);
    validate.mockRestore();
  });
});
