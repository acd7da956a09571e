import { expect, test } from 'vitest';
import { isVetted } from '../../../src/platform/node/net-connect.ts';

test('only an address of the list is a vetted one, however it is written', () => {
  const vetted = ['93.184.216.34', '2606:2800:220:1:248:1893:25c8:1946'];
  expect(isVetted('93.184.216.34', vetted)).toBe(true);
  expect(isVetted('::ffff:93.184.216.34', vetted)).toBe(true);
  expect(isVetted('2606:2800:0220:0001:0248:1893:25c8:1946', vetted)).toBe(true);
  for (const other of [
    '93.184.216.35',
    '127.0.0.1',
    '::1',
    '2606:2800:220:1:248:1893:25c8:1947',
    undefined,
  ]) {
    expect(isVetted(other, vetted)).toBe(false);
  }
  expect(isVetted('93.184.216.34', [])).toBe(false);
});
