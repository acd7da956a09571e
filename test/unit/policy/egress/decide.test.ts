import { describe, expect, test } from 'vitest';
import {
  decideUrl,
  nextHop,
  parseNetworkPolicy,
  type UrlClearance,
} from '../../../../src/policy/egress/index.ts';
import { CANONICAL, DROPPED, NOT_A_NAME, REFUSED } from './url-cases.ts';

/** Everything the attacks are told to get around. */
const OPEN = parseNetworkPolicy(
  { allow: ['allowed.com', '*.allowed.com'], allowIp: ['0.0.0.0/0', '::/0'] },
  'network',
);
const cleared = (url: string, rules = OPEN): UrlClearance => {
  const decision = decideUrl(rules, url);
  if (!decision.allowed) throw new Error(`${url} is denied: ${decision.message}`);
  return decision;
};
const reasonFor = (policy: unknown, url: string, method?: string): string =>
  decideUrl(parseNetworkPolicy(policy, 'network'), url, method).reason;

describe.each(REFUSED)('%s is refused (%s)', (_, reason, urls) => {
  test.each(urls.map(url => [url.slice(0, 60), url] as const))('%j', (_start, url) => {
    const decision = decideUrl(OPEN, url);
    expect(decision).toMatchObject({ allowed: false, reason });
    if (decision.allowed) return;
    expect(decision.message).toMatch(/^\P{Cc}{5,200}$/u);
    expect(decision.hint).toMatch(/^\P{Cc}{5,300}$/u);
    // Nor is it followed; a text that is no URL of its own is one of the server's.
    if (URL.canParse(url)) {
      expect(nextHop(OPEN, cleared('https://allowed.com/a/b'), url, 302, []).allowed).toBe(false);
    }
  });
});

describe.each(NOT_A_NAME)('%s is refused', (_, urls) => {
  test.each(urls.map(url => [url]))('%j', url => {
    expect(decideUrl(OPEN, url).reason).toMatch(/^(?:url|host)-invalid$/);
  });
});

describe('what looks odd is decided by what it means', () => {
  test.each(CANONICAL)('%s: %j', (_, given, canonical) => {
    const decision = cleared(given);
    expect(decision.url).toBe(canonical);
    expect(`${decision.scheme}://${decision.host}`).toBe(new URL(canonical).origin);
    expect(cleared(decision.url)).toEqual(decision);
  });

  test.each(DROPPED)('%s: %j is refused', (_, url) => {
    expect(decideUrl(OPEN, url).reason).toBe('url-control');
  });
});

test('EG-SCN-042: an address in a URL needs a rule of its own, whatever names are allowed', () => {
  const names = { allow: ['allowed.com', '*.allowed.com'] };
  for (const url of ['https://93.184.216.34/', 'https://0x5db8d822/', 'https://[2606:4700::1111]/']) {
    expect(reasonFor(names, url)).toBe('address-unlisted');
  }
  expect(reasonFor({ ...names, allowIp: ['93.184.216.34'] }, 'https://93.184.216.34/')).toBe('allowed');
  expect(reasonFor({ ...names, allowIp: ['93.184.216.34'] }, 'https://93.184.216.35/')).toBe(
    'address-unlisted',
  );
  expect(reasonFor({ allowIp: ['93.184.216.0/24'] }, 'https://93.184.216.34:8443/')).toBe('port');
  expect(reasonFor({ allowIp: ['[2606:4700::]:8443'] }, 'https://[2606:4700::]:8443/')).toBe('allowed');
});

describe('names are matched by whole labels', () => {
  test.each([
    ['example.com', 'https://example.com/', 'allowed'],
    ['example.com', 'https://a.example.com/', 'host-unlisted'],
    ['*.example.com', 'https://example.com/', 'host-unlisted'],
    ['*.example.com', 'https://a.example.com/', 'allowed'],
    ['*.example.com', 'https://a.b.c.example.com/', 'allowed'],
    ['*.example.com', 'https://aexample.com/', 'host-unlisted'],
    ['*.example.com', 'https://example.com.a/', 'host-unlisted'],
    ['*.b.example.com', 'https://a.example.com/', 'host-unlisted'],
    ['BÜCHER.example', 'https://xn--bcher-kva.example/', 'allowed'],
    ['xn--bcher-kva.example', 'https://bücher.example/', 'allowed'],
    ['bücher.example', 'https://bucher.example/', 'host-unlisted'],
    ['straße.example', 'https://strasse.example/', 'host-unlisted'],
    ['example.com.', 'https://example.com/', 'allowed'],
    ['_dmarc.example.com', 'https://_dmarc.example.com/', 'allowed'],
  ])('%s and %s: %s', (rule, url, reason) => {
    expect(reasonFor({ allow: [rule] }, url)).toBe(reason);
  });
});

