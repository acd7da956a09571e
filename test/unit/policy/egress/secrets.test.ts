import { describe, expect, test } from 'vitest';
import { SandboxError } from '../../../../src/core/errors.ts';
import {
  decideUrl,
  fillSecret,
  type Header,
  isSecretValue,
  parseNetworkPolicy,
  parseSecrets,
  placeholderFor,
  type RunSecret,
  refuseSecret,
  type SecretPolicy,
  secretsIn,
  type UrlClearance,
} from '../../../../src/policy/egress/index.ts';

const RULES = parseNetworkPolicy(
  { allow: ['api.test', '*.api.test', 'evil.test', 'api.test:8443'], allowIp: ['1.1.1.1'] },
  'network',
);
const cleared = (url: string, method = 'GET'): UrlClearance => {
  const decision = decideUrl(RULES, url, method);
  if (!decision.allowed) throw new Error(decision.message);
  return decision;
};
const RANDOM = Uint8Array.from({ length: 16 }, (_, i) => i * 17);
const PLACEHOLDER = placeholderFor('TOKEN', RANDOM);

function secret(policy: Partial<SecretPolicy> = {}): RunSecret {
  const rule = parseSecrets({ TOKEN: { hosts: ['api.test'], ...policy } }, 'policy.secrets')['TOKEN'];
  if (rule === undefined) throw new Error('no rule');
  return { name: 'TOKEN', rule, placeholder: PLACEHOLDER };
}

const AUTHORIZED: readonly Header[] = [
  ['Accept', '*/*'],
  ['Authorization', `Bearer ${PLACEHOLDER}`],
];
const refusal = (given: RunSecret, url: string, headers = AUTHORIZED): string | null =>
  refuseSecret(given, cleared(url), headers)?.message ?? null;

test('a placeholder holds its name and 128 random bits, and survives every encoding', () => {
  expect(PLACEHOLDER).toBe('citadel_secret_TOKEN_00112233445566778899aabbccddeeff');
  expect(encodeURIComponent(PLACEHOLDER)).toBe(PLACEHOLDER);
  expect(() => placeholderFor('TOKEN', new Uint8Array(15))).toThrow(TypeError);
});

describe('a value goes to the hosts the secret names, and nowhere else', () => {
  test.each([
    ['https://api.test/x', null],
    ['https://API.test./x', null],
    ['https://evil.test/', 'the secret TOKEN may not be sent there'],
    ['https://a.api.test/', 'the secret TOKEN may not be sent there'],
    ['https://api.test:8443/', 'the secret TOKEN may not be sent there'],
    ['https://1.1.1.1/', 'the secret TOKEN may not be sent there'],
    ['http://api.test/', 'the secret TOKEN may only be sent over https'],
  ])('%s: %s', (url, message) => {
    expect(refusal(secret(), url)).toBe(message);
  });

  test('by rules as detailed as those of network.allow', () => {
    const given = secret({ hosts: [{ host: '*.api.test', methods: ['POST'], paths: ['/v1'] }] });
    expect(refuseSecret(given, cleared('https://a.api.test/v1/x', 'POST'), AUTHORIZED)).toBeNull();
    expect(refuseSecret(given, cleared('https://a.api.test/v1/x', 'GET'), AUTHORIZED)).not.toBeNull();
    expect(refuseSecret(given, cleared('https://a.api.test/v2', 'POST'), AUTHORIZED)).not.toBeNull();
    expect(refuseSecret(given, cleared('https://a.api.test/v1/..%2fv2', 'POST'), AUTHORIZED)).not.toBeNull();
  });

  test('unencrypted where the policy says so', () => {
    expect(refusal(secret({ plaintext: true }), 'http://api.test/')).toBeNull();
  });

  test('and the hint says what would allow it', () => {
    expect(refuseSecret(secret(), cleared('https://evil.test/'), AUTHORIZED)).toMatchObject({
      allowed: false,
      reason: 'secret',
      hint: 'add "evil.test" to secrets.TOKEN.hosts',
    });
  });
});

describe('a value takes the places the secret names', () => {
  const query = `https://api.test/?key=${PLACEHOLDER}`;
  test.each([
    ['a header by default', {}, 'https://api.test/', AUTHORIZED, null],
    ['no query by default', {}, query, [], 'the secret TOKEN may not be part of a URL'],
    ['a query', { in: ['query'] }, query, [], null],
    ['a query only', { in: ['query'] }, query, AUTHORIZED, 'the secret TOKEN may not be sent in a header'],
    ['both', { in: ['query', 'header'] }, query, AUTHORIZED, null],
    [
      'no path',
      { in: ['query'] },
      `https://api.test/${PLACEHOLDER}?${PLACEHOLDER}`,
      [],
      'the secret TOKEN may not be part of a path or a host',
    ],
    [
      'no host',
      { in: ['query'], hosts: ['*.api.test'] },
      `https://${PLACEHOLDER}.api.test/`,
      [],
      'the secret TOKEN may not be part of a path or a host',
    ],
    ['the headers named', { headers: ['AUTHORIZATION'] }, 'https://api.test/', AUTHORIZED, null],
    [
      'no other header',
      { headers: ['x-key'] },
      'https://api.test/',
      AUTHORIZED,
      'the secret TOKEN may not be sent in this header',
    ],
    [
      'no name of a header',
      {},
      'https://api.test/',
      [[PLACEHOLDER, 'x']],
      'the secret TOKEN may not be a header’s name',
    ],
    [
      'no name of a header in capitals',
      {},
      'https://api.test/',
      [[PLACEHOLDER.toUpperCase(), 'x']],
      'the secret TOKEN may not be a header’s name',
    ],
  ] as const)('%s', (_, policy, url, headers, message) => {
    const given = secret(policy as Partial<SecretPolicy>);
    expect(secretsIn([given], url, headers)).toEqual([given]);
    expect(refusal(given, url, headers)).toBe(message);
  });

  test('and nothing is looked at that mentions none', () => {
    expect(secretsIn([secret()], 'https://api.test/?citadel_secret_TOKEN_', [['a', 'b']])).toEqual([]);
  });
});

