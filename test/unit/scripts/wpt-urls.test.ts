import { expect, test } from 'vitest';
import { judgeCases } from '../../../scripts/wpt-urls.ts';

test('cases the platform agrees with are no problem', () => {
  const findings = judgeCases([
    { input: 'http://a.test:81/x#y', href: 'http://a.test:81/x#y', host: 'a.test:81', hash: '#y' },
    { input: 'y', base: 'https://b.test./x', href: 'https://b.test./y', pathname: '/y' },
    { input: 'http://0x7f.1', href: 'http://127.0.0.1/', hostname: '127.0.0.1' },
    { input: 'http://134744072', href: 'http://8.8.8.8/' },
    { input: 'http://[::ffff:10.0.0.1]', href: 'http://[::ffff:a00:1]/' },
    { input: 'http://a b', failure: true },
    { input: 'mailto:x', href: 'mailto:x' },
  ]);
  expect(findings).toEqual({ cases: 7, decided: 13, allowed: 5, special: 4, problems: [] });
});

test('cases it disagrees with are', () => {
  const { problems } = judgeCases([
    { input: 'http://a.test', failure: true },
    { input: 'http://a b', href: 'http://ab/' },
    { input: 'http://a.test/x', pathname: '/y' },
  ]);
  expect(problems).toEqual([
    '"http://a.test" parses, and should not',
    '"http://a b" does not parse, and should',
    '"http://a.test/x": pathname is /x, should be /y',
  ]);
});
