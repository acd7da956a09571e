/** Every published attack on native plugins has a test that names it, or a reason why it cannot have one. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const PUBLISHED: Readonly<Record<string, string>> = {
  'WA-MOD':
    '001 003 005 007 008 011 012 013 014 015 016 017 018 020 021 022 026 027 028 029 030 031 034 036 037 038 039 040 041 042 044 046 047 048',
  'WA-WASI':
    '001 002 005 007 008 009 011 013 014 015 016 018 019 022 030 032 033 034 035 036 039 042 044 045 046 048',
};

const NOT_RUNNABLE: Readonly<Record<string, string>> = {
  'WA-MOD-046':
    'needs a second agent that shares the memory: shared memories are refused (see "a shared memory")',
  'WA-WASI-022':
    'needs a second thread between check and use: shared memories are refused (see "a shared memory")',
};

const folder = new URL('.', import.meta.url);
const text = readdirSync(folder)
  .filter(name => name.endsWith('.test.ts') && name !== 'catalogue.test.ts')
  .map(name => readFileSync(new URL(name, folder), 'utf8'))
  .join('\n');

const ids = Object.entries(PUBLISHED).flatMap(([prefix, numbers]) =>
  numbers.split(' ').map(number => `${prefix}-${number}`),
);

it.each(ids)('%s has a test, or a reason', id => {
  expect(text.includes(id) !== Object.hasOwn(NOT_RUNNABLE, id)).toBe(true);
});
