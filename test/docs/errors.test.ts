import { expect, test } from 'vitest';
import { ERROR_TABLE, type ErrorCode } from '../../src/core/errors.ts';
import { read } from './files.ts';

const page = read('docs/errors.md');
const codes = Object.keys(ERROR_TABLE) as ErrorCode[];

test('the page of errors has one section per code, in the order of the table', () => {
  expect([...page.matchAll(/^## (.+)$/gm)].map(match => match[1])).toEqual(codes);
});

test.each(codes)('the page of errors says of %s what the table says', code => {
  const { fault, exitCode, retryable, help } = ERROR_TABLE[code];
  const [row] = page.match(new RegExp(`^\\| \\[${code}\\].*$`, 'm')) ?? [];
  expect(row).toBe(
    `| [${code}](#${code.toLowerCase()}) | ${fault} | ${exitCode} | ${retryable ? 'yes' : 'no'} |`,
  );
  const section = page.split(`\n## ${code}\n`)[1]?.split('\n## ')[0] ?? '';
  expect(section).toContain(`\nHelp: ${help}\n`);
  // A section that only repeats the help would not be worth its place.
  expect(section.replace(`Help: ${help}`, '').trim().length).toBeGreaterThan(60);
});
