/** Seeded randomness and random values: a failure is found again by its seed. */
import type { Value } from '../../../src/core/value.ts';

export interface Random {
  /** An integer from 0 to `below` − 1. */
  int(below: number): number;
  pick<T>(list: readonly T[]): T;
}

/** Mulberry32. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const int = (below: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
  return { int, pick: list => list[int(list.length)] as (typeof list)[number] };
}

const STRINGS = [
  '',
  'a',
  'é',
  'ÿ',
  'Ā',
  '\u{1F600}',
  '\ud800',
  'a\0b',
  '__proto__',
  'then',
  'x'.repeat(200),
  'ä'.repeat(130),
];
const KEYS = [
  ...STRINGS,
  '0',
  '7',
  '01',
  '-1',
  '2147483647',
  '2147483648',
  'constructor',
  'toString',
  'length',
];
const NUMBERS = [
  0,
  -0,
  1,
  -1,
  63,
  64,
  -64,
  -65,
  8191,
  8192,
  2 ** 31 - 1,
  -(2 ** 31),
  2 ** 31,
  2 ** 53,
  0.1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.MIN_VALUE,
];
const BIGINTS = [0n, 1n, -1n, 127n, 128n, -128n, -129n, 255n, 2n ** 63n, -(2n ** 64n), 2n ** 521n - 1n];

/** A random value; Maps and Sets only with `collections`. */
export function randomValue(random: Random, collections: boolean, depth = 0): Value {
  const kinds = depth > 4 ? 6 : collections ? 12 : 10;
  const size = random.int(depth === 0 ? 8 : 4);
  const part = (): Value => randomValue(random, collections, depth + 1);
  switch (random.int(kinds)) {
    case 0:
      return random.pick([null, undefined, true, false]);
    case 1:
      return random.pick(NUMBERS);
    case 2:
      return random.pick(BIGINTS);
    case 3:
      return random.pick(STRINGS);
    case 4:
      return new Date(random.pick([0, -1, 1.7e12, Number.NaN]));
    case 5:
      return Uint8Array.from({ length: size }, () => random.int(256));
    case 6:
    case 7:
      return Array.from({ length: size }, part);
    case 10:
      return new Map(Array.from({ length: size }, () => [part(), part()] as const));
    case 11:
      return new Set(Array.from({ length: size }, part));
    default: {
      const object: Record<string, Value> = {};
      for (let i = 0; i < size; i++) {
        Object.defineProperty(object, random.pick(KEYS), {
          value: part(),
          enumerable: true,
          configurable: true,
          writable: true,
        });
      }
      return object;
    }
  }
}

/**
 * A value as exact text, for comparison: assertion libraries read `constructor` and `__proto__` of what they
 * compare, and those are data here.
 */
export function show(value: Value): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' ? JSON.stringify(value) : String(value);
  if (Array.isArray(value)) return `[${(value as readonly Value[]).map(show).join()}]`;
  if (value instanceof Date) return `Date(${value.getTime()})`;
  if (value instanceof Uint8Array) return `Bytes(${value.join()})`;
  if (value instanceof Map)
    return `Map(${[...value].map(([key, item]) => `${show(key)}=>${show(item)}`).join()})`;
  if (value instanceof Set) return `Set(${[...value].map(show).join()})`;
  if (Object.getPrototypeOf(value) !== Object.prototype) throw new Error('not a plain object');
  const parts = Object.entries(Object.getOwnPropertyDescriptors(value)).map(([key, property]) => {
    if (!('value' in property) || property.enumerable !== true) throw new Error('not a plain property');
    return `${JSON.stringify(key)}:${show(property.value as Value)}`;
  });
  return `{${parts.join()}}`;
}
