/**
 * What plugins and packages hand over must not cost the host more than a budget says (HOST). Work is counted here, not timed:
 * how often a text was made safe, how many steps a check may take, where a limit ends.
 */
import { describe, expect, test } from 'vitest';
import type { Value } from '../../../src/core/value.ts';
import {
  MARKDOWN_CHARS,
  markdownToHtml,
  sanitizeCsv,
  sanitizeHtml,
} from '../../../src/gateway/content/index.ts';
import { checkOutput, filterInput, inputLimits, schemaCheck } from '../../../src/gateway/index.ts';
import type { JsonSchema } from '../../../src/policy/manifest/index.ts';

const outcome = (work: () => unknown): string => {
  try {
    work();
    return 'ok';
  } catch (error) {
    return `${(error as { code?: string }).code}: ${(error as Error).message}`;
  }
};

const MiB = 1024 * 1024;
const fits = (): null => null;

/** How often `sanitize` is asked for one result. */
function counted(value: Value, limitBytes = MiB): { readonly calls: number; readonly safe: Value } {
  let calls = 0;
  const safe = checkOutput(
    value,
    fits,
    text => {
      calls++;
      return `<${text.length}>`;
    },
    limitBytes,
  );
  return { calls, safe };
}

describe('HOST-CONTENT-001 what is there several times is made safe once', () => {
  const text = '<b>x</b>'.repeat(40_000);

  test('an object in 100,000 places', () => {
    const { calls, safe } = counted(Array<Value>(100_000).fill({ s: text }));
    expect(calls).toBe(1);
    expect((safe as Value[])[99_999]).toBe((safe as Value[])[0]);
    expect((safe as Value[])[0]).toEqual({ s: '<320000>' });
  });

  test('equal texts in objects of their own', () => {
    expect(counted(Array.from({ length: 10_000 }, (_, i) => ({ s: text, i }))).calls).toBe(1);
    expect(counted(Array.from({ length: 10_000 }, (_, i) => `a${i % 7}`)).calls).toBe(7);
  });

  test('lists that double at every level', () => {
    let value: Value = [text];
    for (let i = 0; i < 18; i++) value = [value, value];
    expect(counted(value).calls).toBe(1);
  });

  test('keys that are digits, in every object', () => {
    const value = Array.from({ length: 20_000 }, () => ({ 1023: 'a', 2573: null }));
    const { calls, safe } = counted(value);
    expect(calls).toBe(1);
    expect((safe as Value[])[5]).toEqual({ 1023: '<1>', 2573: null });
  });
});

test('HOST-CONTENT-002 the characters of a result end where its bytes do', () => {
  const texts = (last: number): Value => [
    'a'.repeat(600),
    'b'.repeat(400 - 1),
    'a'.repeat(600),
    'c'.repeat(last),
  ];
  expect(outcome(() => counted(texts(1), 1000))).toBe('ok');
  expect(outcome(() => counted(texts(2), 1000))).toMatch(/^OUTPUT_REFUSED: .*more than 1000 characters/);
});

test('HOST-CONTENT-003 what is shared goes no deeper than anything else', () => {
  const nested = (levels: number): Value => {
    let value: Value = 'x';
    for (let i = 0; i < levels; i++) value = [value];
    return value;
  };
  const shared = nested(15);
  expect(outcome(() => counted(nested(20)))).toBe('ok');
  expect(outcome(() => counted(nested(21)))).toMatch(/^OUTPUT_REFUSED: .*deeper than 20/);
  expect(outcome(() => counted([shared, [[[[shared]]]]]))).toBe('ok');
  expect(outcome(() => counted([shared, [[[[[shared]]]]]]))).toMatch(/^OUTPUT_REFUSED: .*deeper than 20/);
  const cycle: Value[] = [];
  cycle.push(cycle);
  expect(outcome(() => counted(cycle))).toMatch(/^OUTPUT_REFUSED/);
});

const many = (count: number, of: (i: number) => JsonSchema): JsonSchema[] =>
  Array.from({ length: count }, (_, i) => of(i));
const narrow: JsonSchema = { minimum: -1, maximum: 2 };