describe('ports', () => {
  test.each([
    [['a.test'], 'http://a.test/', 'allowed'],
    [['a.test'], 'https://a.test/', 'allowed'],
    [['a.test'], 'http://a.test:443/', 'port'],
    [['a.test'], 'https://a.test:80/', 'port'],
    [['a.test:8080'], 'http://a.test:8080/', 'allowed'],
    [['a.test:8080'], 'https://a.test:8080/', 'allowed'],
    [['a.test:8080'], 'http://a.test/', 'port'],
    [['a.test:443'], 'https://a.test/', 'allowed'],
    [['a.test:443'], 'http://a.test:443/', 'allowed'],
    [['a.test:8080', 'a.test'], 'http://a.test/', 'allowed'],
    [[{ host: 'a.test', ports: [1, 65_535] }], 'http://a.test:65535/', 'allowed'],
    [[{ host: 'a.test', ports: [1, 65_535] }], 'http://a.test:2/', 'port'],
  ])('%j and %s: %s', (allow, url, reason) => {
    expect(reasonFor({ allow }, url)).toBe(reason);
  });
});

describe('schemes and methods', () => {
  test.each([
    [{ host: 'a.test', schemes: ['https'] }, 'https://a.test/', 'GET', 'allowed'],
    [{ host: 'a.test', schemes: ['https'] }, 'http://a.test/', 'GET', 'scheme'],
    [{ host: 'a.test', methods: ['get', 'PROPFIND'] }, 'http://a.test/', 'propfind', 'allowed'],
    [{ host: 'a.test', methods: ['GET'] }, 'http://a.test/', 'POST', 'method'],
    ['a.test', 'http://a.test/', 'patch', 'allowed'],
    ['a.test', 'http://a.test/', 'PROPFIND', 'method'],
    ['a.test', 'http://a.test/', 'CONNECT', 'method'],
    ['a.test', 'http://a.test/', 'TrAcE', 'method'],
    ['a.test', 'http://a.test/', 'GET ', 'method'],
    ['a.test', 'http://a.test/', 'GET\r\nX: y', 'method'],
    ['a.test', 'http://a.test/', '', 'method'],
    ['a.test', 'http://a.test/', 'ＧＥＴ', 'method'],
  ])('%j, %s %s: %s', (rule, url, method, reason) => {
    expect(reasonFor({ allow: [rule] }, url, method)).toBe(reason);
  });

  test('addresses take the usual methods only', () => {
    expect(reasonFor({ allowIp: ['1.1.1.1'] }, 'http://1.1.1.1/', 'DELETE')).toBe('allowed');
    expect(reasonFor({ allowIp: ['1.1.1.1'] }, 'http://1.1.1.1/', 'PROPFIND')).toBe('method');
  });
});

describe('paths are prefixes of whole segments', () => {
  test.each([
    ['/v1', '/v1', true],
    ['/v1', '/v1/', true],
    ['/v1', '/v1/users?x=/../..', true],
    ['/v1', '/v10', false],
    ['/v1', '/V1', false],
    ['/v1', '/', false],
    ['/v1', '/x/v1', false],
    ['/v1', '//v1', false],
    ['/v1', '/v1/../admin', false],
    ['/v1', '/v1/%2e%2e/admin', false],
    ['/v1', '/v1/.%2E/admin', false],
    ['/v1', '/v1/..%2fadmin', false],
    ['/v1', '/v1/..%5cadmin', false],
    ['/v1', '/v1/%2e%2e%2fadmin', false],
    ['/v1', '/v1/..;/admin', false],
    ['/v1', '/v1/..;a=b/admin', false],
    ['/v1', '/v1/%252e%252e/admin', false],
    ['/v1', '/v1/%25252e%25252e%25252fadmin', false],
    ['/v1', '/v1/%2525252525252e/x', false],
    ['/v1', '/v1/a%00b', false],
    ['/v1', '/v1/a%2fb', false],
    ['/v1', '/v1\\..\\admin', false],
    ['/v1', '/%76%31/users', true],
    ['/v1', '/v1/100%/a%20b', true],
    ['/v1', '/v1/a;b=c', true],
    ['/v1', '/v1/...', true],
    ['/v1/', '/v1/', true],
    ['/v1/', '/v1/x', true],
    ['/v1/', '/v1', false],
    ['/', '/anything', true],
    ['/a b', '/a%20b/c', true],
    ['/é', '/%C3%A9', true],
    ['/é', '/%E9', false],
  ])('%s and %s: %s', (prefix, path, isAllowed) => {
    const policy = { allow: [{ host: 'a.test', paths: ['/other', prefix] }] };
    expect(reasonFor(policy, `https://a.test${path}`)).toBe(isAllowed ? 'allowed' : 'path');
  });

  test('a long path that decodes for ever is decided at once', () => {
    const policy = { allow: [{ host: 'a.test', paths: ['/v1'] }] };
    expect(reasonFor(policy, `https://a.test/v1/%${'25'.repeat(4000)}41`)).toBe('path');
  });
});

