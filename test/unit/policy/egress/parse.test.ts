import { describe, expect, test } from 'vitest';
import { SandboxError } from '../../../../src/core/errors.ts';
import {
  DEFAULT_NETWORK_LIMITS,
  NETWORK_LIMIT_NAMES,
  NETWORK_LIMITS,
  parseNetworkPolicy,
} from '../../../../src/policy/egress/index.ts';

function refusal(policy: unknown): string {
  try {
    parseNetworkPolicy(policy, 'policy.network');
  } catch (error) {
    if (error instanceof SandboxError) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error('the policy was accepted');
}

test('parseNetworkPolicy allows nothing by default', () => {
  const nothing = {
    allow: [],
    deny: [],
    allowIp: [],
    denyIp: [],
    allowHeaders: [],
    dnsPinned: false,
    limits: DEFAULT_NETWORK_LIMITS,
  };
  for (const given of [undefined, {}, { allow: undefined, limits: {} }, Object.create(null)]) {
    expect(parseNetworkPolicy(given, 'policy.network')).toEqual(nothing);
  }
});

test('parseNetworkPolicy answers with canonical rules, each once, frozen, and its own', () => {
  const policy = {
    allow: [
      'API.Example.com.',
      'api.example.com',
      '*.BÜCHER.example:8443',
      {
        host: 'a.test:81',
        methods: ['get', 'GET', 'post'],
        paths: ['/a b', '/v1/'],
        schemes: ['https'],
      },
      { host: 'b.test', ports: [443, 443, 1] },
    ],
    deny: ['*.com'],
    allowIp: ['10.0.0.0/8', '::1', '127.0.0.1/32', '[FD00::]:80', '[fd00::/8]:81', '10.0.0.0/8:82', '::/0'],
    denyIp: ['2001:DB8::/32'],
    allowHeaders: ['Cookie', 'cookie'],
    dnsPinned: true,
    limits: { requests: 5 },
  };
  const rules = parseNetworkPolicy(policy, 'policy.network');
  policy.allow.length = 0;
  policy.limits.requests = 6;
  expect(rules).toEqual({
    allow: [
      'api.example.com',
      '*.xn--bcher-kva.example:8443',
      {
        host: 'a.test',
        ports: [81],
        methods: ['GET', 'POST'],
        paths: ['/a%20b', '/v1/'],
        schemes: ['https'],
      },
      { host: 'b.test', ports: [443, 1] },
    ],
    deny: ['*.com'],
    allowIp: ['10.0.0.0/8', '::1', '127.0.0.1', '[fd00::]:80', '[fd00::/8]:81', '10.0.0.0/8:82', '::/0'],
    denyIp: ['2001:db8::/32'],
    allowHeaders: ['cookie'],
    dnsPinned: true,
    limits: { ...DEFAULT_NETWORK_LIMITS, requests: 5 },
  });
  const frozen = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    expect(Object.isFrozen(value)).toBe(true);
    for (const part of Object.values(value)) frozen(part);
  };
  frozen(rules);
});