describe('HOST-SCHEMA-001 a check ends', () => {
  test.each<readonly [string, JsonSchema, () => unknown]>([
    [
      '400 schemas over 300,000 numbers',
      { items: { allOf: many(400, () => narrow) } },
      () => Array(300_000).fill(1),
    ],
    [
      'of anyOf none fits but the last',
      { items: { anyOf: [...many(400, () => ({ minimum: 5 })), {}] } },
      () => Array(100_000).fill(1),
    ],
    [
      'long lists are compared with long lists',
      {
        items: {
          anyOf: many(100, i => ({ const: Array.from({ length: 100 }, (_, j) => (j === 99 ? i : j)) })),
        },
      },
      () => Array.from({ length: 3000 }, () => Array.from({ length: 100 }, (_, j) => j)),
    ],
    [
      'long texts are counted',
      { items: { allOf: many(400, () => ({ maxLength: 300_000 })) } },
      () => Array(1000).fill('😀'.repeat(200_000)),
    ],
    [
      'decimals are divided',
      { items: { allOf: many(400, () => ({ multipleOf: 1e-300 })) } },
      () => Array(60_000).fill(1e300),
    ],
    [
      'names are looked for in small objects',
      { items: { required: Array<string>(9000).fill('a') } },
      () => Array.from({ length: 3000 }, () => ({ a: 1 })),
    ],
  ])('%s', (_, schema, value) => {
    expect(schemaCheck(schema)(value(), MiB)).toMatch(/^it takes more than \d+ steps/);
  });

  test('and a result that takes too long is refused by name', () => {
    const check = schemaCheck({ items: { allOf: many(400, () => narrow) } });
    expect(outcome(() => checkOutput(Array<Value>(300_000).fill(1), check, null))).toMatch(
      /^OUTPUT_REFUSED: .*it takes more than 4194304 steps/,
    );
  });

  test('what honest plugins return in a mebibyte is checked', () => {
    const rows: JsonSchema = {
      type: 'array',
      items: {
        type: 'object',
        properties: { id: { type: 'integer' }, name: { type: 'string', maxLength: 100 } },
        required: ['id'],
        additionalProperties: false,
      },
    };
    const check = schemaCheck(rows);
    expect(check(Array.from({ length: 30_000 }, (_, i) => ({ id: i, name: `row ${i}` })))).toBeNull();
    expect(check(Array.from({ length: 30_000 }, (_, i) => ({ id: i === 29_999 ? 0.5 : i })))).toBe(
      '/29999/id must be of type integer, is number',
    );
    expect(schemaCheck({ items: { type: 'integer' } })(Array(500_000).fill(7))).toBeNull();
  });

  test('more bytes allow for more steps, up to a ceiling', () => {
    const check = schemaCheck({ items: { allOf: many(20, () => narrow) } });
    const value = Array(100_000).fill(1);
    expect(check(value, MiB)).toMatch(/more than 4194304 steps/);
    expect(check(value, 4 * MiB)).toBeNull();
    expect(check(Array(400_000).fill(1), 1024 * MiB)).toMatch(/more than 20000000 steps/);
  });
});

describe('HOST-SCHEMA-002 what is shared is checked once, with the same answer', () => {
  const heavy: JsonSchema = { items: { items: { allOf: many(100, () => narrow) } } };

  test.each([
    [1, null],
    [3, '/0/999 must be at least -1, at most 2'],
  ])('a list of %i in 3,900 places', (last, answer) => {
    const list = [...Array<number>(999).fill(1), last];
    expect(schemaCheck(heavy)(Array(3900).fill(list))).toBe(answer);
  });

  test('lists that double at every level', () => {
    let value: unknown = [1];
    for (let i = 0; i < 30; i++) value = [value, value];
    expect(schemaCheck({ items: narrow })(value)).toBeNull();
    expect(schemaCheck({ items: { type: 'number' } })(value)).toBe('/0 must be of type number, is array');
  });

  test('objects', () => {
    const row = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`k${i}`, i % 2]));
    const schema: JsonSchema = { items: { additionalProperties: { allOf: many(100, () => narrow) } } };
    expect(schemaCheck(schema)(Array(10_000).fill(row))).toBeNull();
  });
});

test('HOST-SCHEMA-003 a schema outside the subset is refused, whoever passes it', () => {
  for (const schema of [
    { pattern: '(a+)+$' },
    { $ref: '#' },
    { items: { uniqueItems: true } },
    { format: 'uri' },
  ])
    expect(outcome(() => schemaCheck(schema as JsonSchema))).toMatch(/^MANIFEST_INVALID/);
});

test('HOST-SCHEMA-004 only JSON fits, wherever it is and however often', () => {
  const check = schemaCheck({});
  expect(check({ a: [1, new Date()] })).toBe('/a/1 is not JSON: no plain object');
  expect(check([Number.NaN])).toBe('/0 is not JSON: a number');
  expect(check(1n)).toBe('the value is not JSON: a bigint');
  expect(check(new Map())).toContain('is not JSON');
  expect(check(JSON.parse('{"__proto__":{"a":1},"1023":0,"2573":0}'))).toBeNull();
});

