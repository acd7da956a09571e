import { expect, test } from 'vitest';
import { checkLockfile } from '../../../scripts/lockfile.ts';

const lock = (packages: Record<string, object>): string => JSON.stringify({ lockfileVersion: 3, packages });
const SUM = { version: '1.0.0', integrity: 'sha512-AAAA' };

test('a lockfile passes when every package has a checksum and no address', () => {
  expect(
    checkLockfile(
      lock({
        '': { version: '1.0.0' },
        'node_modules/tool': { ...SUM, optionalDependencies: { '@tool/linux': '1.0.0' } },
        'node_modules/tool/node_modules/@tool/linux': SUM,
      }),
    ),
  ).toEqual([]);
});

test.each([
  ['names an address', { ...SUM, resolved: 'https://example.com/tool.tgz' }, 'names an address'],
  ['lacks a checksum', { version: '1.0.0' }, 'has no integrity'],
  ['leaves out a platform', { ...SUM, optionalDependencies: { '@tool/mac': '1.0.0' } }, 'wants @tool/mac'],
])('a lockfile is refused when it %s', (_, locked, complaint) => {
  expect(checkLockfile(lock({ 'node_modules/tool': locked }))).toEqual([expect.stringContaining(complaint)]);
});
