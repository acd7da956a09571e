/** Every published attack on Python plugins has a test that names it. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const PUBLISHED: Readonly<Record<string, string>> = {
  'PY-ESC': '001 002 004 005 006 007 008 010 011 012 013 014 015 016 017 019 020 021 022 023 024 025 027 029',
  'PY-NET': '001 002 003 004 006 007',
  'PY-TMO': '001 003 004 005 006 007 009 010 011 012 013 015 017 018 019 021 022 024',
  'PY-MEM': '002 004 006 007 008 009',
  'PY-FTL': '002 005 006 009',
  'PY-VAL': '001 003 004 006 014 015 016',
  'PY-OUT': '001 002 003',
};

const folder = new URL('.', import.meta.url);
const text = readdirSync(folder)
  .filter(name => name.endsWith('.test.ts') && name !== 'catalogue.test.ts')
  .map(name => readFileSync(new URL(name, folder), 'utf8'))
  .join('\n');

const ids = Object.entries(PUBLISHED).flatMap(([prefix, numbers]) =>
  numbers.split(' ').map(number => `${prefix}-${number}`),
);

it.each(ids)('%s has a test', id => {
  expect(text).toContain(id);
});