describe('HOST-CONTENT-004 markup has an end', () => {
  test.each([
    ['elements', (n: number) => '<br>'.repeat(n), 49_997, 'more than 50000 elements'],
    [
      'attributes',
      (n: number) => `<a ${Array.from({ length: n }, (_, i) => i.toString(36)).join(' ')}>`,
      50_000,
      'more than 50000 attributes',
    ],
    ['what escapes come to', (n: number) => '<'.repeat(n), 416_666, 'comes to 2500002 characters'],
    [
      'what quotes come to',
      (n: number) => `<p title="${"'".repeat(n)}">`,
      416_664,
      'comes to 2500006 characters',
    ],
  ])('HTML: %s', (_, html, most, problem) => {
    expect(outcome(() => sanitizeHtml(html(most)))).toBe('ok');
    expect(outcome(() => sanitizeHtml(html(most + 1)))).toContain(`OUTPUT_REFUSED: the HTML`);
    expect(outcome(() => sanitizeHtml(html(most + 1)))).toContain(problem);
  });

  test.each([
    ['[', 5000],
    ['![', 5000],
    ['a\n', 10_000],
    ['|', 20_000],
    ['*_', 15_000],
    ['`', 30_000],
    ['<', 30_000],
  ])('Markdown: %j', (unit, most) => {
    expect(outcome(() => markdownToHtml(unit.repeat(most)))).not.toContain('too much markup');
    expect(outcome(() => markdownToHtml(unit.repeat(most + 1)))).toMatch(
      /^OUTPUT_REFUSED: .*too much markup/,
    );
  });

  test('long plain text passes', () => {
    expect(sanitizeHtml('hello '.repeat(166_666))).toHaveLength(999_996);
    expect(markdownToHtml('hello '.repeat(16_666))).toHaveLength(99_996 + 7);
    expect(
      markdownToHtml('Some words, and *one* of them with [a link](https://a.example/).\n\n'.repeat(1500))
        .length,
    ).toBeGreaterThan(MARKDOWN_CHARS);
  });

  test('CSV: rows', () => {
    expect(outcome(() => sanitizeCsv('a\n'.repeat(99_999)))).toBe('ok');
    expect(outcome(() => sanitizeCsv('a\n'.repeat(100_000)))).toMatch(
      /^OUTPUT_REFUSED: .*more than 100000 rows/,
    );
    expect(outcome(() => sanitizeCsv('\n'.repeat(999_999)))).toMatch(/^OUTPUT_REFUSED/);
  });
});

describe('HOST-INPUT-001 what is passed is read once', () => {
  test('shared parts stay shared, and count at each place', () => {
    const bytes = new Uint8Array(100_000);
    const copy = filterInput(Array(5000).fill(bytes)) as Uint8Array[];
    expect(new Set(copy).size).toBe(1);
    expect(copy[0]).not.toBe(bytes);
    const row = { a: 1, b: 2 };
    expect(outcome(() => filterInput(Array(3333).fill(row)))).toBe('ok');
    expect(outcome(() => filterInput(Array(3334).fill(row)))).toMatch(
      /^INPUT_REFUSED: input\[\d+\] brings the entries above 10000/,
    );
  });

  test('doubling ends at the number of entries, sharing at the depth', () => {
    let value: unknown = [1];
    for (let i = 0; i < 15; i++) value = [value, value];
    expect(outcome(() => filterInput(value))).toMatch(/^INPUT_REFUSED/);
    const shared = [[[1]]];
    expect(outcome(() => filterInput([shared, [shared]], inputLimits({ depth: 5 })))).toBe('ok');
    expect(outcome(() => filterInput([shared, [[shared]]], inputLimits({ depth: 5 })))).toMatch(
      /deeper than 5/,
    );
  });

  test('keys that are digits cost what others do', () => {
    const rows = Array.from({ length: 3000 }, () => ({ 1023: 1, 2573: 1 }));
    expect(filterInput(rows)).toEqual(rows);
  });

  test('what says something else of itself than it is', () => {
    class Endless extends Array<number> {
      override *[Symbol.iterator](): ArrayIterator<number> {
        for (;;) yield 1;
      }
    }
    class Short extends Uint8Array<ArrayBuffer> {
      override get length(): number {
        return 1;
      }
    }
    class Many extends Set<number> {
      override get size(): number {
        return 1;
      }
    }
    expect(filterInput(Object.assign(new Endless(), { 0: 7 }))).toEqual([7]);
    expect(outcome(() => filterInput(new Short(new ArrayBuffer(100_001))))).toMatch(
      /has 100001 bytes, at most 100000/,
    );
    expect(outcome(() => filterInput(new Many(Array.from({ length: 10_001 }, (_, i) => i))))).toMatch(
      /^INPUT_REFUSED/,
    );
    expect(outcome(() => filterInput(Object.create(Map.prototype)))).toMatch(/^INPUT_REFUSED/);
    expect(
      outcome(() =>
        filterInput({
          get a() {
            throw new Error('x');
          },
        }),
      ),
    ).toMatch(/^INPUT_REFUSED: input cannot be read/);
  });
});
