import { describe, expect, test } from 'vitest';
import { WasmFormatError } from '../../../src/instrument/index.ts';
import { Op, skipAtomic, skipBulk, skipImmediates, skipSimd } from '../../../src/instrument/opcodes.ts';
import { Reader } from '../../../src/instrument/reader.ts';
import { body, EMPTY, END, exported, I32, i32, leb, section, type, vec, wasm } from './assemble.ts';

/** No proposal gives this byte a meaning. */
const INVALID = 0x27;

/** Blocks an instruction must stand in to be legal. */
const CONTEXT: Readonly<Record<number, readonly number[]>> = {
  [0x05]: [0x00, 0x04, EMPTY],
  [0x0b]: [0x02, EMPTY],
  [0x07]: [0x06, EMPTY],
  [0x18]: [0x06, EMPTY],
  [0x19]: [0x06, EMPTY],
  [0x09]: [0x06, EMPTY, 0x19],
};

/** Length the walker gives the instruction when what follows are these bytes; undefined when it knows no such one. */
function ours(opcode: readonly number[], immediates: readonly number[]): number | undefined {
  const bytes = Uint8Array.from([...opcode, ...immediates]);
  const reader = new Reader(bytes, 1, bytes.length);
  try {
    if (opcode[0] === Op.Bulk) skipBulk(reader);
    else if (opcode[0] === Op.Simd) skipSimd(reader);
    else if (opcode[0] === Op.Atomic) skipAtomic(reader);
    else skipImmediates(reader, opcode[0] as number);
    return reader.pos;
  } catch (error) {
    if (error instanceof WasmFormatError && error.refusal === 'unsupported') return undefined;
    throw error;
  }
}

/** Where the engine finds the first invalid opcode in `code`, as an offset into it; undefined when elsewhere. */
function engine(code: readonly number[]): number | undefined {
  const head = [
    section(1, vec([type([], [])])),
    section(3, vec([leb(0)])),
    section(4, vec([[0x70, 0, 1]])),
    section(5, vec([[0, 1]])),
    section(13, vec([[0, 0]])),
    section(6, vec([[I32, 1, ...i32(0), END]])),
    section(7, vec([exported('f', 0, 0)])),
    section(9, vec([[0, ...i32(0), END, 1, 0]])),
    section(12, leb(1)),
  ];
  const contents = vec([body([[1, I32]], code)]);
  const start = wasm(...head).length + section(10, contents).length - code.length - 1;
  try {
    new WebAssembly.Module(wasm(...head, section(10, contents), section(11, vec([[1, 0]]))));
    return undefined;
  } catch (error) {
    const found = /invalid (?:opcode|.* opcode|numeric index).*@\+(\d+)/i.exec(String(error));
    return found ? Number(found[1]) - start : undefined;
  }
}

/** True when the engine steps over the instruction and stumbles over the byte right behind the length we gave it. */
function agreesOnLength(opcode: readonly number[]): boolean {
  const context = [...(CONTEXT[opcode[0] as number] ?? []), 0x00];
  // Atomic accesses want one exact alignment, a typed select one type.
  const immediates = [[0], [1], [2], [3], [1, I32]].map(first => [
    ...first,
    ...new Array<number>(64).fill(0),
  ]);
  return immediates.some(bytes => {
    const length = ours(opcode, bytes) as number;
    const code = [...context, ...[...opcode, ...bytes].slice(0, length)];
    return engine([...code, INVALID]) === code.length;
  });
}

function opcodes(prefix: number, from: number, to: number): (readonly [string, readonly number[]])[] {
  return Array.from({ length: to - from + 1 }, (_, i) => {
    const number = from + i;
    return [`0x${prefix.toString(16)} ${number}`, [prefix, ...leb(number)]] as const;
  });
}

const ALL = [
  ...Array.from({ length: 0xfb }, (_, i) => [`0x${i.toString(16)}`, [i]] as const),
  ...opcodes(Op.Bulk, 0, 40),
  ...opcodes(Op.Simd, 0, 0x180),
  ...opcodes(Op.Atomic, 0, 0x60),
];
const KNOWN = ALL.filter(([, opcode]) => ours(opcode, new Array<number>(64).fill(0)) !== undefined);

describe('the opcode tables', () => {
  test('know every instruction of WebAssembly 2.0, vectors, atomics and exceptions included', () => {
    expect(KNOWN.length).toBeGreaterThan(500);
  });

  test('give each known instruction the length the engine gives it', () => {
    const wrong = KNOWN.filter(([, opcode]) => !agreesOnLength(opcode)).map(([label]) => label);
    expect(wrong).toEqual([]);
  });

  test.each([
    ['a reserved byte', [INVALID]],
    ['garbage-collected objects', [0xfb]],
    ['a prefix nobody uses', [0xff]],
    ['a number past saturating and bulk instructions', [0xfc, 18]],
    ['a hole in the vector instructions', [0xfd, 0x9a, 0x01]],
    ['a number past the vector instructions', [0xfd, 0x94, 0x02]],
    ['a hole in the atomic instructions', [0xfe, 0x04]],
  ])('refuse %s', (_, opcode) => {
    expect(ours(opcode, new Array<number>(64).fill(0))).toBeUndefined();
  });
});
