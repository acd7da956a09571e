/** Arguments and results of functions over numbers. */
import type { Value } from '../../core/value.ts';
import type { FunctionSignature } from '../../instrument/plugin/index.ts';

/** The caller's arguments do not fit. */
export class BadArguments {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

const NAMES: Readonly<Record<string, string>> = { i: 'i32', I: 'i64', f: 'f32', F: 'f64' };

function shown(value: Value): string {
  if (typeof value === 'bigint') return `${value}n`;
  return typeof value === 'number' ? String(value) : value === null ? 'null' : typeof value;
}

/** Signed and unsigned readings of the same bits are both taken. */
function integer(value: Value, bits: 32 | 64): number | bigint | null {
  if (bits === 32) {
    const number = typeof value === 'bigint' ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isInteger(number) || number < -(2 ** 31) || number >= 2 ** 32)
      return null;
    return number | 0;
  }
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : null;
  if (typeof value !== 'bigint' || value < -(2n ** 63n) || value >= 2n ** 64n) return null;
  return BigInt.asIntN(64, value);
}

function argument(letter: string, value: Value, position: string): number | bigint {
  const converted =
    letter === 'i'
      ? integer(value, 32)
      : letter === 'I'
        ? integer(value, 64)
        : typeof value === 'number'
          ? value
          : null;
  if (converted !== null) return converted;
  const wanted =
    letter === 'i'
      ? 'a whole number from -2³¹ to 2³²-1'
      : letter === 'I'
        ? 'a BigInt from -2⁶³ to 2⁶⁴-1, or a safe integer'
        : 'a number';
  throw new BadArguments(`${position} must be ${wanted} (${NAMES[letter]}), got ${shown(value)}`);
}

/** @throws BadArguments */
export function toArguments(name: string, [params]: FunctionSignature, input: Value): (number | bigint)[] {
  const given = Array.isArray(input) ? (input as Value[]) : input === undefined ? [] : [input];
  if (given.length !== params.length) {
    const list = [...params].map(letter => NAMES[letter]).join(', ');
    throw new BadArguments(
      `pass an array of ${params.length} arguments: ${name}(${list}) was given ${given.length}`,
    );
  }
  return given.map((value, index) => argument(params[index] as string, value, `input[${index}]`));
}

/** Several results become an array. An i64 is a BigInt, both kinds of integer are signed. */
export function fromResults([, results]: FunctionSignature, value: unknown): Value {
  if (results.length === 0) return undefined;
  return (results.length === 1 ? value : [...(value as Iterable<Value>)]) as Value;
}
