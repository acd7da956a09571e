/** What tools cost is known before they work, and what they may do at most is counted while they do. */
import { describe, expect, it } from 'vitest';
import { sizeOf } from '../../../src/core/measure.ts';
import type { Value } from '../../../src/index.ts';
import { fromBase64, toBase64 } from '../../../src/tools/base64.ts';
import { inputProblem } from '../../../src/tools/date.ts';
import { path, pathProblem } from '../../../src/tools/path.ts';
import { table } from '../../../src/tools/table.ts';
import { template } from '../../../src/tools/template.ts';
import { INLINE_STEPS } from '../../../src/tools/types.ts';

const isInline = (tool: { cost(input: Value, most: number): number }, input: Value): boolean =>
  tool.cost(input, INLINE_STEPS) <= INLINE_STEPS;

describe('the size of a value', () => {
  it.each<[unknown, number]>([
    [null, 1],
    ['abc', 4],
    [[1, 'ab'], 5],
    [{ key: [] }, 5],
    [new Map([['a', 1]]), 4],
    [new Set([1, 2]), 3],
    [new Uint8Array(9), 10],
  ])('of %j is %i', (value, size) => expect(sizeOf(value, 1_000)).toBe(size));

  it('counts what is shared at every place, and stops soon after it is too much', () => {
    let shared: unknown = 'x'.repeat(10);
    for (let i = 0; i < 200; i++) shared = [shared, shared];
    let looked = 0;
    const spy = new Proxy([1, 2, 3], {
      get(target, key) {
        looked++;
        return Reflect.get(target, key) as unknown;
      },
    });
    expect(sizeOf([shared, spy], 1_000)).toBeGreaterThan(1_000);
    expect(looked).toBe(0);
  });

  it('of what is nested beyond all bounds is more than anything', () => {
    let value: unknown = 1;
    for (let i = 0; i < 600; i++) value = { value };
    expect(sizeOf(value, 1e9)).toBe(Number.POSITIVE_INFINITY);
  });

  it('of a large integer grows with the square of its length', () => {
    expect(sizeOf(1n << 4_000n, 1e9)).toBeGreaterThan(100_000);
    expect(sizeOf(1n, 1e9)).toBeLessThan(100);
  });
});

describe('a JSONPath', () => {
  it('of names costs the same over any value', () => {
    const prepared = path.prepare({ path: '$.a["b"][0]', take: 'first' });
    expect(prepared.cost({ a: { b: Array(1_000_000).fill('x') } }, INLINE_STEPS)).toBe(
      prepared.cost(1, INLINE_STEPS),
    );
  });

  it.each(['$..a', '$.*', '$[?@.a == 1]', '$[0:2]'])('%s is small work over small values only', text => {
    const prepared = path.prepare({ path: text, take: 'all' });
    expect(isInline(prepared, [{ a: 1 }, { a: 2 }])).toBe(true);
    expect(isInline(prepared, Array(20_000).fill(1))).toBe(false);
  });

  it('that reaches each value many times is no small work over a small value', () => {
    let deep: Value = 1;
    for (let i = 0; i < 30; i++) deep = [deep];
    expect(isInline(path.prepare({ path: `$${'[*,*,*,*]'.repeat(8)}`, take: 'all' }), deep)).toBe(false);
    expect(isInline(path.prepare({ path: '$..*..*..*', take: 'all' }), deep)).toBe(false);
  });

  it('costs at least the nodes it visits', () => {
    // The bound is held against what was found, which is less than what was looked at.
    let value: Value = [1, 2];
    for (let i = 0; i < 6; i++) value = [value, { a: value }];
    for (const text of ['$..*', '$..[*,*]', '$..*..*', '$..[?count(@..*) > 1]', '$[*,*][*,0]..a']) {
      const prepared = path.prepare({ path: text, take: 'all' });
      expect(prepared.cost(value, 1e9)).toBeGreaterThan((prepared.run(value) as unknown[]).length);
    }
  });

  it.each([
    [`$${'.a'.repeat(100)}`, null],
    [`$${'.a'.repeat(101)}`, 'it has 101 segments, at most 100'],
    [`$[${Array(200).fill('0').join()}]`, null],
    [`$[${Array(201).fill('0').join()}]`, 'it has 201 selectors, at most 200'],
    ['$..a..b..c', null],
    ['$..a..b..c..d', 'it descends with .. 4 times, at most 3'],
    ['$..a[?@..b][?count(@..c) > 0]..d', 'it descends with .. 4 times, at most 3'],
  ])('%s is held to its parts', (text, problem) => expect(pathProblem(text)).toBe(problem));
});

