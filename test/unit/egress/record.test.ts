import { expect, test } from 'vitest';
import { recordUrl } from '../../../src/egress/record.ts';

test('a record has no credentials and no values of a query', () => {
  expect(recordUrl('https://user:pass@a.test/p?token=abc&x=1&bare#frag')).toBe(
    'https://a.test/p?token=…&x=…&…',
  );
  expect(recordUrl('https://a.test/p')).toBe('https://a.test/p');
  expect(recordUrl('file:///etc/passwd?x=1')).toBe('file:///etc/passwd?…');
});

test('a record stays short and printable, whatever was asked', () => {
  expect(recordUrl(`https://a.test/${'a'.repeat(1_000_000)}`).length).toBeLessThanOrEqual(2048);
  expect(recordUrl('x'.repeat(1_000_000)).length).toBeLessThanOrEqual(256);
  expect(recordUrl('no\u001b[31m url\n')).toBe('no\ufffd[31m url ');
});
