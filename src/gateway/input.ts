/** What a caller passes, held to its size and shape before anything else looks at it. */
import { SandboxError } from '../core/errors.ts';
import { FORBIDDEN_KEYS, type JsonReading, parseJson } from '../core/json.ts';
import { cleanLine } from '../core/text.ts';

export interface InputLimits {
  /** Arrays, objects, maps and sets within each other. Default 20, ceiling 100. */
  readonly depth: number;
  /** Entries and elements of all of them together. Default 10,000, ceiling 1,000,000. */
  readonly entries: number;
  /** UTF-16 units of a key. Default 100, ceiling 10,000. */
  readonly keyChars: number;
  /** UTF-16 units of a string. Default 10,000, ceiling 16,777,216. */
  readonly stringChars: number;
  /** Of one Uint8Array. Default 100,000, ceiling 67,108,864. */
  readonly bytes: number;
}

const RANGES: Readonly<Record<keyof InputLimits, readonly [standard: number, ceiling: number]>> = {
  depth: [20, 100],
  entries: [10_000, 1_000_000],
  keyChars: [100, 10_000],
  stringChars: [10_000, 16_777_216],
  bytes: [100_000, 67_108_864],
};

export const DEFAULT_INPUT_LIMITS: InputLimits = Object.freeze(
  Object.fromEntries(Object.entries(RANGES).map(([name, [standard]]) => [name, standard])) as Record<
    keyof InputLimits,
    number
  >,
);

/** @throws SandboxError INVALID_ARGUMENT or LIMIT_OUT_OF_RANGE */
export function inputLimits(given: Partial<InputLimits> = {}): InputLimits {
  const limits: Record<keyof InputLimits, number> = { ...DEFAULT_INPUT_LIMITS };
  for (const [name, value] of Object.entries(given)) {
    const range = Object.hasOwn(RANGES, name) ? RANGES[name as keyof InputLimits] : undefined;
    if (range === undefined)
      throw new SandboxError(
        'INVALID_ARGUMENT',
        `input.${cleanLine(name, 40)} is unknown; known are ${Object.keys(RANGES).join(', ')}`,
      );
    if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > range[1])
      throw new SandboxError(
        'LIMIT_OUT_OF_RANGE',
        `input.${name} must be an integer from 0 to ${range[1]}, got ${String(value)}`,
      );
    limits[name as keyof InputLimits] = value as number;
  }
  return Object.freeze(limits);
}

/**
 * Reads a request's text: JSON without duplicate or harmful keys, within limits that are checked before it is parsed.
 * @param chars of the whole text; default 1,048,576
 */
export function parseJsonInput(
  text: string,
  limits: InputLimits = DEFAULT_INPUT_LIMITS,
  chars: number = 1_048_576,
): JsonReading {
  const { depth, entries, keyChars, stringChars } = limits;
  return parseJson(text, {
    chars,
    depth,
    entries,
    keyChars,
    stringChars,
    bigIntegers: 'bigint',
    harmless: true,
  });
}

/**
 * The steps of a path such as `order.items[0].price`, for code that reads or sets by path.
 * @returns `null` for what is no path, is longer than 32 steps, or leads through a key that is not allowed
 */
export function dataPath(text: string): readonly (string | number)[] | null {
  if (typeof text !== 'string' || text.length > 1000 || !/^[^.[\]]+(?:\.[^.[\]]+|\[\d{1,9}\])*$/.test(text))
    return null;
  const steps = [...text.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, key]) =>
    index === undefined ? (key as string) : Number(index),
  );
  return steps.length > 32 ||
    steps.some(step => typeof step === 'string' && FORBIDDEN_KEYS.includes(step.trim()))
    ? null
    : steps;
}
