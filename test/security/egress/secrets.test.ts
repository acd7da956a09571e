/** The guest uses a secret without having it. */
import { expect, test } from 'vitest';
import {
  createEgress,
  type EgressSession,
  type SecretProvider,
  type SecretValues,
} from '../../../src/egress/index.ts';
import { parseNetworkPolicy, parseSecrets, type SecretPolicy } from '../../../src/policy/egress/index.ts';
import type { Origin } from './servers/origin.ts';
import { ALLOWED_ADDRESS, createWorld, drain, origin, type World } from './world.ts';

const VALUE = 'sk-live-0123456789"+/=';

async function setUp(
  rule: Partial<SecretPolicy> = {},
  value: string | SecretProvider = VALUE,
): Promise<
  World & {
    server: Origin;
    session: EgressSession;
    at: (host: string, path?: string) => string;
    token: string;
  }
> {
  const server = await origin((request, response) => {
    const to = new URL(request.url ?? '', 'http://x.test').searchParams.get('to');
    if (to !== null) {
      response.writeHead(302, { Location: to });
      response.end();
      return;
    }
    // An echo, cut where it hurts.
    const text = JSON.stringify({
      url: request.url,
      headers: request.headers,
      raw: request.headers['x-key'],
    });
    response.writeHead(200, { 'X-Echo': request.headers['x-key'] ?? 'none' });
    for (const character of text) response.write(character);
    // Every character escaped, in one piece.
    const unicode = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
    response.end(`\n${Array.from(String(request.headers['x-key'] ?? ''), unicode).join('')}`);
  });
  const world = await createWorld({
    allow: [
      { host: 'api.test', ports: [server.port] },
      { host: 'other.test', ports: [server.port] },
    ],
    zone: { 'api.test': { a: [ALLOWED_ADDRESS] }, 'other.test': { a: [ALLOWED_ADDRESS] } },
    secretRules: { KEY: { hosts: [`api.test:${server.port}`], plaintext: true, ...rule } },
    secrets: { KEY: value },
  });
  const session = world.egress.open();
  const token = session.placeholders['KEY'] ?? '';
  return {
    ...world,
    server,
    session,
    token,
    at: (host, path = '/') => `http://${host}:${server.port}${path}`,
  };
}

test('a placeholder becomes the value on the way to its host, and the value a placeholder on the way back', async () => {
  const { session, server, at, token, records } = await setUp();
  expect(token).not.toContain(VALUE);
  const answer = await session.fetch({ url: at('api.test'), headers: [['X-Key', `Token ${token}`]] });
  const { text } = await drain(answer);
  expect(server.hits[0]?.headers['x-key']).toBe(`Token ${VALUE}`);
  const [json = '', escaped = ''] = text.split('\n');
  expect(JSON.parse(json).raw).toBe(`Token ${token}`);
  expect(escaped).toContain(token);
  const seen = JSON.stringify([answer, text, records]);
  expect(seen).not.toContain('sk-live');
  expect(seen).toContain(token);
  session.close();
});

test('a placeholder for another host is denied before anything leaves', async () => {
  const { session, server, at, token, dns } = await setUp();
  const asked = [
    { url: at('other.test'), headers: [['X-Key', token]] as const },
    { url: at('other.test', `/?k=${token}`) },
    { url: at('api.test', `/${token}`) },
    { url: at('api.test', `/?k=${token}`) },
  ];
  for (const request of asked) {
    expect(await session.fetch(request)).toMatchObject({ kind: 'denied', denial: { reason: 'secret' } });
  }
  expect([server.connections(), dns.questions.length]).toEqual([0, 0]);
  session.close();
});

test('a redirect does not carry a secret to another host', async () => {
  const { session, server, at, token } = await setUp();
  const url = at('api.test', `/?to=${encodeURIComponent(at('other.test'))}`);
  expect(await session.fetch({ url, headers: [['X-Key', token]] })).toMatchObject({
    kind: 'denied',
    denial: { reason: 'secret', url: at('other.test') },
  });
  expect(server.hits).toHaveLength(1);
  session.close();
});

