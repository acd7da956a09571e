/** Data made to trip whoever reads it (GW-JSON): refused before it is an object, or while it is copied. */
import { describe, expect, test } from 'vitest';
import {
  dataPath,
  filterInput,
  inputLimits,
  parseJsonInput,
  schemaCheck,
} from '../../../src/gateway/index.ts';

const read = (text: string): string => {
  const result = parseJsonInput(text);
  return result.ok ? 'read' : result.problem;
};
const filter = (value: unknown): string => {
  try {
    filterInput(value);
    return 'taken';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
};

const KEYS: Readonly<Record<string, readonly string[]>> = {
  'GW-JSON-001': [
    '{"__proto__":{"isAdmin":true}}',
    '{"a":1,"__proto__":null}',
    '[{"__proto__":[]}]',
    '{ "__proto__" : 1 }',
  ],
  'GW-JSON-002': [
    '{"constructor":{"prototype":{"isAdmin":true}}}',
    '{"prototype":1}',
    '{"a":[{"constructor":1}]}',
    '{"x":{"y":{"prototype":{}}}}',
  ],
  'GW-JSON-003': [
    '{"\\u005f_proto__":{"x":1}}',
    '{"\\u005f\\u005fproto\\u005f\\u005f":1}',
    '{"con\\u0073tructor":1}',
    '{"\\u0070rototype":1}',
  ],
  'GW-JSON-004': [
    '{"a":{"b":{"__proto__":{"x":1}}}}',
    '[[[{"__proto__":1}]]]',
    '{"a":[{"b":{"constructor":1}}]}',
    '{"a":"b","c":{"d":1,"__proto__":2}}',
  ],
};
for (const [id, texts] of Object.entries(KEYS)) {
  test.each(texts)(`${id} refuses %s, as text and as an object`, text => {
    expect(read(text)).toContain('not allowed');
    expect(filter(JSON.parse(text))).toBe('INPUT_REFUSED');
    expect(({} as { isAdmin?: true }).isAdmin).toBeUndefined();
  });
}

test.each([
  'a.__proto__.x',
  '__proto__',
  'a.constructor.prototype.x',
  'a[0].prototype',
  'a. __proto__ .b',
  '',
  '.a',
  'a..b',
  'a[',
  'a[-1]',
  'a[b]',
  'x.'.repeat(40) + 'y',
])('GW-JSON-005 %j is no path to set by', path => {
  expect(dataPath(path)).toBeNull();
});
test('GW-JSON-005 an ordinary path is', () => {
  expect(dataPath('order.items[0].price')).toEqual(['order', 'items', 0, 'price']);
});

describe('GW-JSON-007 depth', () => {
  test.each(['[', '{"a":', '[{"a":'])('a hundred thousand times %s is refused before it is parsed', piece => {
    expect(read(piece.repeat(100_000))).toContain('deeper than 20');
  });
  test('twenty levels are taken, twenty-one are not', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(read(nested(20))).toBe('read');
    expect(read(nested(21))).toContain('deeper');
    expect(filter(JSON.parse(nested(20)))).toBe('taken');
    expect(filter(JSON.parse(nested(21)))).toBe('INPUT_REFUSED');
  });
  test('what contains itself is refused', () => {
    const value: unknown[] = [];
    value.push(value);
    expect(filter(value)).toBe('INPUT_REFUSED');
    const map = new Map<unknown, unknown>();
    map.set('self', map);
    expect(filter(map)).toBe('INPUT_REFUSED');
  });
});

test('GW-JSON-008 ten thousand entries are taken, more are not', () => {
  const record = (count: number): string =>
    `{${Array.from({ length: count }, (_, i) => `"k${i}":0`).join()}}`;
  expect(read(record(1_000_000))).toMatch(/more than 10000 entries|characters/);
  expect(filter(JSON.parse(record(10_000)))).toBe('taken');
  expect(filter(JSON.parse(record(10_001)))).toBe('INPUT_REFUSED');
  expect(filter(Array.from({ length: 10_001 }))).toBe('INPUT_REFUSED');
  expect(filter(new Set(Array.from({ length: 10_001 }, (_, i) => i)))).toBe('INPUT_REFUSED');
  expect(filter({ a: Array.from({ length: 6000 }, () => 0), b: Array.from({ length: 6000 }, () => 0) })).toBe(
    'INPUT_REFUSED',
  );
});

