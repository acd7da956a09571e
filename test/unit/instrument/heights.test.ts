import { describe, expect, test } from 'vitest';
import { ATOMIC_HEIGHTS, BULK_HEIGHTS, HEIGHTS, SIMD_HEIGHTS } from '../../../src/instrument/heights.ts';
import { WasmFormatError } from '../../../src/instrument/index.ts';
import { Op, skipAtomic, skipBulk, skipImmediates, skipSimd } from '../../../src/instrument/opcodes.ts';
import { Reader } from '../../../src/instrument/reader.ts';
import { body, END, I32, i32, leb, section, type, vec, wasm } from './assemble.ts';

/** One constant of each type: i32, i64, f32, f64, v128, and a function and an external reference that are null. */
const CONSTANTS: readonly (readonly number[])[] = [
  [0x41, 0],
  [0x42, 0],
  [0x43, 0, 0, 0, 0],
  [0x44, 0, 0, 0, 0, 0, 0, 0, 0],
  [0xfd, 12, ...new Array<number>(16).fill(0)],
  [0xd0, 0x70],
  [0xd0, 0x6f],
];

/** All lists of up to three of them. */
const OPERANDS: readonly (readonly number[][])[] = [0, 1, 2, 3].flatMap(count =>
  Array.from({ length: CONSTANTS.length ** count }, (_, n) =>
    Array.from({ length: count }, (_, i) => [
      ...(CONSTANTS[Math.floor(n / CONSTANTS.length ** i) % CONSTANTS.length] as number[]),
    ]),
  ),
);

function validates(code: readonly number[]): boolean {
  return WebAssembly.validate(
    wasm(
      section(1, vec([type([], [])])),
      section(3, vec([leb(0)])),
      section(4, vec([[0x70, 0, 1]])),
      section(5, vec([[0, 1]])),
      section(6, vec([[I32, 1, ...i32(0), END]])),
      section(7, vec([[1, 0x66, 0, 0]])),
      section(9, vec([[0, ...i32(0), END, 1, 0]])),
      section(12, leb(1)),
      section(10, vec([body([[1, I32]], code)])),
      section(11, vec([[1, 0]])),
    ),
  );
}

/** The instruction with immediates that are as good as any. */
function complete(opcode: readonly number[]): number[][] {
  return [[0], [1], [2], [3], [1, I32], [0x70]].flatMap(first => {
    const bytes = Uint8Array.from([...opcode, ...first, ...new Array<number>(32).fill(0)]);
    const reader = new Reader(bytes, 1, bytes.length);
    try {
      if (opcode[0] === Op.Bulk) skipBulk(reader);
      else if (opcode[0] === Op.Simd) skipSimd(reader);
      else if (opcode[0] === Op.Atomic) skipAtomic(reader);
      else skipImmediates(reader, opcode[0] as number);
    } catch (error) {
      if (error instanceof WasmFormatError) return [];
      throw error;
    }
    return [[...bytes.subarray(0, reader.pos)]];
  });
}

/** What the engine says the instruction does to the height, or undefined when it takes no operands we have. */
function engine(opcode: readonly number[]): number | undefined {
  for (const instruction of complete(opcode)) {
    // In code nobody reaches, any operands will do: so most bytes are found to be none without trying them all.
    const results = [0, 1].find(count =>
      validates([Op.Unreachable, ...instruction, ...new Array<number>(count).fill(Op.Drop)]),
    );
    if (results === undefined) continue;
    const drops = new Array<number>(results).fill(Op.Drop);
    const operands = OPERANDS.find(list => validates([...list.flat(), ...instruction, ...drops]));
    if (operands !== undefined) return results - operands.length;
  }
  return undefined;
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);
const numbered = (prefix: number, to: number): [number, number[]][] =>
  range(0, to).map(number => [number, [prefix, ...leb(number)]]);

describe('what instructions do to the height of the stack', () => {
  test.each<[string, Int8Array, [number, number[]][], number]>([
    // Jumps, blocks, calls and exceptions are not in the table.
    ['of one byte', HEIGHTS, range(Op.Drop, 0xd2).map(opcode => [opcode, [opcode]]), 170],
    ['bulk operations', BULK_HEIGHTS, numbered(Op.Bulk, 17), 18],
    ['vectors', SIMD_HEIGHTS, numbered(Op.Simd, 0x113), 250],
    ['atomics', ATOMIC_HEIGHTS, numbered(Op.Atomic, 0x4e), 60],
  ])('is what the engine takes: %s', (_, table, instructions, least) => {
    const known = instructions.flatMap(([index, opcode]) => {
      const height = engine(opcode);
      return height === undefined ? [] : [[index, height]];
    });
    expect(known.length).toBeGreaterThanOrEqual(least);
    expect(known.filter(([index, height]) => table[index as number] !== height)).toEqual([]);
  });
});
