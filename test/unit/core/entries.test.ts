import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { fromEntries, isIndexKey, mergeEntries, setEntry } from '../../../src/core/entries.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

function heapOf(make: () => unknown): number {
  make();
  gc();
  const before = process.memoryUsage().heapUsed;
  const kept = make();
  gc();
  const after = process.memoryUsage().heapUsed;
  return kept === undefined ? Number.NaN : after - before;
}

test.each([
  ['0', true],
  ['7', true],
  ['4294967294', true],
  ['4294967295', false],
  ['4294967296', false],
  ['99999999999', false],
  ['01', false],
  ['-1', false],
  ['1.5', false],
  ['', false],
  ['1e3', false],
  ['a', false],
])('the key %j is an index: %j', (key, expected) => {
  expect(isIndexKey(key)).toBe(expected);
});

test('an object holds what was set, in the order of the language, whatever the keys', () => {
  const keys = ['b', '2573', '__proto__', '0', '1', '4294967294', 'toString', '1023', '4294967295', 'a'];
  const object = fromEntries(keys.map((key, i) => [key, i] as const));
  const plain: Record<string, number> = {};
  for (const [i, key] of keys.entries())
    Object.defineProperty(plain, key, { value: i, enumerable: true, configurable: true, writable: true });
  expect(Object.entries(object)).toEqual(Object.entries(plain));
  expect(Object.getPrototypeOf(object)).toBe(Object.prototype);
  for (const { writable, configurable } of Object.values(Object.getOwnPropertyDescriptors(object)))
    expect([writable, configurable]).toEqual([true, true]);
});

test('an entry that is set again keeps its place and takes the new value', () => {
  const object = fromEntries([
    ['9', 1],
    ['4294967294', 2],
    ['9', 3],
    ['5', 4],
  ]);
  expect(Object.entries(object)).toEqual([
    ['5', 4],
    ['9', 3],
    ['4294967294', 2],
  ]);
});

test.each([
  ['far apart', ['1023', '2573']],
  ['below the gap V8 allows', ['500', '900']],
  ['from the top', ['5000', '4000', '3000', '2000', '1000', '0']],
  ['dense, then far', ['0', '1', '2', '1000', '2000']],
])('objects with integer keys %s cost what is in them', (_, keys) => {
  const count = 5_000;
  const each = heapOf(() =>
    Array.from({ length: count }, () => {
      const object: Record<string, null> = {};
      for (const key of keys) setEntry(object, key, null);
      return object;
    }),
  );
  expect(each / count).toBeLessThan(256 + 64 * keys.length);
  const source = fromEntries(keys.map(key => [key, null] as const));
  const merged = heapOf(() => Array.from({ length: count }, () => mergeEntries(source, { a: null })));
  expect(merged / count).toBeLessThan(320 + 64 * keys.length);
});

test('keys that count up from zero stay as dense as an array', () => {
  const count = 100_000;
  const bytes = heapOf(() =>
    fromEntries(Array.from({ length: count }, (_, i) => [String(i), null] as const)),
  );
  expect(bytes / count).toBeLessThan(20);
});