test('GW-JSON-009 keys and strings end at their limits', () => {
  expect(read(`{"${'k'.repeat(100)}":1}`)).toBe('read');
  expect(read(`{"${'k'.repeat(101)}":1}`)).toContain('100 characters');
  expect(read(`{"${'k'.repeat(100_000)}":1}`)).toContain('100 characters');
  expect(read(`{"${'\\u006b'.repeat(101)}":1}`)).toContain('100 characters');
  expect(read(`"${'s'.repeat(10_001)}"`)).toContain('10000');
  expect(filter({ ['k'.repeat(101)]: 1 })).toBe('INPUT_REFUSED');
  expect(filter('s'.repeat(10_000))).toBe('taken');
  expect(filter('s'.repeat(10_001))).toBe('INPUT_REFUSED');
  expect(filter(new Uint8Array(100_000))).toBe('taken');
  expect(filter(new Uint8Array(100_001))).toBe('INPUT_REFUSED');
});

test.each([
  '\ufeff{}',
  '{} x',
  '{}{}',
  'NaN',
  '[Infinity]',
  '{"a":-Infinity}',
  '{/*c*/}',
  "{'a':1}",
  '{a:1}',
  '[1,]',
  '01',
  '"\\ud800"',
  '"\ud800"',
  '{"\\udfff":1}',
  '"\\x41"',
  '"a',
  '',
  'undefined',
  '[1]]',
  '{"a":1,"a":2}',
  '{"a":1,"\\u0061":2}',
])('GW-JSON-013 %j is not JSON, or not one JSON', text => {
  expect(read(text)).not.toBe('read');
});

test('GW-JSON-016 what a schema may hold is checked in the time of schema times value', () => {
  const check = schemaCheck({
    type: 'object',
    properties: { a: { type: 'string', maxLength: 50_000 } },
    additionalProperties: false,
  });
  expect(check({ a: 'a'.repeat(50_000) })).toBeNull();
  expect(check({ a: `${'a'.repeat(50_000)}!` })).not.toBeNull();
  expect(check({ toString: 'a' })).not.toBeNull();
  expect(schemaCheck({ required: ['toString'] })({})).not.toBeNull();
  expect(schemaCheck({ type: 'object' })(new Date())).toContain('not JSON');
  expect(schemaCheck(true)(new Date())).toBeNull();
  expect(schemaCheck(false)(1)).not.toBeNull();
});

test('LIM-010 what was checked is what is used: getters are asked once', () => {
  let reads = 0;
  const trap = {
    get a() {
      return reads++ === 0 ? 'short' : 'x'.repeat(1_000_000);
    },
  };
  expect(filterInput(trap)).toEqual({ a: 'short' });
  expect(reads).toBe(1);
  class Thing {}
  for (const value of [new Thing(), () => 1, Symbol('x'), { a: () => 1 }, new Proxy([], { get: () => 1e9 })])
    expect(filter(value)).toBe('INPUT_REFUSED');
});

test('LIM-008 limits are whole numbers within their range', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -1, 2 ** 53, '1', 1.5, 101])
    expect(() => inputLimits({ depth: value as number })).toThrow(
      expect.objectContaining({ code: 'LIMIT_OUT_OF_RANGE' }),
    );
  expect(() => inputLimits({ dept: 1 } as object)).toThrow('dept');
  expect(inputLimits({ depth: 100 }).depth).toBe(100);
});

test('HOST-JSON-001 a request’s big integers arrive as they are, or the request is refused', () => {
  const value = (text: string): unknown => {
    const result = parseJsonInput(text);
    return result.ok ? result.value : result.problem;
  };
  expect(value('{"id":9007199254740993}')).toEqual({ id: 9007199254740993n });
  expect(value('[-18446744073709551615,9007199254740991]')).toEqual([
    -18446744073709551615n,
    9007199254740991,
  ]);
  expect(value('{"a":[{"n":1e400}]}')).toBe(
    'a[0].n is 1e400, which no number of JavaScript is; write it as a text',
  );
  for (const text of [
    '-1e400',
    '1e-400',
    '12345678901234567890.5',
    '9007199254740993.0',
    '1234567890123456789e1',
  ])
    expect(value(text)).toContain('which no number of JavaScript is');
  expect(filterInput(value('9007199254740993'))).toBe(9007199254740993n);
});
