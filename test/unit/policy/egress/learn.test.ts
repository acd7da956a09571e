import { expect, test } from 'vitest';
import type { EgressRecord } from '../../../../src/core/result.ts';
import { decideUrl, minimalNetwork, parseNetworkPolicy } from '../../../../src/policy/egress/index.ts';

const record = (method: string, url: string, more: Partial<EgressRecord> = {}): EgressRecord => ({
  request: 1, hop: 0, atMs: 0, method, url, decision: 'denied', rule: null, reason: 'host-unlisted', hint: null,
  address: null, status: null, outcome: 'denied', fault: null, bytesUp: 0, bytesDown: 0, ms: 0, ...more,
}); // biome-ignore format: a record

test('what was asked for is allowed, and nothing beside it', () => {
  const asked = [
    record('GET', 'https://api.example.com/v1/a?x=…'),
    record('POST', 'https://api.example.com/v1/b'),
    record('GET', 'https://api.example.com:8443/c', { decision: 'allowed', reason: null }),
    record('GET', 'http://plain.example/'),
    record('GET', 'https://203.0.113.7/', { reason: 'address-unlisted' }),
    record('GET', 'http://[2606:4700::1]:81/', { reason: 'address-unlisted' }),
  ];
  const network = minimalNetwork(asked);
  expect(network).toEqual({
    allow: [
      { host: 'api.example.com', schemes: ['https'], methods: ['GET', 'POST'], paths: ['/v1/a', '/v1/b'] },
      { host: 'api.example.com', ports: [8443], schemes: ['https'], methods: ['GET'], paths: ['/c'] },
      { host: 'plain.example', schemes: ['http'], methods: ['GET'] },
    ],
    allowIp: ['203.0.113.7', '[2606:4700::1]:81'].sort(),
  });
  const rules = parseNetworkPolicy(network, 'network');
  for (const { url, method } of asked.slice(0, 4))
    expect(decideUrl(rules, url, method)).toMatchObject({ allowed: true });
  for (const [url, method] of [
    ['https://api.example.com/v2', 'GET'],
    ['https://api.example.com/v1/a', 'DELETE'],
    ['http://api.example.com/v1/a', 'GET'],
    ['https://plain.example/', 'GET'],
    ['https://www.api.example.com/', 'GET'],
  ] as const) {
    expect(decideUrl(rules, url, method)).toMatchObject({ allowed: false });
  }
});

test('what no rule could make up for is left out', () => {
  for (const reason of [
    'address-special',
    'url-invalid',
    'scheme',
    'header',
    'secret',
    'host-denied',
    'limit',
    'redirect',
  ]) {
    expect(minimalNetwork([record('GET', 'http://a.example/', { reason })])).toEqual({});
  }
  expect(minimalNetwork([record('GET', 'nothing'), record('GET', 'file:///etc/passwd')])).toEqual({});
  expect(minimalNetwork([record('BREW', 'https://a.example/x')])).toEqual({});
});

test('a host asked for much gets all its paths', () => {
  const many = Array.from({ length: 11 }, (_, i) => record('GET', `https://a.example/${i}`));
  expect(minimalNetwork(many)).toEqual({
    allow: [{ host: 'a.example', schemes: ['https'], methods: ['GET'] }],
  });
});
