/** The egress proxy: who may use it, and that it is the same enforcer. */
import { expect, onTestFinished, test } from 'vitest';
import {
  createEgress,
  createProxyHandler,
  type EgressRecord,
  type ProxyClient,
  type ProxyOptions,
} from '../../../src/egress/index.ts';
import { createSandbox } from '../../../src/index.ts';
import { createProxyNet } from '../../../src/platform/net-proxy.ts';
import { serveHttp } from '../../../src/platform/node/net-serve.ts';
import { parseNetworkPolicy } from '../../../src/policy/egress/index.ts';
import type { Origin } from './servers/origin.ts';
import {
  ALLOWED_ADDRESS,
  createWorld,
  drain,
  FORBIDDEN_ADDRESS,
  forbidden,
  once,
  origin,
  soon,
  type World,
} from './world.ts';

const TOKEN = 'a-token-of-at-least-thirty-two-characters';
const ORIGIN = 'https://app.test';

interface Proxied {
  readonly world: World;
  readonly server: Origin;
  readonly trap: Origin;
  /** Where the proxy listens. */
  readonly url: string;
  readonly port: number;
  readonly close: (graceMs: number) => Promise<void>;
  readonly records: [string, EgressRecord][];
}

async function setUp(
  options: Partial<ProxyOptions> & { limits?: ProxyClient['limits'] } = {},
  answer: Parameters<typeof origin>[0] = (request, response, hit) =>
    request.on('end', () => response.end(`${hit.method} ${request.url} ${hit.body.length}`)),
): Promise<Proxied> {
  const server = await origin(answer);
  const trap = await forbidden(server.port);
  const port = server.port;
  const world = await createWorld({
    allow: [
      { host: 'allowed.test', ports: [port] },
      { host: 'rebound.test', ports: [port] },
    ],
    zone: { 'allowed.test': { a: [ALLOWED_ADDRESS] }, 'rebound.test': { a: [FORBIDDEN_ADDRESS] } },
  });
  const records: [string, EgressRecord][] = [];
  const { limits, ...rest } = options;
  const handler = createProxyHandler({
    egress: world.egress,
    clients: [{ name: 'page', token: TOKEN, ...(limits === undefined ? {} : { limits }) }],
    origins: [ORIGIN],
    record: (client, entry) => records.push([client, entry]),
    ...rest,
  });
  const service = await serveHttp({ host: '127.0.0.1', port: 0, connections: 100 }, handler);
  onTestFinished(() => service.close(0));
  const url = `http://127.0.0.1:${service.port}`;
  return { world, server, trap, url, port, close: ms => service.close(ms), records };
}

/** A page that allows everything: what holds is the proxy's. */
function pageOf(
  { url, port }: Proxied,
  token = TOKEN,
  hosts = ['allowed.test', 'rebound.test', 'evil.test'],
) {
  const rules = parseNetworkPolicy(
    { allow: hosts.map(host => ({ host, ports: [port] })), dnsPinned: true },
    'network',
  );
  return createEgress({ rules, net: createProxyNet({ url, token }) });
}

test('a page behind the proxy gets what it may have, bodies both ways', async () => {
  const proxied = await setUp();
  const page = pageOf(proxied);
  const at = `http://allowed.test:${proxied.port}/x`;
  expect(await once(page, at)).toMatchObject({ text: 'GET /x 0', end: 'end' });
  const body = new Uint8Array(3_000_000);
  expect(await once(page, { url: at, method: 'PUT', body })).toMatchObject({ text: 'PUT /x 3000000' });
  expect(proxied.records).toMatchObject([
    ['page', { decision: 'allowed', address: ALLOWED_ADDRESS }],
    ['page', { decision: 'allowed', bytesUp: expect.any(Number) }],
  ]);
});

test('the proxy decides for itself: names, and the addresses they lead to', async () => {
  const proxied = await setUp();
  const page = pageOf(proxied);
  expect((await once(page, `http://evil.test:${proxied.port}/`)).answer).toMatchObject({
    kind: 'denied',
    denial: { reason: 'proxy' },
  });
  expect((await once(page, `http://rebound.test:${proxied.port}/`)).answer).toEqual({
    kind: 'failed',
    failure: 'network',
  });
  expect(proxied.trap.connections()).toBe(0);
  expect(proxied.world.dns.questions.map(({ name }) => name)).not.toContain('evil.test');
});

