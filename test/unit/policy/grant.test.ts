import { describe, expect, test } from 'vitest';
import { decideUrl, parseNetworkPolicy } from '../../../src/policy/egress/index.ts';
import {
  decideGrant,
  diffPermissions,
  explainDiff,
  explainGrant,
  type Power,
} from '../../../src/policy/grant/index.ts';
import { bothAddresses, bothRules, ruleOf } from '../../../src/policy/grant/network.ts';
import { parsePolicy } from '../../../src/policy/index.ts';
import { parseManifest } from '../../../src/policy/manifest/index.ts';
import type { PluginSecurityPolicy, ResolvedPolicy } from '../../../src/policy/policy.ts';

const manifest = (permissions: object, more: object = {}): ReturnType<typeof parseManifest> =>
  parseManifest(
    JSON.stringify({
      name: 'geo',
      version: '1.0.0',
      runtime: 'javascript',
      entry: 'main.js',
      permissions,
      ...more,
    }),
  );

/** A policy as it is checked, with its network, whatever this version's sandboxes do with it. */
function policyOf({ network, ...rest }: PluginSecurityPolicy): ResolvedPolicy {
  return { ...parsePolicy(rest), network: parseNetworkPolicy(network, 'policy.network') };
}

const both = (a: unknown, b: unknown): unknown => {
  const [x, y] = [a, b].map(rule => ruleOf(parseNetworkPolicy({ allow: [rule] }, 'r').allow[0] as string));
  if (x === undefined || y === undefined) throw new Error('no rule');
  const one = bothRules(x, y);
  expect(bothRules(y, x)).toEqual(one);
  return one;
};

describe('two network rules', () => {
  test.each([
    ['api.example.com', 'api.example.com', { host: 'api.example.com' }],
    ['api.example.com', '*.example.com', { host: 'api.example.com' }],
    ['*.a.example.com', '*.example.com', { host: '*.a.example.com' }],
    ['example.com', '*.example.com', null],
    ['badexample.com', '*.example.com', null],
    ['*.badexample.com', '*.example.com', null],
    ['a.example.com', 'b.example.com', null],
    ['a.example.com:8443', 'a.example.com', null],
    ['a.example.com:443', 'a.example.com', { host: 'a.example.com', schemes: ['https'] }],
    [
      { host: 'a.example.com', ports: [80, 443, 8080] },
      { host: 'a.example.com', ports: [8080, 9090] },
      { host: 'a.example.com', ports: [8080] },
    ],
    [{ host: 'a.example.com', schemes: ['https'] }, { host: 'a.example.com', schemes: ['http'] }, null],
    [
      { host: 'a.example.com', methods: ['GET', 'POST'] },
      { host: 'a.example.com', methods: ['POST', 'PUT'] },
      { host: 'a.example.com', methods: ['POST'] },
    ],
    [{ host: 'a.example.com', methods: ['PROPFIND'] }, 'a.example.com', null],
    [
      { host: 'a.example.com', paths: ['/v1/users'] },
      { host: 'a.example.com', paths: ['/v1', '/v2'] },
      { host: 'a.example.com', paths: ['/v1/users'] },
    ],
    [{ host: 'a.example.com', paths: ['/v10'] }, { host: 'a.example.com', paths: ['/v1'] }, null],
    [{ host: 'a.example.com', paths: ['/v1'] }, 'a.example.com', { host: 'a.example.com', paths: ['/v1'] }],
  ])('%j and %j', (a, b, expected) => {
    expect(both(a, b)).toEqual(expected);
  });

  test('allow together what each allows, and nothing else, for every URL of a set', () => {
    const rules = [
      'a.example.com',
      '*.example.com',
      'a.example.com:8080',
      '*.b.example.com',
      'b.example.com',
      { host: 'a.example.com', ports: [80, 443] },
      { host: '*.example.com', schemes: ['https'] },
      { host: 'a.example.com', methods: ['GET'] },
      { host: 'a.example.com', paths: ['/v1', '/w'] },
      {
        host: '*.example.com',
        paths: ['/v1/x'],
        ports: [443, 8080],
        schemes: ['http', 'https'],
        methods: ['GET', 'POST'],
      },
    ];
    const urls = ['a.example.com', 'b.example.com', 'x.b.example.com', 'example.com'].flatMap(host =>
      ['http://', 'https://'].flatMap(scheme =>
        ['', ':80', ':443', ':8080'].flatMap(port =>
          ['/', '/v1', '/v1/x', '/v10', '/w/y'].map(path => `${scheme}${host}${port}${path}`),
        ),
      ),
    );
    for (const a of rules)
      for (const b of rules) {
        const shared = both(a, b);
        const [left, right, narrow] = [[a], [b], shared === null ? [] : [shared]].map(allow =>
          parseNetworkPolicy({ allow }, 'r'),
        );
        if (left === undefined || right === undefined || narrow === undefined) throw new Error('no rules');
        for (const url of urls)
          for (const method of ['GET', 'POST', 'DELETE']) {
            const each = decideUrl(left, url, method).allowed && decideUrl(right, url, method).allowed;
            const together = decideUrl(narrow, url, method).allowed;
            // Ports and schemes of two rules cannot always be said in one: then less is allowed, never more.
            if (together) expect(each, `${method} ${url}`).toBe(true);
          }
      }
  });

  test('of addresses never open a special block that the wider rule does not', () => {
    expect(bothAddresses('10.1.0.0/16', '10.0.0.0/8')).toBe('10.1.0.0/16');
    expect(bothAddresses('10.0.0.0/8', '10.1.2.3')).toBe('10.1.2.3');
    expect(bothAddresses('10.0.0.1', '0.0.0.0/0')).toBeNull();
    expect(bothAddresses('169.254.169.254', '169.254.0.0/16')).toBeNull();
    expect(bothAddresses('8.8.8.0/24', '0.0.0.0/0')).toBe('8.8.8.0/24');
    expect(bothAddresses('10.0.0.1:80', '10.0.0.0/8')).toBe('10.0.0.1:80');
    expect(bothAddresses('10.0.0.1:80', '10.0.0.0/8:443')).toBeNull();
    expect(bothAddresses('[::1]:8080', '::1')).toBe('[::1]:8080');
    expect(bothAddresses('127.0.0.1', '::1')).toBeNull();
  });
});

