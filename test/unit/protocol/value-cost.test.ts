import { describe, expect, test } from 'vitest';
import { hostBytesFor, unfoldedBytesFor } from '../../../src/core/budget.ts';
import type { Value } from '../../../src/core/value.ts';
import { decodeValue, encodeValue, ProtocolError } from '../../../src/protocol/value-codec.ts';
import { heapOf } from '../heap.ts';
import { type Atom, array, fill, integer, leb, NULL, reference, text, wire } from './wire.ts';

const LIMIT = 256 * 1024;
const CAPS = { bytes: LIMIT };

const object = (...entries: readonly (readonly number[])[]): number[] => [
  8,
  ...leb(entries.length),
  ...entries.flat(),
];
const entry = (key: readonly number[], value: readonly number[] = NULL): number[] => [...key, ...value];
const FLOAT = [6, 1, 2, 3, 4, 5, 6, 7, 63];
const BYTES = [14, 2, 1, 0, 15, 1, ...leb(0xffff_ffff), 9];

function refusal(bytes: Uint8Array, caps = CAPS): Pick<ProtocolError, 'reason' | 'message'> {
  try {
    decodeValue(bytes, caps);
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

describe('a value within its limit takes no more memory than was estimated', () => {
  test.each<[string, (index: number, atom: Atom) => readonly number[]]>([
    ['nulls', () => NULL],
    ['floats', () => FLOAT],
    ['short texts', i => text(String.fromCharCode(97 + (i % 26), 98 + ((i >> 5) % 20)))],
    ['texts of 13 characters', () => text('abcdefghijklm')],
    ['texts of 24 characters', () => text('abcdefghijklmnopqrstuvwx')],
    ['wide texts', i => [7, 3, i % 100, 1]],
    ['BigInts', () => [10, 0]],
    ['empty arrays', () => array()],
    ['arrays of one', () => array(NULL)],
    ['empty objects', () => object()],
    ['objects of one shape', (_, atom) => object(entry(atom('a')))],
    ['objects of their own shapes', (i, atom) => object(entry(atom(i.toString(36))))],
    [
      'objects of many shapes',
      (i, atom) => object(entry(atom(`k${i % 63}`)), entry(atom(`l${(i / 63) | 0}`))),
    ],
    ['large objects', (_, atom) => object(...Array.from({ length: 100 }, (_, k) => entry(atom(`k${k}`))))],
    ['the key 0', () => object(entry(integer(0)))],
    ['the key 5', () => object(entry(integer(5)))],
    ['two keys far apart', () => object(entry(integer(1023)), entry(integer(2573)))],
    ['keys far apart beside names', (_, atom) => object(entry(atom('a')), entry(integer(1023)))],
    ['keys after dense ones', () => object(entry(integer(0)), entry(integer(1)), entry(integer(1000)))],
    ['keys that fall', () => object(...[4000, 3000, 2000, 0].map(key => entry(integer(key))))],
    ['integers as atoms', (_, atom) => object(entry(atom('1023')), entry(atom('2573')))],
    ['Dates', () => [17, 5, 2]],
    ['byte arrays', () => BYTES],
    ['views of one buffer', i => (i === 0 ? BYTES : [14, 2, 1, 0, ...reference(2)])],
    ['references', i => (i === 0 ? array() : reference(1))],
  ])('%s', (_, item) => {
    const bytes = fill(LIMIT, item);
    const kept = heapOf(() => decodeValue(bytes, CAPS));
    // Never twice what was allowed, and never 56 bytes for one.
    expect(kept).toBeLessThan(2 * hostBytesFor(LIMIT));
    expect(kept).toBeLessThan(56 * bytes.length + 1024 * 1024);
  });

  test.each<[string, Value]>([
    ['Maps', Array.from({ length: 20_000 }, () => new Map())],
    ['a Map', new Map(Array.from({ length: 20_000 }, (_, i) => [String(i), null]))],
    ['a Set', new Set(Array.from({ length: 30_000 }, (_, i) => i))],
    [
      'objects beside a Map',
      [new Map(), ...Array.from({ length: 10_000 }, () => ({ 1023: null, 2573: null }))],
    ],
  ])('%s', (_, value) => {
    const bytes = encodeValue(value, CAPS);
    expect(heapOf(() => decodeValue(bytes, CAPS))).toBeLessThan(56 * bytes.length + 1024 * 1024);
  });

  test('what would take more is refused, by name', () => {
    // The smallest that costs the most: an object with one integer key.
    const count = Math.floor(hostBytesFor(0) / 208);
    const of = (objects: number): Uint8Array => fill(16 + 4 * objects, () => object(entry(integer(5))));
    const small = { bytes: 4 };
    expect(refusal(of(10), small).message).toMatch(/exceeds its cap of 4/);
    const items = decodeValue(of(1000), CAPS) as readonly Value[];
    expect(items.at(-1)).toEqual({ 5: null });
    expect(count).toBeGreaterThan(20_000);
  });
});

describe('what is shared counts at every place that refers to it', () => {
  const most = unfoldedBytesFor(LIMIT);

  /** An array of one text of `length` and `references` to its array. */
  const shared = (length: number, references: number): Uint8Array =>
    wire(() =>
      array(array(text('x'.repeat(length))), ...Array.from({ length: references }, () => reference(1))),
    );

  test('texts', () => {
    const length = 100_000;
    const [inner, each] = [array(text('x'.repeat(length))).length, reference(1).length];
    const fits = Math.floor((most - inner - 8) / (inner + each));
    expect(decodeValue(shared(length, fits), CAPS)).toHaveLength(fits + 1);
    const { reason, message } = refusal(shared(length, fits + 1));
    expect([reason, message]).toEqual([
      'too-large',
      `the value unfolds to more than ${most} bytes: what is shared counts wherever it stands, and so do keys`,
    ]);
  });

  test('byte arrays, and views of one buffer', () => {
    const size = 100_000;
    const first = [14, 2, ...leb(size), 0, 15, ...leb(size), ...leb(0xffff_ffff), ...new Array(size).fill(7)];
    const again = [14, 2, ...leb(size), 0, ...reference(2)];
    const views = (count: number): Uint8Array =>
      wire(() => array(first, ...Array.from({ length: count }, () => again)));
    const references = (count: number): Uint8Array =>
      wire(() => array(first, ...Array.from({ length: count }, () => reference(1))));
    const fits = Math.floor(most / (size + 32)) - 1;
    for (const of of [views, references]) {
      expect(decodeValue(of(fits), CAPS)).toHaveLength(fits + 1);
      expect(refusal(of(fits + 3)).reason).toBe('too-large');
    }
  });

  test('keys', () => {
    const name = 'k'.repeat(50_000);
    const of = (count: number): Uint8Array =>
      wire(atom => array(...Array.from({ length: count }, () => object(entry(atom(name))))));
    const fits = Math.floor(most / 50_010) - 1;
    expect(decodeValue(of(fits), CAPS)).toHaveLength(fits);
    expect(refusal(of(fits + 3)).reason).toBe('too-large');
  });

  test('references to references', () => {
    let bytes = array(text('x'));
    for (let i = 0; i < 40; i++) bytes = array(bytes, reference(40 - i));
    expect(refusal(wire(() => bytes)).reason).toBe('too-large');
  });
});

describe('keys that were chosen to collide', () => {
  const texts = (step: number, count: number): Value =>
    new Set(Array.from({ length: count }, (_, i) => String(i * step)));
  const big = { bytes: 16 * 1024 * 1024 };

  test.each<[string, Value]>([
    ['numbers as texts', texts(1, 100_000)],
    ['numbers as texts, in steps', texts(1000, 100_000)],
    ['a few that collide', texts(65_536, 20_000)],
  ])('%s are taken', (_, value) => {
    expect(decodeValue(encodeValue(value, big), big)).toEqual(value);
  });

  test.each<[string, Value]>([
    ['all of one chain', texts(65_536, 65_000)],
    ['all of some chains', texts(4096, 400_000)],
    ['numbers', new Set(Array.from({ length: 30_001 }, (_, i) => i))],
    ['keys of a Map', new Map([...(texts(65_536, 65_000) as ReadonlySet<Value>)].map(key => [key, 1]))],
  ])('%s are refused', (_, value) => {
    const { reason, message } = refusal(encodeValue(value, big), big);
    expect(reason).toBe('unsupported');
    expect(message).toMatch(/keys that collide/);
  });
});

test('an array of more than 32 Mi items is a real array, and costs what others cost', () => {
  const caps = { bytes: 64 * 1024 * 1024 };
  const cost = (count: number): number => {
    const head = [0, 5, 0, 9, ...leb(count)];
    const bytes = new Uint8Array(head.length + count).fill(1);
    bytes.set(head);
    const before = process.cpuUsage();
    const items = decodeValue(bytes, caps) as readonly Value[];
    const { user, system } = process.cpuUsage(before);
    expect(items.length).toBe(count);
    expect(items.at(-1)).toBeNull();
    return (user + system) / count;
  };
  const usual = Math.min(cost(8_000_000), cost(8_000_000));
  // A hash table would take ten times as long.
  expect(cost(33_600_000) / usual).toBeLessThan(6);
}, 60_000);