describe('a rule that could be misread is refused', () => {
  test.each([
    ['', 'policy.network.allow[0] is empty; write a host such as "api.example.com"'],
    ['*', 'would mean every host; list the hosts'],
    ['*:443', 'would mean every host'],
    ['*.', 'would mean every host'],
    [
      '*.com',
      'would allow all of .com; name at least two labels after *., such as "*.example.com", got "*.com"',
    ],
    ['*.localhost', 'would allow all of .localhost'],
    ['*.*.com', 'may have * only as its first label'],
    ['a.*.example.com', 'may have * only as its first label'],
    ['*example.com', 'may have * only as its first label'],
    ['**.example.com', 'may have * only as its first label'],
    ['http://', 'must be a host, not a URL, got "http://"; write a host such as "api.example.com"'],
    ['https://api.example.com', 'write "api.example.com", or {"host":"api.example.com","schemes":["https"]}'],
    [
      'https://api.example.com:8443/v1/x',
      '{"host":"api.example.com:8443","schemes":["https"],"paths":["/v1/x"]}',
    ],
    ['ftp://a.test', 'must be a host, not a URL'],
    ['a.test/v1', 'must be a host alone; write { "host": …, "paths": ["/…"] }'],
    ['127.0.0.1', 'is an address; write it in network.allowIp'],
    ['127.0.0.1:80', 'is an address; write it in network.allowIp'],
    ['0x7f.1', 'is an address'],
    ['2130706433', 'is an address'],
    ['10.0.0.0/8', 'is an address'],
    ['[::1]:80', 'is an address'],
    ['::1', 'is an address'],
    ['fe80::1%eth0', 'is an address'],
    ['user@a.test', 'must be a host such as'],
    ['a b', 'must be a host such as'],
    [' a.test', 'must be a host such as'],
    ['a..test', 'must be a host such as'],
    ['.a.test', 'must be a host such as'],
    ['a.test:', 'must be a host such as'],
    ['a.test:x', 'must be a host such as'],
    ['a.test:80:81', 'must be a host such as'],
    ['a.test:0', 'must have a port from 1 to 65535'],
    ['a.test:65536', 'must have a port from 1 to 65535'],
    ['a.test:*', 'may have * only as its first label'],
    ['a.test?', 'must be a host such as'],
    ['a.test#', 'must be a host such as'],
    ['%61.test', 'must be a host such as'],
    ['a\0.test', 'must be a host such as'],
    ['a\n.test', 'must be a host such as'],
    ['a\u202e.test', 'must be a host such as'],
    ['xn--', 'must be a host such as'],
    ['1.2.3.4.5', 'must be a host such as'],
    ['a.0x', 'must be a host such as'],
    [`${'a'.repeat(64)}.test`, 'must be a host such as'],
    ['a.'.repeat(128), 'must be a host such as'],
    [7, 'must be a host such as "api.example.com" or { "host": … }, got number'],
    [null, 'got null'],
    [['a.test'], 'got an array'],
  ])('in allow: %j', (rule, message) => {
    const found = refusal({ allow: [rule] });
    expect(found).toContain(message);
    expect(found).toMatch(/^POLICY_INVALID: policy\.network\.allow\[0\] \P{Cc}{5,400}$/u);
    if (rule !== '*.com' && rule !== '*.localhost') {
      expect(refusal({ deny: ['a.test', rule] })).toMatch(/^POLICY_INVALID: policy\.network\.deny\[1\] /);
    }
  });

  test.each<readonly [rule: unknown, message: string]>([
    [{}, '.host must be a string such as "api.example.com", got undefined'],
    [{ host: 'a.test', port: 1 }, '.port is unknown; did you mean policy.network.allow[0].ports?'],
    [{ host: '*' }, '.host would mean every host'],
    [{ host: 'a.test:1', ports: [1] }, 'names a port twice; keep it in ports'],
    [
      { host: 'a.test', ports: [] },
      '.ports is empty, so the rule covers nothing; leave it out for the default',
    ],
    [{ host: 'a.test', ports: 80 }, '.ports must be an array, got number'],
    [{ host: 'a.test', ports: ['80'] }, '.ports[0] must be an integer from 1 to 65535, got string'],
    [{ host: 'a.test', ports: [0] }, '.ports[0] must be an integer from 1 to 65535, got 0'],
    [{ host: 'a.test', ports: [1.5] }, 'got 1.5'],
    [{ host: 'a.test', schemes: ['ftp'] }, '.schemes[0] must be "http" or "https", got "ftp"'],
    [
      { host: 'a.test', methods: ['CONNECT'] },
      '.methods[0] must be an HTTP method other than CONNECT and TRACE',
    ],
    [{ host: 'a.test', methods: ['*'.repeat(33)] }, '.methods[0] must be an HTTP method'],
    [{ host: 'a.test', methods: ['GET POST'] }, '.methods[0] must be an HTTP method'],
    [{ host: 'a.test', paths: ['v1'] }, '.paths[0] must start with /'],
    [{ host: 'a.test', paths: ['/v1?x'] }, 'must be a path alone'],
    [{ host: 'a.test', paths: ['/v1#x'] }, 'must be a path alone'],
    [{ host: 'a.test', paths: ['/v1/*'] }, 'must be a prefix, without *'],
    ...[
      '/a/../b',
      '/./b',
      '/%2e%2e/x',
      '/a%2fb',
      '/a%5cb',
      '/a%252fb',
      '/..;/x',
      '//a',
      '/a//b',
      '/a\\b',
      '/a\0',
    ].map(path => [{ host: 'a.test', paths: [path] }, 'must be plain: no empty or dot segments'] as const),
    [{ host: 'a.test', paths: [`/${'a'.repeat(1024)}`] }, 'must have at most 1024 characters'],
  ])('%j', (rule, message) => {
    expect(refusal({ allow: [rule] })).toContain(message);
  });

  test.each([
    [
      '10.0.0.1/8',
      'names an address inside its block; write "10.0.0.0/8" for the block or "10.0.0.1" for the address',
    ],
    ['fe80::1/64', 'write "fe80::/64" for the block or "fe80::1" for the address'],
    ['::ffff:10.0.0.0/104', 'must not be an IPv4-mapped address'],
    ['::ffff:0:0/96', 'must not be an IPv4-mapped address'],
    ['10.0.0.0/33', 'has too many bits after the slash'],
    ['::/129', 'has too many bits after the slash'],
    [
      'a.test',
      'must be an address or a block, got the name "a.test"; names go into network.allow and network.deny',
    ],
    ['a.test/8', 'got the name'],
    ['', 'must be an address or a block such as'],
    ['10.0.0.0/', 'must be an address or a block such as'],
    ['10.0.0.0/08', 'must be an address or a block such as'],
    ['10.0.0.0/-1', 'must be an address or a block such as'],
    ['10.0.0/8', 'must be an address or a block such as'],
    ['010.0.0.1', 'must be an address or a block such as'],
    ['127.1', 'must be an address or a block such as'],
    ['10.0.0.0-10.0.0.9', 'must be an address or a block'],
    ['*', 'must be an address or a block such as'],
    ['127.0.0.1:0', 'must have a port from 1 to 65535'],
    ['[::1]:65536', 'must have a port from 1 to 65535'],
    ['[::1', 'must be an address or a block such as'],
    ['fe80::1%eth0', 'must be an address or a block such as'],
    [1, 'must be a string such as "10.1.0.0/16", got number'],
  ])('in allowIp and denyIp: %j', (rule, message) => {
    expect(refusal({ allowIp: ['1.1.1.1', rule] })).toContain('policy.network.allowIp[1] ');
    expect(refusal({ allowIp: [rule] })).toContain(message);
    expect(refusal({ denyIp: [rule] })).toContain('POLICY_INVALID: policy.network.denyIp[0]');
  });

  test.each([
    [{ denyIp: ['10.0.0.1:80'] }, 'policy.network.denyIp[0] holds for every port; write "10.0.0.1"'],
    [
      { allowHeaders: ['host'] },
      'policy.network.allowHeaders[0] must be one of cookie, origin, referer, got "host"',
    ],
    [{ allowHeaders: [1] }, 'got number'],
    [{ dnsPinned: 'yes' }, 'policy.network.dnsPinned must be true or false, got string'],
    [{ allowed: [] }, 'policy.network.allowed is unknown; did you mean policy.network.allow?'],
    [{ allowedDomains: [] }, 'did you mean policy.network.allow?'],
    [{ blockedIPs: [] }, 'did you mean policy.network.denyIp?'],
    [{ maxRedirects: 3 }, 'did you mean policy.network.limits.redirects?'],
    [
      { zzz: 1 },
      'policy.network.zzz is unknown; known are allow, deny, allowIp, denyIp, allowHeaders, dnsPinned, limits',
    ],
    [{ limits: { zzz: 1 } }, 'policy.network.limits.zzz is not a limit of the network; known are requests, '],
    [{ limits: { request: 1 } }, 'did you mean requests?'],
    [{ allow: 'a.test' }, 'policy.network.allow must be an array, got string'],
    [{ allow: Array.from({ length: 1001 }, (_, i) => `a${i}.test`) }, 'at most 1000'],
    [[], 'policy.network must be an object, got an array'],
    [null, 'policy.network must be an object, got null'],
    [{ allow: [new URL('http://a.test')] }, 'must be a plain object'],
    [JSON.parse('{"__proto__":{"allow":["a.test"]}}'), 'policy.network.__proto__ is unknown'],
  ])('%#', (policy, message) => {
    expect(refusal(policy)).toContain('POLICY_INVALID: ');
    expect(refusal(policy)).toContain(message);
  });
});

describe.each(NETWORK_LIMIT_NAMES)('policy.network.limits.%s', name => {
  const { default: initial, min, ceiling } = NETWORK_LIMITS[name];
  const resolve = (value: unknown): number =>
    parseNetworkPolicy({ limits: { [name]: value } }, 'policy.network').limits[name];

  test('is accepted at its floor and its ceiling, and has a default between them', () => {
    expect([resolve(min), resolve(ceiling), resolve(undefined)]).toEqual([min, ceiling, initial]);
    expect(initial).toBeGreaterThanOrEqual(min);
    expect(initial).toBeLessThanOrEqual(ceiling);
  });

  test.each([min - 1, ceiling + 1, min + 0.5, Number.NaN, '5', null])('is refused as %j', value => {
    expect(refusal({ limits: { [name]: value } })).toMatch(
      new RegExp(
        `^LIMIT_OUT_OF_RANGE: policy\\.network\\.limits\\.${name} must be an integer from ${min} to ${ceiling}, got `,
      ),
    );
  });
});