describe('a template', () => {
  const at = (text: string, chars: number) => template.prepare({ text, escape: 'none', chars });
  it('writes as many characters as it may, and not one more', () => {
    expect(at('ab{{ item }}', 5).run({ item: 'cde' })).toBe('abcde');
    expect(() => at('ab{{ item }}', 4).run({ item: 'cde' })).toThrow(/limits.templateChars = 4/);
  });

  it.each([
    '{% capture a %}{{ item }}{{ item }}{% endcapture %}',
    '{% for i in (1..9) %}{{ item }}{% endfor %}',
    '{{ item | raw }}{{ item | raw }}',
    '{% tablerow i in (1..9) %}{{ item }}{% endtablerow %}',
  ])('counts what %s writes', text => {
    expect(() => at(text, 10).run({ item: '123456' })).toThrow(/limits.templateChars = 10/);
  });

  it('counts JSON before it is written', () => {
    const shared = 'x'.repeat(100_000);
    expect(() => at('{{ item }}', 1e6).run({ item: Array(100_000).fill(shared) })).toThrow(
      /limits.templateChars/,
    );
  });

  it('of places costs what is at them, and takes no more than that along', () => {
    const prepared = at('{{ item.a.b | upcase }} {{ vars["c"] }} {{ item.l.size }}', 100);
    const view = { item: { a: { b: 'x', other: 1 }, l: [1, 2], big: 'x'.repeat(1e6) }, vars: { c: 2, d: 3 } };
    expect(isInline(prepared, view)).toBe(true);
    expect(prepared.part?.(view)).toEqual({ item: { a: { b: 'x' }, l: [1, 2] }, vars: { c: 2 } });
    expect(prepared.run(prepared.part?.(view))).toBe(prepared.run(view));
    expect(isInline(prepared, { item: { a: { b: 'x'.repeat(1e5) } } })).toBe(false);
  });

  it.each([
    '{{ item[item.k] }}',
    '{% if item %}{% endif %}',
    '{{ item | split: "" }}',
    '{{ "x" | append: item }}',
    '{{ item.a.b | raw }}',
    '{{ (1..9) }}',
  ])('whose work cannot be told from its text is never small: %s', text =>
    expect(isInline(at(text, 100), { item: 1 })).toBe(false),
  );

  it('leads through no Map of an item’s', () => {
    const item = new Map([['a', 1]]);
    const prepared = at('{{ item.a }}{{ item }}{{ item.b.c }}', 100);
    expect(prepared.part?.({ item })).toEqual({ item });
    expect([...item]).toEqual([['a', 1]]);
  });
});

describe('a table', () => {
  const parse = table.prepare({ op: 'parse', header: true, delimiter: ',', numbers: false });
  it('costs lines times columns', () => {
    expect(isInline(parse, 'a,b\n1,2\n')).toBe(true);
    expect(isInline(parse, `${'a,'.repeat(200)}\n${'1\n'.repeat(200)}`)).toBe(false);
  });

  it('has ten million cells at most, whether it is read or written', () => {
    const header = Array.from({ length: 10_000 }, (_, i) => `c${i}`).join();
    expect(() => parse.run(`${header}\n${'1\n'.repeat(1_001)}`)).toThrow(/at most 10000000 cells/);
    const write = table.prepare({ op: 'format', header: true, delimiter: ',', numbers: false });
    const rows = Array.from({ length: 3_200 }, (_, i) => ({ [i]: 1 }));
    expect(() => write.run(rows)).toThrow(/at most 10000000 cells/);
  });

  it('reads a header of numbers at what it holds', () => {
    expect(parse.run('4294967294,2573,__proto__\n1,2,3')).toEqual([
      JSON.parse('{"2573":"2","4294967294":"1","__proto__":"3"}'),
    ]);
  });
});

it.each([
  ['z', null],
  ["dd z 'z'", null],
  ['z-z', 'names the time zone 2 times, at most once'],
])('a pattern of dates names one zone: %s', (pattern, problem) =>
  expect(inputProblem(pattern)).toBe(problem),
);

describe('base64', () => {
  it('is the platform’s, byte for byte', () => {
    for (let length = 0; length < 300; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 37 + length * 101) & 255);
      const text = toBase64(bytes);
      expect(text).toBe(btoa(String.fromCharCode(...bytes)));
      expect(fromBase64(text)).toEqual(bytes);
    }
  });

  it.each(['', 'YQ', 'YQ=', 'YQ==', ' Y Q = = ', 'YQ===', 'a', 'abcde', 'Y-', 'YWJj=', '=', 'ÿÿÿÿ', 'YR'])(
    'takes and refuses what the platform does: %j',
    text => {
      const expected = (): string => atob(text);
      let platform: string | null = null;
      try {
        platform = expected();
      } catch {
        // None.
      }
      if (platform === null) expect(() => fromBase64(text)).toThrow();
      else expect(String.fromCharCode(...fromBase64(text))).toBe(platform);
    },
  );
});
