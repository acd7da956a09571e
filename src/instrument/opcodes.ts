/**
 * What follows each opcode. A byte that is not in these tables is refused: an instruction whose length is unknown
 * cannot be stepped over, and one whose meaning is unknown cannot be bounded.
 */
import { malformed, unsupported } from './errors.ts';
import type { Reader } from './reader.ts';
import { skipHeapType, skipValueType } from './types.ts';

export const Op = {
  Unreachable: 0x00,
  Block: 0x02,
  Loop: 0x03,
  If: 0x04,
  Else: 0x05,
  Try: 0x06,
  Catch: 0x07,
  Throw: 0x08,
  Rethrow: 0x09,
  ThrowRef: 0x0a,
  End: 0x0b,
  Br: 0x0c,
  BrIf: 0x0d,
  BrTable: 0x0e,
  Return: 0x0f,
  Call: 0x10,
  CallIndirect: 0x11,
  ReturnCall: 0x12,
  ReturnCallIndirect: 0x13,
  CallRef: 0x14,
  ReturnCallRef: 0x15,
  Delegate: 0x18,
  CatchAll: 0x19,
  Drop: 0x1a,
  TryTable: 0x1f,
  LocalGet: 0x20,
  LocalSet: 0x21,
  LocalTee: 0x22,
  GlobalGet: 0x23,
  GlobalSet: 0x24,
  MemoryGrow: 0x40,
  I32Const: 0x41,
  I64Const: 0x42,
  I32LtS: 0x48,
  I64LtS: 0x53,
  I32Sub: 0x6b,
  I32ShrU: 0x76,
  I64Sub: 0x7d,
  I64ShrU: 0x88,
  I64ExtendI32U: 0xad,
  BrOnNull: 0xd5,
  BrOnNonNull: 0xd6,
  Bulk: 0xfc,
  Simd: 0xfd,
  Atomic: 0xfe,
} as const;

/** Second opcode after {@link Op.Bulk}. */
export const BulkOp = {
  MemoryInit: 8,
  DataDrop: 9,
  MemoryCopy: 10,
  MemoryFill: 11,
  TableInit: 12,
  ElemDrop: 13,
  TableCopy: 14,
  TableGrow: 15,
  TableSize: 16,
  TableFill: 17,
} as const;

/** What stands for the type of a block without results, and of one with a single result. */
export const NO_RESULT = -1;
export const ONE_RESULT = -2;

/** Kinds of immediates, as stored in the table. 0 is "unknown opcode". The walk steps over the first ones by itself. */
export const NONE = 1;
export const INDEX = 2;
export const MEMARG = 3;
export const LEB32 = 4;
export const LEB64 = 5;
export const FOUR_BYTES = 6;
export const EIGHT_BYTES = 7;
export const LAST_PLAIN: number = EIGHT_BYTES;
const TWO_INDICES = 8;
const BLOCK_TYPE = 9;
const BR_TABLE = 10;
const TYPES = 11;
const HEAP_TYPE = 12;
const TRY_TABLE = 13;

function buildTable(): Uint8Array {
  const table = new Uint8Array(256);
  const set = (kind: number, ...ranges: readonly (readonly [number, number])[]): void => {
    for (const [from, to] of ranges) table.fill(kind, from, to + 1);
  };
  set(NONE, [0x00, 0x01], [0x05, 0x05], [0x0a, 0x0b], [0x0f, 0x0f], [0x19, 0x1b], [0x45, 0xc4]);
  set(NONE, [0xd1, 0xd1], [0xd4, 0xd4]);
  set(BLOCK_TYPE, [0x02, 0x04], [0x06, 0x06]);
  set(INDEX, [0x07, 0x09], [0x0c, 0x0d], [0x10, 0x10], [0x12, 0x12], [0x14, 0x15], [0x18, 0x18]);
  set(INDEX, [0x20, 0x26], [0x3f, 0x40], [0xd2, 0xd2], [0xd5, 0xd6]);
  set(TWO_INDICES, [0x11, 0x11], [0x13, 0x13]);
  set(BR_TABLE, [0x0e, 0x0e]);
  set(TYPES, [0x1c, 0x1c]);
  set(TRY_TABLE, [0x1f, 0x1f]);
  set(MEMARG, [0x28, 0x3e]);
  set(LEB32, [0x41, 0x41]);
  set(LEB64, [0x42, 0x42]);
  set(FOUR_BYTES, [0x43, 0x43]);
  set(EIGHT_BYTES, [0x44, 0x44]);
  set(HEAP_TYPE, [0xd0, 0xd0]);
  return table;
}

export const IMMEDIATES: Uint8Array = buildTable();

