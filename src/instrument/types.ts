/** The encodings of value types, limits and constant expressions, shared by sections and code. */
import { capped, malformed, unsupported } from './errors.ts';
import type { Reader } from './reader.ts';

export const ValueType = { I32: 0x7f, I64: 0x7e, F32: 0x7d, F64: 0x7c, V128: 0x7b, FuncRef: 0x70 } as const;

/** Value types of one byte: numbers, vectors, and the reference types that need no type index. */
const ONE_BYTE_TYPES: ReadonlySet<number> = new Set([
  ...Object.values(ValueType),
  0x6f, // externref
  0x69, // exnref
  0x71, // nullref
  0x72, // nullexternref
  0x73, // nullfuncref
  0x74, // nullexnref
]);

/** Steps over a heap type: an abstract one, or a type index. Both are one signed 33-bit number. */
export function skipHeapType(reader: Reader): void {
  reader.skipLeb(5);
}

/** Steps over a value type and returns its first byte. */
export function skipValueType(reader: Reader): number {
  const at = reader.pos;
  const type = reader.u8();
  if (type === 0x63 || type === 0x64) skipHeapType(reader);
  else if (!ONE_BYTE_TYPES.has(type)) unsupported(`unknown value type 0x${type.toString(16)}`, at);
  return type;
}

/** Size range of a memory (in pages) or a table (in entries). */
export interface SizeLimits {
  /** Offset of the first byte of the encoding, and one past its last. */
  readonly offset: number;
  readonly end: number;
  readonly min: number;
  readonly max: number | undefined;
  readonly shared: boolean;
  /** Addressed with 64 bits. */
  readonly is64: boolean;
}

export function readLimits(reader: Reader): SizeLimits {
  const offset = reader.pos;
  const flags = reader.u8();
  if (flags > 7) unsupported(`unknown size flags 0x${flags.toString(16)}`, offset);
  const is64 = (flags & 4) !== 0;
  // Above 2^53 the number is rounded, which no comparison against a cap can notice.
  const read = (): number => (is64 ? Number(reader.u64()) : reader.u32());
  const min = read();
  const max = flags & 1 ? read() : undefined;
  if (max !== undefined && max < min) malformed(`maximum ${max} is below minimum ${min}`, offset);
  return { offset, end: reader.pos, min, max, shared: (flags & 2) !== 0, is64 };
}

/** Steps over a constant expression, its `end` included. It has at most `cap` bytes. */
export function skipConstant(reader: Reader, cap: number): void {
  const start = reader.pos;
  for (;;) {
    const at = reader.pos;
    capped('bytes in a constant expression', at - start, cap, start);
    const opcode = reader.u8();
    if (opcode === 0x0b) return;
    if (opcode === 0x41) reader.skipLeb(5);
    else if (opcode === 0x42) reader.skipLeb(10);
    else if (opcode === 0x43) reader.skip(4);
    else if (opcode === 0x44) reader.skip(8);
    else if (opcode === 0x23 || opcode === 0xd2) reader.u32();
    else if (opcode === 0xd0) skipHeapType(reader);
    else if (opcode === 0xfd && reader.u32() === 12) reader.skip(16);
    else if (!((opcode >= 0x6a && opcode <= 0x6c) || (opcode >= 0x7c && opcode <= 0x7e))) {
      unsupported(`unknown opcode 0x${opcode.toString(16)} in a constant`, at);
    }
  }
}
