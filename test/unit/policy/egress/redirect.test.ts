import { describe, expect, test } from 'vitest';
import {
  decideUrl,
  type Header,
  nextHop,
  parseNetworkPolicy,
  type RedirectDecision,
  type UrlClearance,
} from '../../../../src/policy/egress/index.ts';

const RULES = parseNetworkPolicy(
  {
    allow: [
      { host: 'allowed.com', methods: ['GET', 'HEAD', 'POST', 'PUT'] },
      'api.allowed.com',
      { host: 'read.com', methods: ['GET'] },
    ],
    allowIp: ['0.0.0.0/0', '::/0'],
  },
  'network',
);

function from(url: string, method = 'GET'): UrlClearance {
  const decision = decideUrl(RULES, url, method);
  if (!decision.allowed) throw new Error(decision.message);
  return decision;
}

const HEADERS: readonly Header[] = [
  ['Authorization', 'Bearer x'],
  ['COOKIE', 'a=b'],
  ['X-API-Key', 'k'],
  ['Content-Type', 'text/plain'],
  ['Content-Language', 'en'],
  ['Accept', '*/*'],
];
const follow = (location: string, status = 302, method = 'GET'): RedirectDecision =>
  nextHop(RULES, from('https://allowed.com/a/b?c', method), location, status, HEADERS);

describe('EG-SCN-008: a redirect to an address that is not public is refused', () => {
  test.each([
    'http://169.254.169.254/',
    'http://169.254.169.254/latest/meta-data/iam/security-credentials/',
    'http://2852039166/',
    '//127.0.0.1/x',
    'http://[::ffff:10.0.0.1]/',
  ])('%s', location => {
    for (const status of [301, 302, 303, 307, 308]) {
      expect(follow(location, status)).toMatchObject({ allowed: false, reason: 'address-special' });
    }
  });
});

describe('EG-SCN-011: a redirect to another scheme is refused', () => {
  test.each([
    ['file:///etc/passwd', 'scheme'],
    ['data:text/plain,x', 'scheme'],
    ['javascript:alert(1)', 'scheme'],
    ['ftp://allowed.com/', 'scheme'],
    ['blob:https://allowed.com/x', 'scheme'],
    ['about:blank', 'scheme'],
    ['ws://allowed.com/', 'scheme'],
  ])('%s', (location, reason) => {
    expect(follow(location)).toMatchObject({ allowed: false, reason });
  });
});

describe('every hop is decided like a first request', () => {
  test.each([
    ['https://evil.com/', 'host-unlisted'],
    ['//evil.com/', 'host-unlisted'],
    ['/\\evil.com/', 'host-unlisted'],
    ['https://allowed.com:8443/', 'port'],
    ['https://user:pass@allowed.com/', 'url-credentials'],
    ['https://*.allowed.com/', 'host-invalid'],
    ['https://[::1', 'redirect'],
    ['http://', 'redirect'],
    ['/x\r\nSet-Cookie: a', 'redirect'],
    ['/\0', 'redirect'],
    [`/${'a'.repeat(9000)}`, 'redirect'],
    [`/${'é'.repeat(3000)}`, 'url-too-long'],
  ])('%j: %s', (location, reason) => {
    expect(follow(location)).toMatchObject({ allowed: false, reason });
  });

  test.each([
    ['', 'https://allowed.com/a/b?c'],
    ['x', 'https://allowed.com/a/x'],
    ['../x?y#z', 'https://allowed.com/x?y'],
    ['//API.allowed.com.', 'https://api.allowed.com/'],
    ['HTTP://allowed.com', 'http://allowed.com/'],
    ['?d', 'https://allowed.com/a/b?d'],
  ])('%j leads to %s', (location, url) => {
    expect(follow(location)).toMatchObject({ allowed: true, hop: { url }, clearance: { url } });
  });

  test('by the method it would have', () => {
    const post = from('https://allowed.com/', 'POST');
    expect(nextHop(RULES, post, 'https://read.com/', 302, []).allowed).toBe(true);
    expect(nextHop(RULES, post, 'https://read.com/', 307, [])).toMatchObject({
      allowed: false,
      reason: 'method',
    });
  });
});

test.each([
  [301, 'GET', 'GET'],
  [301, 'POST', 'GET'],
  [301, 'PUT', 'PUT'],
  [302, 'POST', 'GET'],
  [302, 'HEAD', 'HEAD'],
  [302, 'PUT', 'PUT'],
  [303, 'GET', 'GET'],
  [303, 'HEAD', 'HEAD'],
  [303, 'POST', 'GET'],
  [303, 'PUT', 'GET'],
  [307, 'POST', 'POST'],
  [308, 'PUT', 'PUT'],
])('after %i a %s is a %s', (status, before, after) => {
  const decision = follow('/x', status, before);
  const names = decision.allowed ? decision.hop.headers.map(([name]) => name) : [];
  const becameGet = after !== before;
  expect(decision).toMatchObject({ allowed: true, hop: { method: after, keepsBody: !becameGet } });
  expect(names.includes('Content-Type')).toBe(!becameGet);
  expect(names.includes('Content-Language')).toBe(!becameGet);
  expect(names).toContain('Authorization');
});

test.each([
  ['/x', false],
  ['https://allowed.com:443/', false],
  ['http://allowed.com/', true],
  ['https://api.allowed.com/', true],
])('a redirect to %s drops what was meant for the origin: %s', (location, crosses) => {
  const decision = follow(location);
  const names = decision.allowed ? decision.hop.headers.map(([name]) => name) : [];
  expect(decision).toMatchObject({ allowed: true, hop: { crossesOrigin: crosses } });
  expect(names).toEqual(
    crosses ? ['Content-Type', 'Content-Language', 'Accept'] : HEADERS.map(([name]) => name),
  );
});

test.each([200, 300, 304, 305, 306, 309, 404, 0])('status %i is no redirect', status => {
  expect(follow('/x', status)).toMatchObject({ allowed: false, reason: 'redirect' });
});
