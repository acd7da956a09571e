/**
 * How each instruction changes the number of operands on the stack. What a platform's compiler does at a branch grows with
 * the operands below it, so the walk has to know how many there are. Branches, blocks and calls are not in here.
 */
import { BulkOp } from './opcodes.ts';

function fill(
  size: number,
  changes: Readonly<Record<string, readonly (number | readonly [number, number])[]>>,
): Int8Array {
  const table = new Int8Array(size);
  for (const [change, ranges] of Object.entries(changes)) {
    for (const range of ranges) {
      const [from, to] = typeof range === 'number' ? [range, range] : range;
      table.fill(Number(change), from, to + 1);
    }
  }
  return table;
}

/** By opcode of one byte. */
export const HEIGHTS: Int8Array = fill(256, {
  '1': [0x20, 0x23, 0x3f, [0x41, 0x44], 0xd0, 0xd2],
  '-1': [
    // drop, local.set, global.set
    ...[0x1a, 0x21, 0x24],
    // comparisons and arithmetic on two operands
    ...([
      [0x46, 0x4f],
      [0x51, 0x66],
      [0x6a, 0x78],
      [0x7c, 0x8a],
      [0x92, 0x98],
      [0xa0, 0xa6],
    ] as const),
  ],
  // select, table.set, stores
  '-2': [0x1b, 0x1c, 0x26, [0x36, 0x3e]],
});

/** By number after the bulk prefix. */
export const BULK_HEIGHTS: Int8Array = fill(32, {
  '1': [BulkOp.TableSize],
  '-1': [BulkOp.TableGrow],
  '-3': [
    BulkOp.MemoryInit,
    BulkOp.MemoryCopy,
    BulkOp.MemoryFill,
    BulkOp.TableInit,
    BulkOp.TableCopy,
    BulkOp.TableFill,
  ],
});

/** By number after the vector prefix. */
export const SIMD_HEIGHTS: Int8Array = fill(0x114, {
  '1': [12],
  '-1': [
    // shuffle, swizzle, replace_lane, comparisons, bitwise
    ...([13, 14, 23, 26, 28, 30, 32, 34, [35, 76], [78, 81], [84, 87]] as const),
    // i8x16
    ...([101, 102, [107, 115], [118, 121], 123] as const),
    // i16x8, i32x4, i64x2
    ...([130, 133, 134, [139, 147], [149, 153], [155, 159], [171, 186], [188, 191], [203, 223]] as const),
    // f32x4, f64x2, relaxed
    ...([[228, 235], [240, 247], 0x100, [0x10d, 0x112]] as const),
  ],
  // stores, bitselect, fused and relaxed operations on three operands
  '-2': [11, 82, [88, 91], [0x105, 0x10c], 0x113],
});

/** By number after the atomic prefix. */
export const ATOMIC_HEIGHTS: Int8Array = fill(0x50, {
  '-1': [0, [0x1e, 0x47]],
  '-2': [1, 2, [0x17, 0x1d], [0x48, 0x4e]],
});
