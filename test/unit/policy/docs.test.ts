import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { LIMIT_NAMES, LIMITS, SANDBOX_LIMITS } from '../../../src/core/limits.ts';
import { DEFAULT_BLOCKED_FUNCTIONS, POLICY_CAPS, parsePolicy } from '../../../src/policy/index.ts';

const page = readFileSync(new URL('../../../docs/policy.md', import.meta.url), 'utf8');
const cells = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map(cell => cell.trim());
const rows = page
  .split('\n')
  .filter(line => line.startsWith('| `'))
  .map(cells);
const commas = (value: number): string => value.toLocaleString('en-US');

test('docs/policy.md lists every limit as LIMITS has it, in its order', () => {
  const units: readonly [RegExp, string][] = [
    [/Ms$/, 'milliseconds'],
    [/Bytes$/, 'bytes'],
  ];
  const listed = rows.filter(row => row.length === 5);
  expect(listed.map(([key]) => key)).toEqual(
    LIMIT_NAMES.map(name => `\`${name}\`${SANDBOX_LIMITS.includes(name) ? ' †' : ''}`),
  );
  for (const [index, name] of LIMIT_NAMES.entries()) {
    const { default: initial, min, ceiling } = LIMITS[name];
    const [, unit, ...numbers] = listed[index] ?? [];
    expect(numbers, name).toEqual([commas(initial), commas(min), commas(ceiling)]);
    for (const [ending, expected] of units) if (ending.test(name)) expect(unit, name).toBe(expected);
  }
});

test('docs/policy.md lists every key, its caps and its default', () => {
  const listed = new Map(
    rows.filter(row => row.length === 3).map(([key, holds, initial]) => [key, { holds, initial }]),
  );
  const { limits, ...keys } = parsePolicy(undefined);
  expect(limits).toBeDefined();
  expect([...listed.keys()]).toEqual([
    '`network`',
    '`secrets`',
    '`modules.javascript`',
    '`modules.python`',
    '`files.read`, `files.write`',
    '`functions`',
    '`env`',
    '`blockedFunctions`',
    '`limits`',
  ]);
  expect(Object.keys(keys)).toEqual([
    'network',
    'secrets',
    'modules',
    'files',
    'functions',
    'env',
    'blockedFunctions',
  ]);
  expect(listed.get('`blockedFunctions`')?.initial).toBe(
    DEFAULT_BLOCKED_FUNCTIONS.map(name => `\`${name}\``).join(', '),
  );
  expect(listed.get('`modules.javascript`')?.holds).toContain(
    `${POLICY_CAPS.entries} bare specifiers of 1 to ${POLICY_CAPS.moduleChars} `,
  );
  expect(listed.get('`env`')?.holds).toContain(`at most ${POLICY_CAPS.envNameChars} characters`);
  expect(listed.get('`env`')?.holds).toContain(`at most ${commas(POLICY_CAPS.envValueChars)} characters`);
  expect(listed.get('`blockedFunctions`')?.holds).toContain(
    `of at most ${POLICY_CAPS.functionChars} characters`,
  );
});

test('the policy docs/policy.md shows is a policy', () => {
  const [, example = ''] = /```json\n(.*?)```/s.exec(page) ?? [];
  expect(parsePolicy(JSON.parse(example)).limits.timeoutMs).toBe(1000);
});
