import { describe, expect, it } from 'vitest';
import { type JsonRules, parseJson } from '../../../src/core/json.ts';

const RULES: JsonRules = { chars: 10_000_000, depth: 1000, bigIntegers: 'bigint' };

function read(text: string, rules: Partial<JsonRules> = {}): unknown {
  const result = parseJson(text, { ...RULES, ...rules });
  return result.ok ? result.value : `${result.problem} (${result.at})`;
}

describe('JSON', () => {
  it.each([
    ['', 0],
    ['{', 1],
    ['{"a":}', 5],
    ['[1,]', 3],
    ['01', 1],
    ['1 2', 2],
    ['nullx', 4],
    ['[[[', 3],
    ['{"a" 1}', 5],
    ['\ufeff{}', 0],
    ['"a\nb"', 0],
    ['"\\x41"', 0],
    ['"\\', 0],
  ])('%j goes wrong at %i', (text, at) => {
    expect(parseJson(text, RULES)).toMatchObject({ ok: false, at, isJson: false });
  });

  it('is what JSON.parse says it is', () => {
    const parts = ['{', '}', '[', ']', ',', ':', '"a"', '"', '1', '-', '.5', 'e9', ' ', '\\', '\n', 'true'];
    parts.push('null', 'u', '\\u0041', '"b":', '"\\n"', '{"a":', '[1');
    let state = 7;
    const next = (): string => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return parts[(state >> 8) % parts.length] as string;
    };
    for (let i = 0; i < 30_000; i++) {
      const text = Array.from({ length: 1 + (i % 9) }, next).join('');
      const result = parseJson(text, RULES);
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch {
        expect([text, result.ok || result.isJson]).toEqual([text, false]);
        continue;
      }
      // Refused beside what is no JSON: keys that are there twice, and what becomes Infinity.
      if (result.ok) expect([text, result.value]).toEqual([text, value]);
      else expect(result.problem).toMatch(/ is there twice$|^the value|^\[\d\]|^a /);
    }
  });

  it('keeps what is odd about strings, keys and -0', () => {
    const value = {
      __proto__x: 1,
      'ü\u2028': ['\ud800', '\\"\u0000', 'x'.repeat(100)],
      5: { 4294967294: -0 },
    };
    expect(read(JSON.stringify(value))).toEqual(JSON.parse(JSON.stringify(value)));
    expect(Object.is(read('-0'), -0)).toBe(true);
    expect(Object.is(read('-0.0'), -0)).toBe(true);
    const own = read('{"__proto__":{"a":1}}') as object;
    expect(Object.keys(own)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(own)).toBe(Object.prototype);
  });

  it('ends at each of its limits', () => {
    expect(read('[[[1]]]', { depth: 3 })).toEqual([[[1]]]);
    expect(read('[[[[1]]]]', { depth: 3 })).toBe('it is nested deeper than 3 levels (3)');
    expect(read(`${'['.repeat(1000)}${']'.repeat(1000)}`)).toBeInstanceOf(Array);
    expect(read('['.repeat(1001), { depth: 5000 })).toContain('deeper than 1000 levels');
    expect(read('[1,2,{"a":1}]', { entries: 4 })).toEqual([1, 2, { a: 1 }]);
    expect(read('[1,2,{"a":1}]', { entries: 3 })).toContain('more than 3 entries');
    expect(read('"abc"', { chars: 5 })).toBe('abc');
    expect(read('"abcd"', { chars: 5 })).toContain('6 characters, at most 5');
    expect(read('{"abc":"abcd"}', { keyChars: 3, stringChars: 4 })).toEqual({ abc: 'abcd' });
    expect(read('{"abc":"abcd"}', { keyChars: 2 })).toContain('a key has more than 2');
    expect(read('{"abc":"abcd"}', { stringChars: 3 })).toContain('a string has more than 3');
    expect(read('"\\u0061\\u0062"', { stringChars: 2 })).toBe('ab');
    expect(read('"\\u0061\\u0062"', { stringChars: 1 })).toContain('a string has more than 1');
  });

  it('refuses a key that is there twice, and what is harmful when told so', () => {
    expect(read('{"a":1,"\\u0061":2}')).toBe('the key "a" is there twice (7)');
    expect(read('{"1":1,"1":2}')).toContain('twice');
    for (const text of ['{"__proto__":1}', '{"constructor":1}', '"\\ud800"', '{"\\udc00":1}']) {
      expect(parseJson(text, RULES).ok).toBe(true);
      expect(parseJson(text, { ...RULES, harmless: true }).ok).toBe(false);
    }
  });

  it('costs what is in it, whatever the keys', () => {
    const one = '{"1023":0,"2573":0}';
    const value = read(`[${Array.from({ length: 20_000 }, () => one).join()}]`) as object[];
    expect(value).toHaveLength(20_000);
    expect(Object.keys(value[19_999] as object)).toEqual(['1023', '2573']);
  });
});