describe('deny beats allow', () => {
  test.each([
    ['bad.example.com', 'https://bad.example.com/', true],
    ['bad.example.com', 'https://bad.example.com:8443/x', true],
    ['bad.example.com', 'https://x.bad.example.com/', false],
    ['*.bad.example.com', 'https://x.y.bad.example.com/', true],
    ['*.bad.example.com', 'https://bad.example.com/', false],
    ['*.com', 'https://good.example.com/', true],
    ['good.example.com:8443', 'https://good.example.com:8443/', true],
    ['good.example.com:8443', 'https://good.example.com/', false],
    [{ host: 'a.example.com', methods: ['DELETE'] }, 'https://a.example.com/', false],
    [{ host: 'a.example.com', schemes: ['http'] }, 'http://a.example.com/', true],
    [{ host: 'a.example.com', schemes: ['http'] }, 'https://a.example.com/', false],
    ...[
      '/admin',
      '/admin/',
      '/admin/x',
      '/ADMIN/x',
      '//admin',
      '/./admin',
      '/x/../admin',
      '/x/..%2fadmin',
      '/%61dmin',
      '/%2561dmin',
      '/admin;x=y/z',
      '/a%2fb',
    ].map(
      path => [{ host: 'a.example.com', paths: ['/Admin'] }, `https://a.example.com${path}`, true] as const,
    ),
    ...['/', '/administrator', '/x/admin', '/a%20b'].map(
      path => [{ host: 'a.example.com', paths: ['/Admin'] }, `https://a.example.com${path}`, false] as const,
    ),
  ] as const)('%j denies %s: %s', (rule, url, isDenied) => {
    const allow = [{ host: '*.example.com', ports: [80, 443, 8443] }];
    const decision = decideUrl(parseNetworkPolicy({ allow, deny: [rule] }, 'network'), url);
    expect(decision.reason).toBe(isDenied ? 'host-denied' : 'allowed');
    if (isDenied) expect(decision.rule).toContain(typeof rule === 'string' ? rule : rule.host);
  });
});

describe('the hint says what would have allowed it', () => {
  test.each([
    [{}, 'https://api.example.com/x', 'add "api.example.com" to network.allow'],
    [{}, 'https://api.example.com:8443/', 'add "api.example.com:8443" to network.allow'],
    [
      {},
      'http://localhost:3000/',
      'add "localhost:3000" to network.allow and its address to network.allowIp',
    ],
    [{ allow: ['a.test'] }, 'http://a.test:81/', 'add "a.test:81" to network.allow'],
    [{}, 'http://127.0.0.1:3000/', 'add "127.0.0.1:3000" to network.allowIp'],
    [{}, 'http://[::1]:3000/', 'add "[::1]:3000" to network.allowIp'],
    [{}, 'http://1.1.1.1/', 'add "1.1.1.1" to network.allowIp'],
    [{ allow: ['*.a.test'], deny: ['b.a.test'] }, 'http://b.a.test/', 'take "b.a.test" out of network.deny'],
    [
      { allow: [{ host: 'a.test', methods: ['GET'] }] },
      'http://a.test/',
      'add "POST" to the methods of network.allow’s rule "a.test GET"',
    ],
  ])('%j and %s', (policy, url, hint) => {
    expect(decideUrl(parseNetworkPolicy(policy, 'network'), url, 'POST')).toMatchObject({ hint });
  });

  test.each([
    ['https://api.example.com/x'],
    ['https://api.example.com:8443/'],
    ['http://127.0.0.1:3000/'],
    ['http://[::1]:3000/'],
    ['https://93.184.216.34/'],
  ])('and is right about %s', url => {
    const decision = decideUrl(parseNetworkPolicy({}, 'network'), url);
    if (decision.allowed) throw new Error('allowed by nothing');
    const [, rule, key = ''] = /^add "([^"]+)" to network\.(\w+)$/.exec(decision.hint) ?? [];
    expect(reasonFor({ [key]: [rule] }, url)).toBe('allowed');
  });
});

test('rules come from parseNetworkPolicy and from nowhere else', () => {
  expect(() => decideUrl({ ...OPEN }, 'https://allowed.com/')).toThrow(TypeError);
});

test('a policy that went through JSON decides as before', () => {
  const again = parseNetworkPolicy(JSON.parse(JSON.stringify(OPEN)), 'network');
  expect(again).toEqual(OPEN);
  for (const [, , urls] of REFUSED) {
    for (const url of urls) expect(decideUrl(again, url)).toEqual(decideUrl(OPEN, url));
  }
});