test('redirects through the proxy are decided by the page as well', async () => {
  const proxied = await setUp({}, (request, response) => {
    if (request.url === '/end') response.end('end');
    else response.writeHead(302, { Location: request.url === '/out' ? 'http://evil.test/' : '/end' }).end();
  });
  const page = pageOf(proxied, TOKEN, ['allowed.test']);
  const at = (path: string): string => `http://allowed.test:${proxied.port}${path}`;
  expect((await once(page, at('/go'))).text).toBe('end');
  expect((await once(page, at('/out'))).answer).toMatchObject({ kind: 'denied' });
});

test('without the token nothing happens, and every wrong one looks alike', async () => {
  const proxied = await setUp();
  const wrong = [
    undefined,
    '',
    TOKEN,
    'Bearer ',
    `Bearer ${TOKEN.slice(0, -1)}`,
    `Bearer ${TOKEN}x`,
    `Basic ${TOKEN}`,
    `Bearer ${TOKEN} ${TOKEN}`,
  ];
  for (const authorization of wrong) {
    const response = await fetch(`${proxied.url}/v1/fetch`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/x-citadel-egress',
        ...(authorization === undefined ? {} : { Authorization: authorization }),
      },
      body: 'x',
    });
    expect([authorization, response.status, await response.text()]).toEqual([authorization, 401, '']);
  }
  expect((await once(pageOf(proxied, `${TOKEN}x`), `http://allowed.test:${proxied.port}/`)).answer).toEqual({
    kind: 'failed',
    failure: 'network',
  });
  expect(proxied.server.connections()).toBe(0);
});

test('only named origins may call, and a preflight says so', async () => {
  const proxied = await setUp();
  const preflight = (from: string): Promise<Response> =>
    fetch(`${proxied.url}/v1/fetch`, {
      method: 'OPTIONS',
      headers: {
        Origin: from,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Private-Network': 'true',
      },
    });
  const good = await preflight(ORIGIN);
  expect(good.status).toBe(204);
  expect(Object.fromEntries(good.headers)).toMatchObject({
    'access-control-allow-origin': ORIGIN,
    'access-control-allow-methods': 'POST',
    'access-control-allow-private-network': 'true',
    vary: 'Origin',
  });
  expect(good.headers.get('access-control-allow-credentials')).toBeNull();
  for (const from of [
    'https://evil.test',
    'null',
    'https://app.test.evil.test',
    'http://app.test',
    'https://app.test:444',
  ]) {
    const response = await preflight(from);
    expect([from, response.status, response.headers.get('access-control-allow-origin')]).toEqual([
      from,
      403,
      null,
    ]);
  }
  const withToken = await fetch(`${proxied.url}/v1/fetch`, {
    method: 'POST',
    headers: {
      Origin: 'https://evil.test',
      Authorization: `Bearer ${TOKEN}`,
      'Content-Type': 'application/x-citadel-egress',
    },
    body: 'x',
  });
  expect(withToken.status).toBe(403);
});

test('heads that no client of ours sends are refused', async () => {
  const proxied = await setUp();
  const send = async (body: Uint8Array<ArrayBuffer>): Promise<number> => {
    const response = await fetch(`${proxied.url}/v1/fetch`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/x-citadel-egress' },
      body,
    });
    await response.arrayBuffer();
    return response.status;
  };
  const head = (value: unknown, length?: number): Uint8Array<ArrayBuffer> => {
    const text = new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
    const bytes = new Uint8Array(4 + text.length);
    new DataView(bytes.buffer).setUint32(0, length ?? text.length);
    bytes.set(text, 4);
    return bytes;
  };
  const good = { url: `http://allowed.test:${proxied.port}/`, method: 'GET', headers: [], hasBody: false };
  expect(await send(head(good))).toBe(200);
  for (const bad of [
    head('not json'),
    head('null'),
    head([]),
    head({ ...good, url: 1 }),
    head({ ...good, headers: {} }),
    head({ ...good, headers: [['a', 1]] }),
    head({ ...good, headers: [['a']] }),
    head({ ...good, headers: Array.from({ length: 1001 }, () => ['a', 'b']) }),
    head({ ...good, hasBody: 'no' }),
    head(good, 0xffffffff),
    head(good, 1_000_000),
    head(good).slice(0, 3),
    new Uint8Array(0),
  ]) {
    expect(await send(bad)).toBe(400);
  }
  expect(await send(head({ ...good, url: 'http://169.254.169.254/' }))).toBe(200);
  expect(proxied.records.at(-1)).toMatchObject(['page', { decision: 'denied' }]);
});

