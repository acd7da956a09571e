import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseArgs } from '../../../src/cli/args.ts';
import { toJson } from '../../../src/cli/json.ts';
import { parseCount, parseDuration, parseSize } from '../../../src/cli/units.ts';
import { ERROR_TABLE } from '../../../src/core/errors.ts';

describe('units', () => {
  it.each([
    ['500ms', 500],
    ['5s', 5000],
    ['2m', 120_000],
    ['1.5s', 1500],
    ['1h', 3_600_000],
    ['-5S', -5000],
  ])('reads %s as a duration', (text, ms) => expect(parseDuration(text, '--t')).toBe(ms));

  it.each([
    ['64MB', 67_108_864],
    ['64MiB', 67_108_864],
    ['1GB', 1_073_741_824],
    ['512kb', 524_288],
    ['1024b', 1024],
  ])('reads %s as a size', (text, bytes) => expect(parseSize(text, '--m')).toBe(bytes));

  it.each(['', '5', 's', '5 5s', '1e3s', '0x5s', '5sx', 'NaNs', '∞s', '5constructor'])('refuses %j', text => {
    expect(() => parseDuration(text, '--t')).toThrow('--t needs a time');
    expect(() => parseSize(text, '--m')).toThrow('--m needs a size');
  });

  it('reads whole numbers with separators', () => {
    expect(parseCount('1_000', '--fuel')).toBe(1000);
    for (const text of ['', '1.5', '1e3', '_1', 'x'])
      expect(() => parseCount(text, '--fuel')).toThrow('--fuel');
  });
});

describe('parseArgs', () => {
  const table = { json: { kind: 'flag' }, env: { kind: 'values', example: '--env A=B' } } as const;

  it('takes what follows -- as words', () => {
    const args = parseArgs(['--env', 'A=1', 'x', '--env=B=2', '--', '--json'], table);
    expect(args.words).toEqual(['x', '--json']);
    expect(args.all('env')).toEqual(['A=1', 'B=2']);
    expect(args.has('json')).toBe(false);
  });

  it.each(['--constructor', '--__proto__', '--toString', '---json', '-json', '--'.padEnd(5000, 'x')])(
    'refuses %.20s as an unknown option',
    word => expect(() => parseArgs([word], table)).toThrow(/^unknown option .{1,64};/),
  );
});

describe('toJson', () => {
  it('is what JSON.stringify writes when the value is plain', () => {
    const value = { a: [1, 'x\n"', null, true, {}, []], b: { c: 1.5 } };
    expect(toJson(value, 0)).toBe(JSON.stringify(value));
    expect(toJson(value, 2)).toBe(JSON.stringify(value, null, 2));
  });

  it('refuses what shared parts make endless', () => {
    let value: unknown = 'x'.repeat(1000);
    for (let i = 0; i < 40; i++) value = [value, value];
    expect(() => toJson(value, 0)).toThrow('the result is longer than 134217728 characters');
  });

  it('writes 500 containers inside one another', () => {
    let value: unknown = 1;
    for (let i = 0; i < 500; i++) value = i % 2 === 0 ? new Map([[1, value]]) : new Set([value]);
    expect(JSON.parse(toJson(value, 2))).toBeTruthy();
  });
});

describe('docs/cli.md', () => {
  it('lists every exit code of the error table, and no other', () => {
    const text =
      readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8').split('## Exit codes')[1] ?? '';
    const listed = [...text.matchAll(/^\| (\d+) \|/gm)].map(match => Number(match[1]));
    const codes = new Set([0, ...Object.values(ERROR_TABLE).map(info => info.exitCode)]);
    expect(listed).toEqual([...codes].sort((a, b) => a - b));
  });
});
