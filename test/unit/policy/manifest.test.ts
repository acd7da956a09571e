import { describe, expect, test } from 'vitest';
import {
  compareVersions,
  filePathProblem,
  parseManifest,
  parseVersion,
} from '../../../src/policy/manifest/index.ts';

const BASE = { name: 'geo', version: '1.2.0', runtime: 'javascript', entry: 'main.js' };
const parse = (more: object = {}): ReturnType<typeof parseManifest> =>
  parseManifest(JSON.stringify({ ...BASE, ...more }));
const mistake = (more: object): string => {
  try {
    parse(more);
  } catch (error) {
    return `${(error as { code?: string }).code}: ${(error as Error).message}`;
  }
  return 'accepted';
};

test('a manifest with the least there can be gets every default, and is frozen', () => {
  const manifest = parse();
  expect(manifest).toMatchObject({
    ...BASE,
    permissions: { network: [] },
    input: true,
    output: true,
    content: null,
    limits: {},
  });
  expect(Object.isFrozen(manifest.permissions.network)).toBe(true);
});

test('a full manifest keeps what it says, in canonical form', () => {
  const { permissions, limits, input } = parse({
    description: 'Finds places',
    author: { name: 'Ada', email: 'ada@example.com' },
    permissions: {
      network: [{ host: 'API.Example.com', methods: ['get'], paths: ['/v1'], reason: 'to look places up' }],
      addresses: [{ address: '10.1.0.0/16', reason: 'the intranet' }],
      env: [{ name: 'REGION', reason: 'which part of the world' }],
      secrets: [{ name: 'API_KEY', reason: 'to sign in' }],
      modules: [{ name: 'money', reason: 'to count' }],
    },
    input: { type: 'object', properties: { city: { type: 'string', maxLength: 80 } }, required: ['city'] },
    limits: { timeoutMs: 100 },
  });
  expect(permissions.network).toEqual([
    { host: 'api.example.com', methods: ['GET'], paths: ['/v1'], reason: 'to look places up' },
  ]);
  expect(limits).toEqual({ timeoutMs: 100 });
  expect(input).toMatchObject({ type: 'object' });
});

test.each<[string, object, string]>([
  ['an unknown key', { permision: {} }, 'permision is unknown'],
  ['a name with capitals', { name: 'Geo' }, 'name must be'],
  ['a name of 65 characters', { name: 'a'.repeat(65) }, 'name must be'],
  ['a version that is none', { version: '1.2' }, 'semantic version'],
  ['another runtime', { runtime: 'ruby' }, 'runtime must be'],
  ['an entry that leads out', { entry: '../x.js' }, 'entry must be a path'],
  ['an entry that is the manifest', { entry: 'citadel.json' }, 'another file'],
  ['a wish without a reason', { permissions: { network: [{ host: 'a.example' }] } }, 'reason is missing'],
  [
    'a reason with control characters',
    { permissions: { env: [{ name: 'A', reason: 'a\u001b[2J' }] } },
    'one line',
  ],
  ['a reason of 201 characters', { permissions: { env: [{ name: 'A', reason: 'x'.repeat(201) }] } }, '200'],
  ['every host (SG-012)', { permissions: { network: [{ host: '*', reason: 'x' }] } }, 'every host'],
  ['a list of hosts as text (SG-012)', { permissions: { network: ['*'] } }, 'must be an object'],
  [
    'a whole top-level domain (SG-012)',
    { permissions: { network: [{ host: '*.com', reason: 'x' }] } },
    'two labels',
  ],
  [
    'a URL as a host',
    { permissions: { network: [{ host: 'https://a.example/x', reason: 'x' }] } },
    'not a URL',
  ],
  [
    'files of a script',
    { permissions: { files: [{ path: '/data', access: 'read', reason: 'x' }] } },
    'leave it out',
  ],
  [
    'files within files',
    {
      runtime: 'wasm',
      permissions: {
        files: [
          { path: '/d', access: 'read', reason: 'x' },
          { path: '/d/e', access: 'write', reason: 'x' },
        ],
      },
    },
    'inside',
  ],
  [
    '101 wishes',
    { permissions: { env: Array.from({ length: 101 }, (_, i) => ({ name: `A${i}`, reason: 'x' })) } },
    'at most 100',
  ],
  ['a limit of the whole sandbox', { limits: { concurrency: 64 } }, 'leave it out'],
  ['a limit above its ceiling', { limits: { timeoutMs: 600_001 } }, 'from 1 to 600000'],
  ['a limit nobody knows', { limits: { timeoutms: 5 } }, 'unknown'],
  ['another content', { content: 'svg' }, 'content must be'],
  ['modules of another runtime', { runtime: 'python', modules: { a: 'a.js' } }, 'leave it out'],
])('%s is refused', (_, more, words) => {
  expect(mistake(more)).toContain(words);
  expect(mistake(more)).toMatch(/^MANIFEST_INVALID/);
});