test('a token has limits of its own', async () => {
  const proxied = await setUp({ limits: { requests: 2 } });
  const page = pageOf(proxied);
  const at = `http://allowed.test:${proxied.port}/`;
  expect((await once(page, at)).end).toBe('end');
  expect((await once(page, at)).end).toBe('end');
  expect((await once(page, at)).answer).toMatchObject({ kind: 'denied', denial: { reason: 'proxy' } });
  expect(proxied.server.hits).toHaveLength(2);
});

test('a client that leaves takes its request with it', async () => {
  const proxied = await setUp({}, (_, response) => {
    response.writeHead(200);
    response.write('begun');
  });
  const session = pageOf(proxied).open();
  const answer = await session.fetch({ url: `http://allowed.test:${proxied.port}/` });
  expect(answer.kind).toBe('response');
  session.close();
  await soon(() => proxied.server.open()).toBe(0);
  expect(await drain(answer)).toMatchObject({ end: 'aborted' });
});

test('a transfer that breaks behind the proxy is not taken for its end', async () => {
  const proxied = await setUp({}, (_, response) => {
    response.writeHead(200, { 'Content-Length': '1000' });
    response.write('part', () => response.destroy());
  });
  const result = await once(pageOf(proxied), `http://allowed.test:${proxied.port}/`);
  expect(result.end).toBe('network');
});

test('closing lets what is under way end, and ends it when the time is over', async () => {
  let release = (): void => {};
  const proxied = await setUp({}, (_, response) => {
    response.write('begun ');
    release = () => response.end('ended');
  });
  const page = pageOf(proxied);
  const first = once(page, `http://allowed.test:${proxied.port}/`);
  await soon(() => proxied.server.hits.length).toBe(1);
  const closed = proxied.close(60_000);
  release();
  expect((await first).text).toBe('begun ended');
  await closed;

  const hanging = await setUp({}, (_, response) => response.write('begun'));
  const second = once(pageOf(hanging), `http://allowed.test:${hanging.port}/`);
  await soon(() => hanging.server.hits.length).toBe(1);
  await hanging.close(50);
  expect((await second).end).toBe('network');
});

test('a proxy without clients, with short tokens or odd origins is a mistake at once', async () => {
  const { world } = await setUp();
  const make = (options: Partial<ProxyOptions>) => () =>
    createProxyHandler({ egress: world.egress, clients: [{ name: 'a', token: TOKEN }], ...options });
  expect(make({})).not.toThrow();
  expect(make({ clients: [] })).toThrow('client');
  expect(make({ clients: [{ name: 'a', token: 'short' }] })).toThrow('32');
  for (const bad of ['*', 'null', 'app.test', 'https://app.test/', 'file:///x']) {
    expect(make({ origins: [bad] }), bad).toThrow('origin');
  }
});

test('a sandbox sends what its plugins ask for through the proxy, and both decide', async () => {
  const { url, port, trap, records } = await setUp();
  const hosts = ['allowed.test', 'rebound.test', 'evil.test'];
  await using sandbox = createSandbox({
    policy: { network: { allow: hosts.map(host => ({ host, ports: [port] })), dnsPinned: true } },
    egressProxy: { url, token: TOKEN },
  });
  const ask = (code: string): ReturnType<typeof sandbox.run> => sandbox.run({ runtime: 'javascript', code });
  const get = (host: string): string => `await (await fetch('http://${host}:${port}/x')).text()`;
  expect(await ask(get('allowed.test'))).toMatchObject({ data: 'GET /x 0' });
  // Refused here, refused there, and a name that leads where nobody may go.
  expect(await ask(get('other.test'))).toMatchObject({ error: { code: 'POLICY_DENIED' } });
  const there = await ask(get('evil.test'));
  expect(there.report.egress).toMatchObject([{ decision: 'denied', reason: 'proxy' }]);
  expect(await ask(get('rebound.test'))).toMatchObject({ error: { code: 'GUEST_ERROR' } });
  expect(trap.connections()).toBe(0);
  expect(records.map(([client]) => client)).toEqual(['page', 'page', 'page']);
});