describe('a grant', () => {
  const policy = policyOf({
    network: { allow: ['*.example.com'], deny: ['admin.example.com'], denyIp: ['10.0.0.9'] },
    modules: { javascript: ['money', 'dates'] },
    env: { REGION: 'eu', TOKEN: 'x' },
    limits: { timeoutMs: 1000, memoryBytes: 32 << 20 },
  });
  const wishes = {
    network: [
      { host: 'api.example.com', reason: 'maps' },
      { host: 'evil.example', reason: 'statistics' },
      { host: '*.example.com', ports: [443, 8443], reason: 'more' },
    ],
    modules: [
      { name: 'money', reason: 'a' },
      { name: 'fs', reason: 'b' },
    ],
    env: [
      { name: 'REGION', reason: 'c' },
      { name: 'HOME', reason: 'd' },
    ],
  };

  test('holds what policy and manifest both say, and says why', () => {
    const grant = decideGrant(policy, manifest(wishes, { limits: { timeoutMs: 5000, fuel: 1000 } }));
    expect(grant.policy.env).toEqual({ REGION: 'eu' });
    expect(grant.policy.modules).toEqual({ javascript: ['money'] });
    expect(grant.policy.network?.allow).toEqual([
      { host: 'api.example.com' },
      { host: '*.example.com', schemes: ['https'] },
    ]);
    expect(grant.policy.network).toMatchObject({ deny: ['admin.example.com'], denyIp: ['10.0.0.9'] });
    expect(grant.policy.limits).toMatchObject({ timeoutMs: 1000, fuel: 1000, memoryBytes: 32 << 20 });
    expect(grant.lines.map(({ kind, verdict }) => `${kind} ${verdict}`)).toEqual([
      ...['network granted', 'network refused', 'network partly', 'modules granted', 'modules refused'],
      ...['env granted', 'env refused', 'limits partly', 'limits granted'],
    ]);
    const text = explainGrant(grant).join('\n');
    expect(text).toContain(
      'granted network api.example.com — policy.network.allow: *.example.com; the author says: "maps"',
    );
    expect(text).toContain('refused network evil.example — no rule of policy.network.allow covers it');
    expect(Object.isFrozen(grant.policy.network)).toBe(true);
  });

  test('is nothing without a manifest’s wish, whatever the policy has', () => {
    const { policy: given } = decideGrant(policy, manifest({}));
    expect(given).toMatchObject({
      env: {},
      secrets: {},
      modules: { javascript: [] },
      files: { read: [], write: [] },
    });
    expect(given.network?.allow).toEqual([]);
  });

  test('is cut down to what the caller may pass on', () => {
    const powers = (...list: Power[]): ReadonlySet<Power> => new Set(list);
    const none = decideGrant(policy, manifest(wishes), powers());
    expect(none.policy).toMatchObject({ env: {}, modules: { javascript: [] } });
    expect(none.policy.network?.allow).toEqual([]);
    expect(none.lines.every(({ verdict }) => verdict === 'refused')).toBe(true);
    expect(none.lines[0]?.why).toBe('the caller has no scope power:network');
    expect(decideGrant(policy, manifest(wishes), powers('env')).policy).toMatchObject({
      env: { REGION: 'eu' },
      modules: { javascript: [] },
    });
  });

  test('of files lies within both, and reading never becomes writing', () => {
    const files = policyOf({ files: { read: ['/data'], write: ['/out'] } });
    const wish = (path: string, access: string): unknown =>
      decideGrant(files, manifest({ files: [{ path, access, reason: 'x' }] }, { runtime: 'wasm' })).policy
        .files;
    expect(wish('/data/a', 'read')).toEqual({ read: ['/data/a'], write: [] });
    expect(wish('/', 'read')).toEqual({ read: ['/data', '/out'], write: [] });
    expect(wish('/out/x', 'read')).toEqual({ read: ['/out/x'], write: [] });
    expect(wish('/data', 'write')).toEqual({ read: [], write: [] });
    expect(wish('/database', 'read')).toEqual({ read: [], write: [] });
  });
});