describe('schemas', () => {
  test.each([
    ['GW-JSON-016 a pattern', { type: 'string', pattern: '(a+)+$' }, 'pattern is not supported'],
    [
      'GW-JSON-016 a pattern deep inside',
      { items: { anyOf: [{ not: { pattern: 'x' } }] } },
      'pattern is not supported',
    ],
    [
      'GW-JSON-016 patternProperties',
      { patternProperties: { '(a+)+$': true } },
      'patternProperties is not supported',
    ],
    ['GW-JSON-016 a format', { format: 'email' }, 'format is not supported'],
    ['a reference to itself', { $ref: '#' }, '$ref is not supported'],
    ['definitions that double', { $defs: { a: true } }, '$defs is not supported'],
    ['uniqueItems', { uniqueItems: true }, 'uniqueItems is not supported'],
    ['a type nobody knows', { type: 'text' }, 'must be one of'],
    ['a count below zero', { minLength: -1 }, 'whole number'],
    ['a text', 'string', 'must be a schema'],
  ])('refuses %s', (_, input, words) => {
    expect(mistake({ input })).toContain(words);
    expect(mistake({ output: input })).toContain(words);
  });

  test('lets in 500 schemas within each other, and not one more', () => {
    const wide = (count: number): object => ({ anyOf: Array.from({ length: count - 1 }, () => ({})) });
    expect(mistake({ input: wide(500) })).toBe('accepted');
    expect(mistake({ input: wide(501) })).toContain('more than 500');
    const deep = (levels: number): object => (levels === 0 ? {} : { not: deep(levels - 1) });
    expect(mistake({ input: deep(32) })).toBe('accepted');
    expect(mistake({ input: deep(33) })).toContain('deeper than 32');
  });
});

test('text that is not one JSON object is refused', () => {
  for (const text of [
    '',
    '[]',
    'null',
    '1',
    '{',
    '{"a":1}x',
    '\ufeff{}',
    '{"__proto__":{}}',
    '{"constructor":1}',
    `${'['.repeat(100)}`,
  ])
    expect(() => parseManifest(text)).toThrow(expect.objectContaining({ code: 'MANIFEST_INVALID' }));
});

test('versions come in the order of semver.org', () => {
  const order = [
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc.1',
    '1.0.0',
    '1.0.1',
    '1.1.0',
    '2.0.0',
    '10.0.0',
  ];
  for (const [i, a] of order.entries())
    for (const [j, b] of order.entries()) {
      const [x, y] = [parseVersion(a), parseVersion(b)];
      if (x === null || y === null) throw new Error('not read');
      expect(Math.sign(compareVersions(x, y))).toBe(Math.sign(i - j));
    }
  expect(compareVersions(parseVersion('1.0.0+a') as never, parseVersion('1.0.0+b') as never)).toBe(0);
  for (const text of [
    '1',
    '1.2',
    '01.2.3',
    '1.2.3-',
    '1.2.3-01',
    'v1.2.3',
    '1.2.3 ',
    `1.2.3-${'a'.repeat(80)}`,
    '9999999999999999.0.0',
  ])
    expect(parseVersion(text)).toBeNull();
});

test('file names are the same file everywhere', () => {
  for (const path of ['a.js', 'lib/util-2.js', 'data/ü.csv', '日本/x (1).txt', 'a_b+c@d'])
    expect(filePathProblem(path)).toBeNull();
});