/** Numbers inside the vector range that no instruction has. */
const SIMD_HOLES: ReadonlySet<number> = new Set([
  0x9a, 0xa2, 0xa5, 0xa6, 0xaf, 0xb0, 0xb2, 0xb3, 0xb4, 0xbb, 0xc2, 0xc5, 0xc6, 0xcf, 0xd0, 0xd2, 0xd3, 0xd4,
  0xe2, 0xee,
]);
const LAST_SIMD = 0x113;

function hex(value: number): string {
  return `0x${value.toString(16).padStart(2, '0')}`;
}

function skipMemarg(reader: Reader): void {
  // Bit 6 of the alignment announces a memory index.
  if (reader.u32() & 0x40) reader.u32();
  reader.skipLeb(10);
}

/** Steps over a block's type: the index of a signature, or one of the two numbers above. */
export function readBlockType(reader: Reader): number {
  const first = reader.peek();
  if (first === 0x40) {
    reader.skip(1);
    return NO_RESULT;
  }
  // A negative one-byte number is a value type; anything else is a type index as a signed 33-bit number.
  if (first >= 0x40 && first <= 0x7f) {
    skipValueType(reader);
    return ONE_RESULT;
  }
  const at = reader.pos;
  reader.skipLeb(5);
  const end = reader.pos;
  reader.pos = at;
  // Positive, so its bytes read the same without a sign.
  const index = reader.u32();
  reader.pos = end;
  return index;
}

/** Steps over what follows the block type of a `try_table`. */
export function skipCatchClauses(reader: Reader): void {
  const clauses = reader.u32();
  for (let i = 0; i < clauses; i++) {
    const at = reader.pos;
    const kind = reader.u8();
    if (kind > 3) malformed(`unknown catch clause ${kind}`, at);
    if (kind < 2) reader.u32();
    reader.u32();
  }
}

function skipLabels(reader: Reader): void {
  const labels = reader.u32();
  for (let i = 0; i <= labels; i++) reader.u32();
}

/** Steps over the immediates of a one-byte `opcode` that was just read. */
export function skipImmediates(reader: Reader, opcode: number): void {
  switch (IMMEDIATES[opcode]) {
    case NONE:
      return;
    case INDEX:
      reader.u32();
      return;
    case MEMARG:
      skipMemarg(reader);
      return;
    case LEB32:
      reader.skipLeb(5);
      return;
    case LEB64:
      reader.skipLeb(10);
      return;
    case BLOCK_TYPE:
      readBlockType(reader);
      return;
    case TWO_INDICES:
      reader.u32();
      reader.u32();
      return;
    case FOUR_BYTES:
      reader.skip(4);
      return;
    case EIGHT_BYTES:
      reader.skip(8);
      return;
    case BR_TABLE:
      skipLabels(reader);
      return;
    case TYPES: {
      const count = reader.u32();
      for (let i = 0; i < count; i++) skipValueType(reader);
      return;
    }
    case HEAP_TYPE:
      skipHeapType(reader);
      return;
    case TRY_TABLE:
      readBlockType(reader);
      skipCatchClauses(reader);
      return;
    default:
      unsupported(`unknown opcode ${hex(opcode)}`, reader.pos - 1);
  }
}

/** Reads the number and immediates after {@link Op.Bulk}; returns the number. */
export function skipBulk(reader: Reader): number {
  const at = reader.pos;
  const number = reader.u32();
  if (number <= 7) return number; // saturating truncations
  switch (number) {
    case BulkOp.MemoryInit:
    case BulkOp.MemoryCopy:
    case BulkOp.TableInit:
    case BulkOp.TableCopy:
      reader.u32();
      reader.u32();
      return number;
    case BulkOp.DataDrop:
    case BulkOp.MemoryFill:
    case BulkOp.ElemDrop:
    case BulkOp.TableGrow:
    case BulkOp.TableSize:
    case BulkOp.TableFill:
      reader.u32();
      return number;
    default:
      return unsupported(`unknown opcode 0xfc ${number}`, at);
  }
}

/** Reads the number and immediates after {@link Op.Simd}; returns the number. */
export function skipSimd(reader: Reader): number {
  const at = reader.pos;
  const number = reader.u32();
  if (number > LAST_SIMD || SIMD_HOLES.has(number)) unsupported(`unknown opcode 0xfd ${number}`, at);
  if (number <= 11 || number === 92 || number === 93) skipMemarg(reader);
  else if (number === 12 || number === 13) reader.skip(16);
  else if (number >= 21 && number <= 34) reader.skip(1);
  else if (number >= 84 && number <= 91) {
    skipMemarg(reader);
    reader.skip(1);
  }
  return number;
}

/** Reads the number and immediates after {@link Op.Atomic}; returns the number. */
export function skipAtomic(reader: Reader): number {
  const at = reader.pos;
  const number = reader.u32();
  if (number === 3) reader.skip(1);
  else if (number <= 2 || (number >= 0x10 && number <= 0x4e)) skipMemarg(reader);
  else unsupported(`unknown opcode 0xfe ${number}`, at);
  return number;
}
