import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { MAX_BIGINT_BYTES, MAX_CONTAINERS, MAX_DEPTH } from '../../../src/protocol/value-format.ts';

test('docs/values.md gives the caps the codec has', () => {
  const page = readFileSync(new URL('../../../docs/values.md', import.meta.url), 'utf8');
  expect(page).toContain(`at most ${MAX_DEPTH} containers inside one another`);
  expect(page).toContain(`at most ${MAX_CONTAINERS.toLocaleString('en-US')} containers`);
  expect(page).toContain(`up to ${(MAX_BIGINT_BYTES * 8 - 1).toLocaleString('en-US')} bits`);
});
