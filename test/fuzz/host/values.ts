/** Values as JavaScript expressions (for guests) and as themselves (for callers): the same shapes, written twice. */
import { fromEntries } from '../../../src/core/entries.ts';
import type { Value } from '../../../src/core/value.ts';
import type { Random } from '../../unit/protocol/random.ts';
import { sizeUpTo } from './texts.ts';

const SCRAPS: readonly string[] = [
  ...[
    'null',
    '1',
    '0.5',
    '"ab"',
    '""',
    '[]',
    '{}',
    '({ 1023: null, 2573: null })',
    '({ 900: 1 })',
    '1n',
    '"<b>x</b>"',
  ],
  ...[
    '({ a: 1 })',
    '[[]]',
    'new Date(0)',
    'new Uint8Array(1)',
    'new Map()',
    'new Set([1])',
    '({ __proto__: null, a: 1 })',
  ],
  ...[
    '-1',
    '"=1"',
    'true',
    'undefined',
    'NaN',
    '({ ["k" + i]: i })',
    '({ [i * 1023 % 100000]: i })',
    '[i, [i]]',
    '"é".repeat(5)',
  ],
];

/** A program whose value is hostile; most stay within the default limits. */
export function hostileProgram(random: Random, max: number): string {
  const scrap = random.pick(SCRAPS);
  const count = Math.max(1, Math.floor(sizeUpTo(random, max) / 4));
  switch (random.int(7)) {
    case 0:
    case 1:
      return `export default () => Array.from({ length: ${count} }, (_, i) => (${scrap}))`;
    case 2:
      return `export default () => { const o = { s: ${JSON.stringify(random.pick(['<b>x</b>', '![', '=a,', 'x', '{}']))}.repeat(${sizeUpTo(random, 200_000)}), i: 1 }; return Array(${count}).fill(o); }`;
    case 3:
      return `export default () => { let v = [${scrap.replaceAll('i', '1')}]; for (let n = 0; n < ${1 + random.int(24)}; n++) v = [v, v]; return v; }`;
    case 4:
      return `export default () => { let v = 1; for (let n = 0; n < ${sizeUpTo(random, 800)}; n++) v = ${random.pick(['[v]', '{ a: v }', '{ 7: v }', 'new Map([[v, 1]])'])}; return v; }`;
    case 5:
      return `export default () => Object.fromEntries(Array.from({ length: ${Math.ceil(count / 4)} }, (_, i) => [i * ${random.pick([1, 7, 1023, 65_537])}, ${random.pick(['null', '{}', 'i'])}]))`;
    default:
      return `export default () => "${random.pick(['x', '<b>x</b>', '-', '&', '"a",'].map(s => s.replaceAll('"', '\\"')))}".repeat(${count})`;
  }
}

/** A value of a caller's, or an item of a workflow. */
export function hostileValue(random: Random, max: number): Value {
  const count = Math.max(1, Math.floor(sizeUpTo(random, max) / 8));
  const scraps: readonly (() => Value)[] = [
    () => null,
    () => 1,
    () => 'ab',
    () => [],
    () => ({}),
    () =>
      fromEntries([
        ['1023', null],
        ['2573', null],
      ] as [string, Value][]),
    () => ({ a: 1, b: 'x' }),
    () => new Date(0),
    () => new Uint8Array(3),
    () => 10n,
    () => new Map([[1, 2]]),
  ];
  const scrap = random.pick(scraps);
  switch (random.int(6)) {
    case 0:
      return Array.from({ length: count }, scrap);
    case 1: {
      const one = { s: 'x'.repeat(sizeUpTo(random, max)), rows: [1, 2, 3] };
      return Array.from({ length: Math.min(5_000, count) }, () => one);
    }
    case 2: {
      let value: Value = scrap();
      for (let i = sizeUpTo(random, 450); i > 0; i--) value = [value];
      return value;
    }
    case 3: {
      let value: Value = [scrap()];
      for (let i = random.int(20); i > 0; i--) value = [value, value];
      return value;
    }
    case 4:
      return fromEntries(Array.from({ length: count }, (_, i) => [String(i * 1023), scrap()] as const));
    default:
      return {
        s: random.pick(['a', '-', '<b>x</b>', '"a",', '{']).repeat(count),
        rows: Array.from({ length: Math.min(count, 10_000) }, (_, i) => ({ a: i })),
      };
  }
}

/** About how many bytes a value came to its reader as: shared parts once. */
export function bytesOf(value: Value, seen: Set<unknown> = new Set()): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 4;
  if (seen.has(value)) return 2;
  seen.add(value);
  if (value instanceof Uint8Array) return value.length + 8;
  let sum = 4;
  const stack: Value[] = value instanceof Map ? [...value].flat() : value instanceof Set ? [...value] : [];
  if (Array.isArray(value)) stack.push(...(value.length < 50_000 ? (value as Value[]) : []));
  if (Array.isArray(value) && value.length >= 50_000)
    for (const item of value as readonly Value[]) sum += bytesOf(item, seen);
  if (Object.getPrototypeOf(value) === Object.prototype)
    for (const [key, item] of Object.entries(value as Readonly<Record<string, Value>>)) {
      sum += key.length + 1;
      stack.push(item);
    }
  for (const item of stack) sum += bytesOf(item, seen);
  return sum;
}