describe('numbers of JSON', () => {
  it.each([
    ['9007199254740991', 9007199254740991],
    ['-9007199254740991', -9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['9007199254740993', 9007199254740993n],
    ['-9007199254740993', -9007199254740993n],
    ['18446744073709551615', 18446744073709551615n],
    [`1${'0'.repeat(4095)}`, 10n ** 4095n],
    ['0.1', 0.1],
    ['1.10', 1.1],
    ['0.333333333333333333333333', 1 / 3],
    ['12.345678901234567890', 12.345678901234567],
    ['1e3', 1000],
    ['1E+2', 100],
    ['0e999', 0],
    ['0.000', 0],
    ['9007199254740991.0', 9007199254740991],
    ['9007199254740992.0', 9007199254740992],
    ['1e21', 1e21],
    ['1e23', 1e23],
    ['9.9999999999999992e+22', 1e23],
    ['99999999999999991611392.000000', 1e23],
    ['1.7976931348623157e308', Number.MAX_VALUE],
    ['5e-324', 5e-324],
    ['4.9E-324', 5e-324],
    ['[1.5,-2.5e-7]', [1.5, -2.5e-7]],
  ])('%.40s is kept', (text, value) => expect(read(text)).toEqual(value));

  it.each([
    '1e400',
    '-1e400',
    '1e-400',
    '0.1e-330',
    '9007199254740993.0',
    '9007199254740992.5',
    '12345678901234567890.5',
    '1234567890123456789e0',
    '1234567890123456789e1',
    '0.9007199254740993e16',
    `${'9'.repeat(400)}.0`,
    `1${'0'.repeat(4096)}`,
  ])('%.40s is refused, whatever becomes of big integers', text => {
    for (const bigIntegers of ['refuse', 'bigint', 'text'] as const)
      expect(parseJson(text, { ...RULES, bigIntegers })).toMatchObject({ ok: false, isJson: true });
  });

  it('every double comes back from every usual way to write it', () => {
    const view = new DataView(new ArrayBuffer(8));
    let state = 1;
    const word = (): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state;
    };
    for (let i = 0; i < 20_000; i++) {
      view.setUint32(0, word());
      view.setUint32(4, word());
      const value = view.getFloat64(0);
      if (!Number.isFinite(value)) continue;
      for (const text of [String(value), value.toPrecision(17), value.toExponential()])
        if (/[.e]/.test(text)) expect([text, read(text)]).toEqual([text, value]);
    }
  });

  it('a big integer is refused by its path, or kept as its text', () => {
    const text = '{"orders":[{"id":1},{"id":9007199254740993}]}';
    expect(read(text, { bigIntegers: 'refuse' })).toBe(
      'orders[1].id is 9007199254740993, beyond ±(2^53 − 1), where numbers leave out integers; write it as a text (26)',
    );
    expect(read(text, { bigIntegers: 'text' })).toEqual({ orders: [{ id: 1 }, { id: '9007199254740993' }] });
    expect(read('1e400')).toContain('the value is 1e400, which no number of JavaScript is');
  });
});
