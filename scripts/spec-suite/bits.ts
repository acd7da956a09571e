/**
 * Asks an exported function bit by bit. JavaScript has no vectors, and may change the bits of a NaN, so a module is made for
 * each question: it calls the function with constants, and returns what came as integers.
 */
import { Writer } from '../../src/instrument/writer.ts';

export interface Constant {
  readonly type: string;
  /** Of a vector: one text for each lane. */
  readonly value?: string | readonly string[];
  readonly lane_type?: string;
}

const TYPES: Readonly<Record<string, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };
const WIDTHS: Readonly<Record<string, number>> = { i8: 8, i16: 16, i32: 32, i64: 64, f32: 32, f64: 64 };
/** To i64: extend_u; as it is; reinterpret and extend_u; reinterpret. Vectors become two of them. */
const TO_I64: Readonly<Record<string, readonly number[]>> = {
  i32: [0xad],
  i64: [],
  f32: [0xbc, 0xad],
  f64: [0xbd],
};

export const isNumeric = (constants: readonly Constant[]): boolean =>
  constants.every(({ type }) => type in TYPES);

/** Lanes of a value: one, unless it is a vector. */
function lanes({ type, value = '', lane_type }: Constant): {
  width: number;
  isFloat: boolean;
  texts: readonly string[];
} {
  const lane = type === 'v128' ? (lane_type as string) : type;
  return {
    width: WIDTHS[lane] as number,
    isFloat: lane.startsWith('f'),
    texts: typeof value === 'string' ? [value] : value,
  };
}

function littleEndian(constant: Constant): number[] {
  const { width, texts } = lanes(constant);
  return texts.flatMap(text => {
    const bits = BigInt.asUintN(width, BigInt(text));
    return Array.from({ length: width / 8 }, (_, i) => Number((bits >> BigInt(8 * i)) & 0xffn));
  });
}

function pushConstant(out: Writer, constant: Constant): void {
  const { type, value = '' } = constant;
  if (type === 'i32' || type === 'i64') {
    out.u8(type === 'i32' ? 0x41 : 0x42);
    out.signed(BigInt.asIntN(type === 'i32' ? 32 : 64, BigInt(value as string)));
    return;
  }
  out.u8(...(type === 'f32' ? [0x43] : type === 'f64' ? [0x44] : [0xfd, 12]), ...littleEndian(constant));
}

function section(out: Writer, id: number, write: (contents: Writer) => void): void {
  const contents = new Writer();
  write(contents);
  out.u8(id);
  out.sized(contents.view());
}

function moduleFor(args: readonly Constant[], expected: readonly Constant[]): Uint8Array<ArrayBuffer> {
  const words = expected.reduce((sum, { type }) => sum + (type === 'v128' ? 2 : 1), 0);
  const out = new Writer();
  out.u8(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  section(out, 1, types => {
    types.u8(2, 0x60);
    for (const list of [args, expected]) {
      types.u32(list.length);
      for (const { type } of list) types.u8(TYPES[type] as number);
    }
    types.u8(0x60, 0);
    types.u32(words);
    for (let i = 0; i < words; i++) types.u8(0x7e);
  });
  section(out, 2, imports => imports.u8(1, 1, 0x6d, 1, 0x66, 0, 0));
  section(out, 3, functions => functions.u8(1, 1));
  section(out, 7, exports => exports.u8(1, 1, 0x61, 0, 1));
  section(out, 10, code => {
    const body = new Writer();
    body.u32(expected.length);
    for (const { type } of expected) body.u8(1, TYPES[type] as number);
    for (const constant of args) pushConstant(body, constant);
    body.u8(0x10, 0);
    for (let i = expected.length - 1; i >= 0; i--) {
      body.u8(0x21);
      body.u32(i);
    }
    expected.forEach(({ type }, i) => {
      for (const lane of type === 'v128' ? [0, 1] : [null]) {
        body.u8(0x20);
        body.u32(i);
        // i64x2.extract_lane
        body.u8(...(lane === null ? (TO_I64[type] as readonly number[]) : [0xfd, 0x1d, lane]));
      }
    });
    body.u8(0x0b);
    code.u8(1);
    code.sized(body.view());
  });
  return out.toBytes();
}

/** Calls it, and returns the bits of each result. What it traps with is thrown. */
export function callForBits(
  exported: unknown,
  args: readonly Constant[],
  expected: readonly Constant[],
): readonly bigint[] {
  const imports = { m: { f: exported as () => void } };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(moduleFor(args, expected)), imports);
  const result = (exports['a'] as () => bigint | bigint[] | undefined)();
  const words = result === undefined ? [] : typeof result === 'bigint' ? [result] : result;
  const unsigned = words.map(word => BigInt.asUintN(64, word));
  let next = 0;
  return expected.map(({ type }) => {
    const low = unsigned[next++] as bigint;
    return type === 'v128' ? low | ((unsigned[next++] as bigint) << 64n) : low;
  });
}

/** A NaN is asked for by its kind: canonical has only the highest bit of the payload, arithmetic at least that. */
function laneHolds(bits: bigint, text: string, width: number): boolean {
  if (!text.startsWith('nan:')) return bits === BigInt.asUintN(width, BigInt(text));
  const payload = width === 32 ? 23n : 52n;
  const infinity = ((1n << (BigInt(width) - 1n - payload)) - 1n) << payload;
  const quiet = 1n << (payload - 1n);
  const magnitude = bits & ((1n << BigInt(width - 1)) - 1n);
  if (text === 'nan:canonical') return magnitude === (infinity | quiet);
  return (magnitude & (infinity | quiet)) === (infinity | quiet);
}

export function bitsHold(bits: bigint, expected: Constant): boolean {
  const { width, texts } = lanes(expected);
  return texts.every((text, i) => laneHolds(BigInt.asUintN(width, bits >> BigInt(width * i)), text, width));
}
