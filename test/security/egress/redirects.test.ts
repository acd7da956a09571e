/** Redirects: each hop is decided before anything is sent to it. */
import { expect, test } from 'vitest';
import type { Origin } from './servers/origin.ts';
import {
  ALLOWED_ADDRESS,
  createWorld,
  FORBIDDEN_ADDRESS,
  forbidden,
  once,
  origin,
  type World,
} from './world.ts';

/** `/go?to=URL&status=N` redirects, everything else says what it was asked. */
function router(): Promise<Origin> {
  return origin((request, response) => {
    const url = new URL(request.url ?? '', 'http://x.test');
    const to = url.searchParams.get('to');
    if (to === null) {
      response.end(`at ${request.headers.host} ${request.url}`);
      return;
    }
    response.writeHead(Number(url.searchParams.get('status') ?? 302), { Location: to });
    response.end('moved');
  });
}

async function setUp(): Promise<World & { server: Origin; trap: Origin; base: string; other: string }> {
  const server = await router();
  const trap = await forbidden(server.port);
  const world = await createWorld({
    allow: [`allowed.test:${server.port}`, `other.test:${server.port}`, `trap.test:${server.port}`],
    zone: {
      'allowed.test': { a: [ALLOWED_ADDRESS] },
      'other.test': { a: [ALLOWED_ADDRESS] },
      'trap.test': { a: [FORBIDDEN_ADDRESS] },
    },
  });
  const at = (name: string): string => `http://${name}:${server.port}`;
  return { ...world, server, trap, base: at('allowed.test'), other: at('other.test') };
}

const go = (base: string, to: string, status = 302): string =>
  `${base}/go?status=${status}&to=${encodeURIComponent(to)}`;

test('EG-SCN-008: a redirect to a metadata address is refused at its hop', async () => {
  const { egress, base, records } = await setUp();
  const { answer } = await once(egress, go(base, 'http://169.254.169.254/latest/meta-data/'));
  expect(answer).toMatchObject({
    kind: 'denied',
    denial: { url: 'http://169.254.169.254/latest/meta-data/' },
  });
  expect(records.map(({ hop, decision, outcome }) => [hop, decision, outcome])).toEqual([
    [0, 'allowed', 'redirected'],
    [1, 'denied', 'denied'],
  ]);
});

test('a redirect to a name that is not allowed costs no DNS question', async () => {
  const { egress, base, dns } = await setUp();
  const { answer } = await once(egress, go(base, 'http://exfil.test/?stolen=1'));
  expect(answer).toMatchObject({ kind: 'denied', denial: { url: 'http://exfil.test/?stolen=…' } });
  expect(dns.questions.map(({ name }) => name)).not.toContain('exfil.test');
});

test('a redirect to a name with a forbidden address reaches nobody', async () => {
  const { egress, base, trap, server } = await setUp();
  const chain = go(base, go(base, `http://trap.test:${server.port}/`));
  expect((await once(egress, chain)).answer).toEqual({ kind: 'failed', failure: 'network' });
  expect(trap.connections()).toBe(0);
});

test('EG-SCN-011: a redirect to another scheme is refused', async () => {
  const { egress, base } = await setUp();
  for (const to of [
    'file:///etc/passwd',
    'data:text/plain,hi',
    'javascript:alert(1)',
    'ftp://allowed.test/',
    'gopher://127.0.0.1:6379/_x',
    'blob:https://allowed.test/x',
  ]) {
    for (const status of [301, 302, 303, 307, 308]) {
      expect((await once(egress, go(base, to, status))).answer).toMatchObject({ kind: 'denied' });
    }
  }
});

test('EG-SCN-014: what looks like a redirect without being one is not followed', async () => {
  const server = await origin((_, response) => {
    response.writeHead(200, {
      Refresh: '0;url=http://trap.test/',
      Link: '<http://trap.test/x.css>; rel=preload',
      Location: 'http://trap.test/',
      'Content-Location': 'http://trap.test/',
    });
    response.end('<meta http-equiv=refresh content="0;url=http://trap.test/">');
  });
  const { egress, dns } = await createWorld({
    allow: [`allowed.test:${server.port}`, 'trap.test'],
    zone: { 'allowed.test': { a: [ALLOWED_ADDRESS] } },
  });
  const { answer } = await once(egress, `http://allowed.test:${server.port}/`);
  expect(answer).toMatchObject({ kind: 'response', response: { status: 200, redirected: false } });
  expect(new Set(dns.questions.map(({ name }) => name))).toEqual(new Set(['allowed.test']));
});