test('a host that puts the secret into a redirect does not get it out', async () => {
  const { session, server, at, token, records } = await setUp();
  const first = await session.fetch({ url: at('api.test'), headers: [['X-Key', token]] });
  await drain(first);
  const stolen = at('other.test', `/?stolen=${encodeURIComponent(VALUE)}`);
  const answer = await session.fetch({ url: at('api.test', `/?to=${encodeURIComponent(stolen)}`) });
  expect(answer).toMatchObject({ kind: 'denied', denial: { reason: 'secret' } });
  expect(JSON.stringify([answer, records])).not.toContain('sk-live');
  expect(server.hits).toHaveLength(2);
  session.close();
});

test('a secret goes into a query when its rule says so', async () => {
  const { session, server, at, token } = await setUp({ in: ['query'] });
  const answer = await session.fetch({ url: at('api.test', `/?k=${token}&x=1`) });
  const { text } = await drain(answer);
  expect(server.hits[0]?.url).toBe(`/?k=${encodeURIComponent(VALUE)}&x=1`);
  expect(JSON.stringify([answer, text])).not.toContain('sk-live');
  expect((await session.fetch({ url: at('api.test'), headers: [['X', token]] })).kind).toBe('denied');
  session.close();
});

test('a secret as the password of basic credentials is filled in', async () => {
  const { session, server, at, token } = await setUp();
  const headers = [['Authorization', `Basic ${btoa(`user:${token}`)}`]] as const;
  const answer = await session.fetch({ url: at('api.test'), headers });
  const { text } = await drain(answer);
  expect(server.hits[0]?.headers['authorization']).toBe(`Basic ${btoa(`user:${VALUE}`)}`);
  expect(text).not.toContain(btoa(`user:${VALUE}`));
  const other = await session.fetch({ url: at('other.test'), headers });
  expect(other).toMatchObject({ kind: 'denied', denial: { reason: 'secret' } });
  session.close();
});

test('a secret does not travel without encryption unless its rule says so', async () => {
  const { session, server, at, token } = await setUp({ plaintext: false });
  expect(await session.fetch({ url: at('api.test'), headers: [['X', token]] })).toMatchObject({
    kind: 'denied',
    denial: { reason: 'secret' },
  });
  expect(server.connections()).toBe(0);
  session.close();
});

test('a provider is asked once for each run, and its failure tells the guest nothing', async () => {
  let asked = 0;
  const { egress, session, server, at, token } = await setUp({}, async () => {
    asked += 1;
    return VALUE;
  });
  for (let i = 0; i < 3; i++)
    await drain(await session.fetch({ url: at('api.test'), headers: [['X-Key', token]] }));
  expect([asked, server.hits[2]?.headers['x-key']]).toEqual([1, VALUE]);
  session.close();
  // A placeholder means nothing in another run: it is text like any other.
  const next = egress.open();
  expect(next.placeholders['KEY']).not.toBe(token);
  await drain(await next.fetch({ url: at('api.test'), headers: [['X-Key', token]] }));
  expect(server.hits[3]?.headers['x-key']).toBe(token);
  next.close();

  const broken = await setUp({}, () => {
    throw new Error('vault says: sk-live');
  });
  const answer = await broken.session.fetch({ url: broken.at('api.test'), headers: [['X', broken.token]] });
  expect(answer).toEqual({ kind: 'failed', failure: 'network' });
  broken.session.close();
});

test('a secret that cannot be meant is an error at once', async () => {
  const { net } = await createWorld({ allow: [] });
  const rules = parseNetworkPolicy({}, 'network');
  const secretRules = parseSecrets({ KEY: { hosts: ['a.test'] } }, 'secrets');
  const bad: SecretValues[] = [
    { OTHER: VALUE },
    { KEY: 'short' },
    { KEY: 'with\r\nbreaks-in-it' },
    { KEY: 5 as never },
  ];
  for (const secrets of bad) {
    expect(() => createEgress({ rules, net, secretRules, secrets })).toThrow(Object.keys(secrets)[0]);
    expect(() => createEgress({ rules, net, secretRules }).open({ secrets })).toThrow(
      Object.keys(secrets)[0],
    );
  }
});
