/** A session as messages, and what a cell gets for messages out of order. */
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { Desk } from '../../../src/egress/index.ts';
import type { NetworkLimits } from '../../../src/policy/egress/index.ts';
import type { NetReply, NetRequestCall, NetWay } from '../../../src/protocol/net.ts';
import type { Origin } from './servers/origin.ts';
import { ALLOWED_ADDRESS, createWorld, origin, soon } from './world.ts';

interface Talk {
  readonly server: Origin;
  readonly desk: Desk;
  readonly replies: NetReply[];
  readonly ways: NetWay[];
  readonly url: string;
  /** Waits for the next reply of that kind. */
  readonly next: <K extends NetReply['op']>(op: K) => Promise<Extract<NetReply, { op: K }>>;
  readonly close: () => void;
}

async function setUp(
  answer: Parameters<typeof origin>[0],
  limits: Partial<NetworkLimits> = {},
): Promise<Talk> {
  const server = await origin(answer);
  const { egress } = await createWorld({
    allow: [{ host: 'allowed.test', ports: [server.port] }],
    zone: { 'allowed.test': { a: [ALLOWED_ADDRESS] } },
    limits,
  });
  const session = egress.open();
  const replies: NetReply[] = [];
  const ways: NetWay[] = [];
  const desk = new Desk(session, (reply, way) => {
    replies.push(reply);
    ways.push(way);
  });
  let seen = 0;
  return {
    server,
    desk,
    replies,
    ways,
    url: `http://allowed.test:${server.port}/`,
    async next(op) {
      await soon(() => replies.length).toBeGreaterThan(seen);
      const reply = replies[seen++];
      expect(reply?.op).toBe(op);
      return reply as never;
    },
    close: () => session.close(),
  };
}

const get = (id: number, url: string, body: Uint8Array<ArrayBuffer> | null = null): NetRequestCall => ({
  op: 'fetch',
  id,
  way: 'message',
  url,
  method: body === null ? 'GET' : 'POST',
  headers: [],
  body,
  redirect: 'follow',
});

test('a cell reads an answer in the sizes it asks for', async () => {
  const { desk, next, url, close } = await setUp((_, response) => response.end('0123456789'));
  expect(desk.handle(get(1, url))).toBe(true);
  expect(await next('head')).toMatchObject({ id: 1, head: { kind: 'response', status: 200, url } });
  const sizes: number[] = [];
  for (const mostBytes of [4, 100]) {
    expect(desk.handle({ op: 'read', way: 'message', id: 1, mostBytes })).toBe(true);
    const { bytes } = await next('data');
    // Nothing of a larger buffer is behind it.
    expect(bytes.buffer.byteLength).toBe(bytes.length);
    sizes.push(bytes.length);
  }
  expect(sizes).toEqual([4, 6]);
  desk.handle({ op: 'read', way: 'message', id: 1, mostBytes: 1 });
  expect(await next('end')).toEqual({ op: 'end', id: 1 });
  // The cell may not have known yet.
  expect(desk.handle({ op: 'read', way: 'message', id: 1, mostBytes: 1 })).toBe(true);
  expect(desk.handle({ op: 'cancel', way: 'message', id: 1 })).toBe(true);
  close();
});

test('a body is sent, and each answer goes where it was asked from', async () => {
  const { desk, next, ways, url, close } = await setUp((request, response, hit) => {
    request.on('end', () => response.end(hit.body));
  });
  desk.handle(get(1, url, new TextEncoder().encode('one two three')));
  await next('head');
  desk.handle({ op: 'read', id: 1, way: 'window', mostBytes: 1000 });
  expect(new TextDecoder().decode((await next('data')).bytes)).toBe('one two three');
  expect(ways).toEqual(['message', 'window']);
  close();
});