describe('fillSecret', () => {
  test('puts the value into headers and the query', () => {
    const value = "a+b/c=&$&$'";
    expect(fillSecret(secret(), value, `https://api.test/?k=${PLACEHOLDER}&l=1`, AUTHORIZED)).toEqual({
      url: `https://api.test/?k=${encodeURIComponent(value)}&l=1`,
      headers: [
        ['Accept', '*/*'],
        ['Authorization', `Bearer ${value}`],
      ],
    });
  });

  test('and into what Basic authorisation encodes', () => {
    const headers: Header[] = [['authorization', `basic ${btoa(`user:${PLACEHOLDER}`)}`]];
    expect(secretsIn([secret()], 'https://api.test/', headers)).toHaveLength(1);
    expect(refusal(secret(), 'https://evil.test/', headers)).not.toBeNull();
    const [[, text = ''] = []] = fillSecret(secret(), 'p$&ssword', 'https://api.test/', headers).headers;
    expect(text).toBe(`Basic ${btoa('user:p$&ssword')}`);
  });
});

test.each([
  ['12345678', true],
  ['a b c d e', true],
  ['1234567', false],
  [' 12345678', false],
  ['12345678\n', false],
  ['1234\r\n5678', false],
  ['1234\u00005678', false],
  ['passwörter', false],
  ['x'.repeat(16_384), true],
  ['x'.repeat(16_385), false],
  [12_345_678, false],
  [undefined, false],
])('%.30j is fit to be a secret: %s', (value, isFit) => {
  expect(isSecretValue(value)).toBe(isFit);
});

describe('parseSecrets', () => {
  test('fills in the defaults, and freezes', () => {
    const rules = parseSecrets({ A_1: { hosts: ['API.test'] } }, 'policy.secrets');
    expect(rules).toEqual({ A_1: { hosts: ['api.test'], in: ['header'], headers: null, plaintext: false } });
    expect(Object.isFrozen(rules) && Object.isFrozen(rules['A_1']?.hosts)).toBe(true);
    expect(parseSecrets(undefined, 'policy.secrets')).toEqual({});
  });

  test.each([
    [{ A: {} }, 'policy.secrets.A.hosts must name at least one host'],
    [{ A: { hosts: [] } }, 'policy.secrets.A.hosts must name at least one host'],
    [{ A: { hosts: ['*'] } }, 'policy.secrets.A.hosts[0] would mean every host'],
    [{ A: { hosts: ['1.1.1.1'] } }, 'policy.secrets.A.hosts[0] is an address'],
    [{ A: { hosts: ['a.test'], value: 'abcdefgh' } }, 'policy.secrets.A must not hold the value'],
    [{ A: { hosts: ['a.test'], provider: 'x' } }, 'policy.secrets.A must not hold the value'],
    [
      { A: { hosts: ['a.test'], in: ['body'] } },
      'policy.secrets.A.in[0] must be header or query, got "body"',
    ],
    [{ A: { hosts: ['a.test'], in: [] } }, 'policy.secrets.A.in is empty'],
    [
      { A: { hosts: ['a.test'], headers: ['a b'] } },
      'policy.secrets.A.headers[0] must be the name of a header',
    ],
    [{ A: { hosts: ['a.test'], plaintext: 1 } }, 'policy.secrets.A.plaintext must be true or false'],
    [{ A: { hosts: ['a.test'], zzz: 1 } }, 'policy.secrets.A.zzz is unknown'],
    [{ 'a b': { hosts: ['a.test'] } }, 'policy.secrets["a b"] must be named with letters, digits and _'],
    [{ '1A': { hosts: ['a.test'] } }, 'must be named with letters'],
    [JSON.parse('{"__proto__":{"hosts":["a.test"]}}'), 'policy.secrets.__proto__ must be named'],
    [[], 'policy.secrets must be an object, got an array'],
    [
      Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`A${i}`, { hosts: ['a.test'] }])),
      'at most 100',
    ],
  ])('refuses case %#', (given, message) => {
    const parse = (): unknown => parseSecrets(given, 'policy.secrets');
    expect(parse).toThrow(SandboxError);
    expect(parse).toThrow(message);
    expect(parse).not.toThrow('abcdefgh');
  });
});
