import { describe, expect, test } from 'vitest';
import { hostBytesFor } from '../../../../src/core/budget.ts';
import { readJson } from '../../../../src/runtimes/cell/json.ts';
import { scanJson } from '../../../../src/runtimes/cell/json-scan.ts';
import { seeded } from '../../protocol/random.ts';

const utf8 = new TextEncoder();
const nothing = (): void => {};
const MiB = 1024 * 1024;
const scan = (text: string, most = MiB): ReturnType<typeof scanJson> =>
  scanJson(utf8.encode(text), most, nothing);
const read = (text: string, outputBytes = MiB): ReturnType<typeof readJson> =>
  readJson(utf8.encode(text), text, outputBytes, nothing);
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

describe('a text is JSON when JSON.parse takes it', () => {
  const samples = [
    '', ' ', 'null', 'nul', 'nulll', 'true ', '\t\r\n1\n', '01', '-', '-1', '- 1', '1.', '.5', '1.5e', '1e5', '1E+5', '1e-05', '+1',
    '"', '"a"', '"a" "b"', '"\\u12"', '"\\u12aG"', '"\\u12aF"', '"\\x"', '"\n"', '"\u0000"', '"é"', '"\\ud800"', '[', ']', '[]', '[ ]',
    '[1,]', '[,1]', '[1 2]', '[1,2', '[[],[]]', '{}', '{ }', '{,}', '{"a"}', '{"a":}', '{"a":1,}', '{a:1}', '{"a":1}', '{"a" : 1 , "b":{}}',
    '{"a":1]', '[1}', '[1]]', '{"a":{"a":[{"a":null}]}}', '\u00a01', '\ufeff1', 'NaN', 'Infinity', "'a'", '1//', '[1,[2,[3]],4]', '{"":""}',
  ]; // biome-ignore format: a list

  const isJson = (text: string): boolean => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  };

  test.each(samples)('%j', text => {
    expect(scan(text) !== 'not-json').toBe(isJson(text));
  });

  test('and so are texts made of its pieces', () => {
    const pieces = [
      '[',
      ']',
      '{',
      '}',
      ',',
      ':',
      '"',
      '"a"',
      '1',
      '-0',
      '2.5e3',
      'true',
      'null',
      ' ',
      '\\',
      '"k":',
    ];
    const random = seeded(7);
    for (let round = 0; round < 20_000; round++) {
      let text = '';
      for (let i = 0; i < 7; i++) text += random.pick(pieces);
      expect(scan(text) !== 'not-json', JSON.stringify(text)).toBe(isJson(text));
    }
  });
});

describe('numbers are read as they were written, or refused', () => {
  test.each([
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['-9007199254740993', -9007199254740993n],
    ['18446744073709551615', 18446744073709551615n],
    ['100000000000000000000', 100000000000000000000n],
    ['1e20', 1e20],
    ['1.5', 1.5],
    ['123456789012345678.5', Number('123456789012345678.5')],
    ['1.7976931348623157e308', Number.MAX_VALUE],
    ['1e-400', 0],
    [`1${'0'.repeat(400)}`, 10n ** 400n],
  ])('%s', (text, value) => {
    expect(read(`[{"id":${text},"ids":[1,${text}]}]`)).toEqual({ value: [{ id: value, ids: [1, value] }] });
  });

  test.each([
    ['[1,{"a":[2,1e400]}]', 'output[1].a[1]'],
    ['-1E+400', 'output'],
    [`{"a b":${'9'.repeat(320)}.5}`, 'output["a b"]'],
    [`[1${'0'.repeat(315_652)}]`, 'output[0]'],
    ['{"__proto__":1e999}', 'output.__proto__'],
  ])('%s is refused at %s', (text, path) => {
    expect(read(text, 2 * MiB)).toEqual({
      refusal: 'OUTPUT_UNSUPPORTED',
      message: `${path} is larger than any number`,
    });
  });

  test('the last of two equal keys counts, and none changes a prototype', () => {
    const { value } = read('{"a":9007199254740993,"a":1,"__proto__":{"x":9007199254740993}}');
    expect(Object.entries(value as object)).toEqual([
      ['a', 1],
      ['__proto__', { x: 9007199254740993n }],
    ]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });
});

describe('bounds', () => {
  test('500 levels are taken, 501 are refused, and 501 that are no JSON are none', () => {
    expect(read(nested(500))).toHaveProperty('value');
    expect(read(nested(501))).toMatchObject({ refusal: 'OUTPUT_UNSUPPORTED' });
    expect(read('['.repeat(5000))).toMatchObject({ refusal: 'not-json' });
  });

  test.each(['{}', '[]', '""', '{"1023":0}', '1.5', '{"a":{}}'])(
    '%s: so many are taken, one more is not',
    unit => {
      const most = hostBytesFor(0);
      const of = (count: number): string => `[${Array(count).fill(unit).join(',')}]`;
      let [low, high] = [1, most];
      while (low + 1 < high) {
        const middle = Math.min((low + high) >> 1, low * 2);
        if (scan(of(middle), most) === 'too-large') high = middle;
        else low = middle;
      }
      expect(read(of(low), 0)).toHaveProperty('value');
      expect(read(of(low + 1), 0)).toEqual({
        refusal: 'OUTPUT_TOO_LARGE',
        message: `the plugin’s output takes more than ${most} bytes of memory once it is parsed`,
      });
      // A text that is no JSON is not too large.
      expect(read(`${of(low + 1)},`, 0)).toMatchObject({ refusal: 'not-json' });
    },
  );

  test('a scan is stopped by its step, within 64 KiB and a text', () => {
    const bytes = utf8.encode(`[${'{},'.repeat(100_000)}0]`);
    let steps = 0;
    scanJson(bytes, Number.POSITIVE_INFINITY, () => void steps++);
    expect(steps).toBe(Math.floor(bytes.length / (64 * 1024)));
    class Stop extends Error {}
    expect(() =>
      scanJson(bytes, Number.POSITIVE_INFINITY, () => {
        throw new Stop();
      }),
    ).toThrow(Stop);
  });
});