test('headers about a coding the body no longer has do not reach a guest', async () => {
  const { desk, next, url, close } = await setUp((_, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip', 'x-kept': 'yes' });
    response.end(gzipSync('plain'));
  });
  desk.handle(get(1, url));
  const { head } = await next('head');
  const names = head.kind === 'response' ? head.headers.map(([name]) => name.toLowerCase()) : [];
  expect(names).toContain('x-kept');
  expect(names).not.toContain('content-encoding');
  expect(names).not.toContain('content-length');
  desk.handle({ op: 'read', way: 'message', id: 1, mostBytes: 1000 });
  expect(new TextDecoder().decode((await next('data')).bytes)).toBe('plain');
  close();
});

test('denials and failures are told without what only the operator may know', async () => {
  const { desk, next, url, close } = await setUp((_, response) => response.destroy());
  desk.handle(get(1, 'http://evil.test/?key=1'));
  const { head } = await next('head');
  expect(head).toMatchObject({ kind: 'denied', reason: 'host-unlisted', url: 'http://evil.test/?key=…' });
  expect(head).not.toHaveProperty('hint');
  desk.handle(get(2, url));
  expect(await next('head')).toMatchObject({ head: { kind: 'failed', failure: 'network' } });
  close();
});

test('what no healthy cell sends is told apart', async () => {
  const { desk, next, url, close } = await setUp((request, response) => {
    if (request.method === 'GET') response.write('begun');
  });
  expect(desk.handle({ op: 'read', way: 'message', id: 1, mostBytes: 1 })).toBe(false);
  expect(desk.handle({ op: 'cancel', way: 'message', id: Number.NaN })).toBe(false);
  expect(desk.handle(get(0, url))).toBe(false);
  expect(desk.handle(get(1.5, url))).toBe(false);
  expect(desk.handle(get(5, url))).toBe(true);
  expect(desk.handle(get(5, url))).toBe(false);
  expect(desk.handle(get(4, url))).toBe(false);
  // Before the head.
  expect(desk.handle({ op: 'read', way: 'message', id: 5, mostBytes: 1 })).toBe(false);
  await next('head');
  for (const mostBytes of [0, -1, Number.NaN, 1.5]) {
    expect(desk.handle({ op: 'read', way: 'message', id: 5, mostBytes })).toBe(false);
  }
  expect(desk.handle({ op: 'read', way: 'message', id: 5, mostBytes: 5 })).toBe(true);
  expect(desk.handle({ op: 'read', way: 'message', id: 5, mostBytes: 5 })).toBe(false);
  await next('data');
  close();
});

test('a cancelled request is gone at once, and its place is free', async () => {
  const { desk, next, server, url, replies, close } = await setUp(
    (request, response) => {
      if (request.url === '/ok') response.end('ok');
      else response.write('begun');
    },
    { concurrency: 1 },
  );
  desk.handle(get(1, url));
  await next('head');
  desk.handle({ op: 'read', way: 'message', id: 1, mostBytes: 5 });
  await next('data');
  desk.handle({ op: 'read', way: 'message', id: 1, mostBytes: 5 });
  desk.handle({ op: 'cancel', way: 'message', id: 1 });
  desk.handle(get(2, `${url}ok`));
  expect(await next('head')).toMatchObject({ id: 2, head: { status: 200 } });
  expect(replies.filter(({ id }) => id === 1)).toHaveLength(2);
  desk.close();
  await soon(() => server.open()).toBe(0);
  expect(desk.handle({ op: 'read', way: 'message', id: 2, mostBytes: 5 })).toBe(true);
  close();
});

test('the end of the run ends a waiting read with a word', async () => {
  const { desk, next, url, close } = await setUp((_, response) => response.write('begun'));
  desk.handle(get(1, url));
  await next('head');
  desk.handle({ op: 'read', way: 'message', id: 1, mostBytes: 5 });
  await next('data');
  desk.handle({ op: 'read', way: 'message', id: 1, mostBytes: 5 });
  close();
  expect(await next('error')).toEqual({ op: 'error', id: 1, failure: 'aborted' });
});