test('EG-SCN-016: an alternative service is not used', async () => {
  const server = await origin((_, response) => {
    response.writeHead(200, {
      'Alt-Svc': `h3="${FORBIDDEN_ADDRESS}:443", http/1.1="${FORBIDDEN_ADDRESS}:80"`,
    });
    response.end('ok');
  });
  const trap = await forbidden(server.port);
  const { egress } = await createWorld({
    allow: [`allowed.test:${server.port}`],
    zone: { 'allowed.test': { a: [ALLOWED_ADDRESS] } },
  });
  for (let i = 0; i < 3; i++)
    expect((await once(egress, `http://allowed.test:${server.port}/`)).text).toBe('ok');
  expect([server.hits.length, trap.connections()]).toEqual([3, 0]);
});

test('a chain within one host is followed, and one hop too many is refused', async () => {
  const loop = await origin((request, response) => {
    const left = Number(request.url?.slice(1));
    if (left === 0) response.end('end');
    else response.writeHead(308, { Location: `/${left - 1}` }).end();
  });
  const world = await createWorld({
    allow: [`loop.test:${loop.port}`],
    zone: { 'loop.test': { a: [ALLOWED_ADDRESS] } },
  });
  const { redirects } = world.egress.limits;
  const at = (hops: number): string => `http://loop.test:${loop.port}/${hops}`;
  const last = await once(world.egress, at(redirects));
  expect(last).toMatchObject({
    text: 'end',
    answer: { kind: 'response', response: { redirected: true, url: at(0) } },
  });
  expect((await once(world.egress, at(redirects + 1))).answer).toMatchObject({
    kind: 'denied',
    denial: { reason: 'redirect' },
  });
});

test('another origin gets neither credentials nor the body they came with', async () => {
  const { egress, base, other, server } = await setUp();
  const headers = [
    ['Authorization', 'Bearer abc'],
    ['X-Kept', 'yes'],
    ['Content-Type', 'text/plain'],
  ] as const;
  const body = new TextEncoder().encode('payload');
  await once(egress, { url: go(base, `${other}/x`, 303), method: 'POST', headers, body });
  expect(server.hits[1]).toMatchObject({ method: 'GET', body: '', headers: { 'x-kept': 'yes' } });
  expect(server.hits[1]?.headers['authorization']).toBeUndefined();
  expect(server.hits[1]?.headers['content-type']).toBeUndefined();
  await once(egress, { url: go(base, `${base}/same`, 307), method: 'POST', headers, body });
  expect(server.hits[3]).toMatchObject({
    method: 'POST',
    body: 'payload',
    headers: { authorization: 'Bearer abc', 'content-type': 'text/plain' },
  });
});

test('a body that was a stream is not sent a second time', async () => {
  const { egress, base, server } = await setUp();
  const { answer } = await once(egress, {
    url: go(base, `${base}/again`, 307),
    method: 'PUT',
    body: (async function* () {
      yield new Uint8Array([97]);
    })(),
  });
  expect(answer).toEqual({ kind: 'failed', failure: 'network' });
  expect(server.hits).toHaveLength(1);
});

test('a redirect is handed over, or is a failure, when the guest asks for that', async () => {
  const { egress, base, server } = await setUp();
  const url = go(base, 'http://169.254.169.254/');
  expect((await once(egress, { url, redirect: 'manual' })).answer).toMatchObject({
    kind: 'response',
    response: { status: 302 },
  });
  expect((await once(egress, { url, redirect: 'error' })).answer).toEqual({
    kind: 'failed',
    failure: 'network',
  });
  expect(server.hits).toHaveLength(2);
});

test('two different targets in one response are none', async () => {
  const server = await origin((_, response) => {
    response.writeHead(302, [
      ['Location', '/a'],
      ['Location', '/b'],
    ] as never);
    response.end();
  });
  const { egress } = await createWorld({
    allow: [`allowed.test:${server.port}`],
    zone: { 'allowed.test': { a: [ALLOWED_ADDRESS] } },
  });
  expect((await once(egress, `http://allowed.test:${server.port}/`)).answer.kind).toBe('failed');
  expect(server.hits).toHaveLength(1);
});
