/** Keys that are none (GW-KEY). */
import { describe, expect, test } from 'vitest';
import {
  type ApiKeyRecord,
  createApiKey,
  hasScope,
  isScope,
  KeyRing,
  nodeScope,
} from '../../../src/gateway/index.ts';

const outcome = (ring: KeyRing, key: unknown): string => {
  try {
    return ring.authenticate(key as string).id;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
};
const { key, record } = createApiKey({ name: 'test', scopes: ['plugin:geo:execute'] });
const ring = (...records: ApiKeyRecord[]): KeyRing => new KeyRing(records);

test('a key is recognised, and its record does not hold it', () => {
  expect(outcome(ring(record), key)).toBe(`key:${record.id}`);
  expect(JSON.stringify(record)).not.toContain(key.slice(20));
});

test.each([
  ['GW-KEY-002 a megabyte', 'x'.repeat(1 << 20)],
  ['GW-KEY-002 a megabyte that begins well', key + 'x'.repeat(1 << 20)],
  ['GW-KEY-003 NUL behind it', `${key}\0`],
  ['GW-KEY-003 a space behind it', `${key} `],
  ['GW-KEY-003 a space before it', ` ${key}`],
  ['GW-KEY-003 another case', key.toUpperCase()],
  [
    'GW-KEY-003 a full-width digit',
    key.replace(/\d/, digit => String.fromCodePoint((digit.codePointAt(0) ?? 0) + 0xfee0)),
  ],
  ['GW-KEY-003 a line break', `${key}\n`],
  ['nothing', ''],
  ['its hash', record.hash],
  ['its id with another secret', `ck_${record.id}_${'0'.repeat(64)}`],
  ['GW-KEY-007 the id __proto__', `ck___proto________________${'0'.repeat(57)}`.slice(0, 84)],
  ['no text', { toString: () => key }],
  ['a list', [key]],
  ['undefined', undefined],
])('%s is refused', (_, given) => {
  expect(outcome(ring(record), given)).toBe('UNAUTHENTICATED');
});

test('GW-KEY-007 ids of records that name parts of objects are no ids', () => {
  for (const id of ['__proto__', 'constructor', 'toString'])
    expect(() => ring({ ...record, id })).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
});

test.each([
  '__proto__',
  'constructor',
  'toString',
  'plugin',
  'plugin:',
  ':x',
  'plugin:geo:execute ',
  'plugin:GEO:execute',
  'a:b:c:d:e:f',
  `plugin:${'x'.repeat(200)}:execute`,
])('GW-KEY-005 %j is no scope, and covers nothing', scope => {
  expect(isScope(scope)).toBe(false);
  expect(hasScope([scope], 'plugin:geo:execute')).toBe(false);
  expect(() => createApiKey({ name: 'x', scopes: [scope] })).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
  );
});

test.each<[string, string, boolean]>([
  ['plugin:geo:execute', 'plugin:geo:execute', true],
  ['plugin:*:execute', 'plugin:geo:execute', true],
  ['plugin:*:*', 'plugin:geo:install', true],
  ['plugin:geo:execute', 'plugin:geo2:execute', false],
  ['plugin:geo:execute', 'plugin:geo:install', false],
  ['plugin:*', 'plugin:geo:execute', false],
  ['*:*', 'plugin:geo:execute', false],
  ['plugin:geo:execute', 'plugin:*:execute', false],
  ['node:http:use', nodeScope('http'), true],
  ['node:http:use', nodeScope('db'), false],
  ['node:*:use', nodeScope('__proto__'), false],
])('GW-KEY-012 %s covers %s: %s', (held, needed, expected) => {
  expect(hasScope([held], needed)).toBe(expected);
});

describe('GW-KEY-009 time', () => {
  const expires = '2027-01-01T00:00:00Z';
  const until = (nowMs: number): string =>
    outcome(new KeyRing([{ ...record, expires }], { now: () => nowMs, monotonic: () => 0 }), key);

  test('a key holds up to its last millisecond, and no clock is trusted beyond it', () => {
    expect(until(Date.parse(expires) - 1)).toBe(`key:${record.id}`);
    expect(until(Date.parse(expires))).toBe('UNAUTHENTICATED');
    expect(until(Date.parse(expires) + 1e12)).toBe('UNAUTHENTICATED');
    expect(() => ring({ ...record, expires: 'soon' })).toThrow('expires');
  });

  test('a revoked key is refused at once', () => {
    const keys = ring(record);
    keys.replace([{ ...record, revoked: true }]);
    expect(outcome(keys, key)).toBe('UNAUTHENTICATED');
    keys.replace([]);
    expect(outcome(keys, key)).toBe('UNAUTHENTICATED');
  });
});

describe('GW-KEY-008 GW-KEY-013 rates', () => {
  test('guessing is held up, and a valid key is not', () => {
    const keys = new KeyRing([record], { monotonic: () => 0 });
    const codes = Array.from({ length: 2000 }, (_, i) =>
      outcome(keys, `ck_${record.id}_${i.toString(16).padStart(64, '0')}`),
    );
    expect(codes.filter(code => code === 'UNAUTHENTICATED')).toHaveLength(1000);
    expect(codes.filter(code => code === 'RATE_LIMITED')).toHaveLength(1000);
    expect(outcome(keys, key)).toBe(`key:${record.id}`);
  });

  test('a key’s own rate follows the monotonic clock, and nothing a caller says', () => {
    let now = 0;
    const keys = new KeyRing([{ ...record, rate: { burst: 2, perSecond: 1 } }], { monotonic: () => now });
    const codes = (): string[] => [1, 2, 3].map(() => outcome(keys, key));
    expect(codes()).toEqual([`key:${record.id}`, `key:${record.id}`, 'RATE_LIMITED']);
    now = 1000;
    expect(codes()).toEqual([`key:${record.id}`, 'RATE_LIMITED', 'RATE_LIMITED']);
    // LIM-009: a clock that goes back gives nothing.
    now = 500;
    expect(outcome(keys, key)).toBe('RATE_LIMITED');
    for (const rate of [
      { burst: 0, perSecond: 1 },
      { burst: 1, perSecond: -1 },
      { burst: Number.NaN, perSecond: 1 },
    ])
      expect(() => ring({ ...record, rate })).toThrow('rate');
  });

  test('comparing looks at every byte: wrong ones anywhere are all refused', () => {
    const keys = ring(record);
    for (let i = 20; i < key.length; i++) {
      const wrong = key.slice(0, i) + (key[i] === '0' ? '1' : '0') + key.slice(i + 1);
      expect(outcome(keys, wrong)).toMatch(/UNAUTHENTICATED/);
    }
  });
});