describe('a change of permissions', () => {
  const diff = (before: object, after: object, more: object = {}): string[] => [
    ...explainDiff(diffPermissions(manifest(before, more), manifest(after, more))),
  ];
  const host = (name: string, extra: object = {}): object => ({
    network: [{ host: name, reason: 'r', ...extra }],
  });

  test.each<[string, object, object, string[]]>([
    ['nothing', host('a.example.com'), host('a.example.com'), []],
    ['another reason', host('a.example.com'), host('a.example.com', { reason: 'other' }), []],
    ['a narrower host', host('*.example.com'), host('a.example.com'), ['no longer network *.example.com']],
    [
      'a wider host',
      host('a.example.com'),
      host('*.example.com'),
      ['new network *.example.com; the author says: "r"'],
    ],
    [
      'another method',
      host('a.example.com', { methods: ['GET'] }),
      host('a.example.com', { methods: ['GET', 'PUT'] }),
      ['new network a.example.com GET,PUT; the author says: "r"'],
    ],
    ['a new variable', {}, { env: [{ name: 'A', reason: 'r' }] }, ['new env A; the author says: "r"']],
    ['one less', { env: [{ name: 'A', reason: 'r' }] }, {}, ['no longer env A']],
  ])('%s', (_, before, after, expected) => {
    expect(diff(before, after)).toEqual(expected);
  });

  test('counts raised and lifted limits, and a module list that is dropped', () => {
    const limits = (value?: number): object => ({ limits: value === undefined ? {} : { timeoutMs: value } });
    const widened = (a: object, b: object): number =>
      diffPermissions(manifest({}, a), manifest({}, b)).widened.length;
    expect(widened(limits(10), limits(20))).toBe(1);
    expect(widened(limits(20), limits(10))).toBe(0);
    expect(widened(limits(20), limits())).toBe(1);
    expect(widened(limits(), limits(10))).toBe(0);
    const python = (names: string[]): ReturnType<typeof parseManifest> =>
      manifest({ modules: names.map(name => ({ name, reason: 'r' })) }, { runtime: 'python' });
    expect(diffPermissions(python(['json']), python([])).widened).toEqual([
      { kind: 'modules', subject: 'every module', reason: '' },
    ]);
    expect(diffPermissions(python([]), python(['json'])).widened).toEqual([]);
  });
});
