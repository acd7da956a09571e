/** What a guest tries to put into a request, and what reaches a server. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { Header } from '../../../src/platform/net.ts';
import type { Origin } from './servers/origin.ts';
import { ALLOWED_ADDRESS, createWorld, forbidden, once, origin, type World } from './world.ts';

async function setUp(): Promise<World & { server: Origin; url: string }> {
  const server = await origin((_, response) => response.end('ok'));
  const world = await createWorld({
    allow: [{ host: 'allowed.test', ports: [server.port] }],
    zone: { 'allowed.test': { a: [ALLOWED_ADDRESS] } },
  });
  return { ...world, server, url: `http://allowed.test:${server.port}/` };
}

const denied = async (headers: readonly Header[]): Promise<void> => {
  const { egress, server, dns, url } = await setUp();
  for (const header of headers) {
    const { answer } = await once(egress, { url, headers: [header] });
    expect({ header, answer }).toMatchObject({ header, answer: { kind: 'denied' } });
  }
  expect([server.connections(), dns.questions.length]).toEqual([0, 0]);
};

test('EG-SCN-017: line breaks in a value put no byte on the wire', () =>
  denied([
    ['X', 'x\r\nHost: evil'],
    ['X', 'x\nHost: evil'],
    ['X', 'x\rHost: evil'],
    ['X', 'a\0b'],
    ['X', '\u010d\u010a'],
    ['X', '\u560d\u560a'],
  ]));

test('EG-SCN-018: what is no name of a header is none', () =>
  denied([
    ['x\r\ny', '1'],
    [':path', '/x'],
    [' host', 'evil'],
    ['Transfer-Encoding ', 'chunked'],
    ['\u0130', '1'],
    ['', '1'],
    ['a:b', '1'],
    ['content\u2010length', '1'],
  ]));

test('EG-SCN-020: framing and the connection are not the guest’s', () =>
  denied([
    ['Content-Length', '0'],
    ['transfer-encoding', 'chunked'],
    ['HOST', 'evil.test'],
    ['Connection', 'keep-alive'],
    ['Keep-Alive', '1'],
    ['Upgrade', 'h2c'],
    ['Proxy-Authorization', 'Basic x'],
    ['Sec-Fetch-Site', 'none'],
    ['Expect', '100-continue'],
    ['TE', 'trailers'],
    ['Trailer', 'X'],
  ]));

test('EG-SCN-022: a request carries what the guest said and nothing of the machine’s', async () => {
  const { egress, server, url } = await setUp();
  const request = { url, headers: [['X-Own', '1']], credentials: 'include', socketPath: '/var/run/x.sock' };
  await once(egress, request as never);
  expect(server.hits[0]?.headers).toEqual({
    host: `allowed.test:${server.port}`,
    connection: 'close',
    accept: '*/*',
    'accept-encoding': expect.stringContaining('gzip'),
    'user-agent': 'citadel-sandbox',
    'x-own': '1',
  });
});

test('codings are agreed on by us, unless the guest wants none', async () => {
  const { egress, server, url } = await setUp();
  for (const headers of [
    [['Accept-Encoding', 'rot13']],
    [['accept-encoding', 'identity']],
    [['Range', 'bytes=0-1']],
  ] as const) {
    await once(egress, { url, headers });
  }
  const sent = server.hits.map(({ rawHeaders }) =>
    rawHeaders.filter((_, i) => rawHeaders[i - 1]?.toLowerCase() === 'accept-encoding' && i % 2 === 1),
  );
  expect(sent).toEqual([[expect.stringContaining('gzip')], ['identity'], ['identity']]);
});

test('EG-SCN-025: what is asked is the canonical URL that was judged, whatever else is given', async () => {
  const { egress, server } = await setUp();
  for (const text of [
    `ht\ntp://allowed.test:${server.port}/a`,
    `http://ALLOWED.test:${server.port}/a#fragment`,
    `http:\\\\allowed.test:${server.port}\\a`,
    `http://allowed.test.:${server.port}/x/../a`,
    `http://allowed\u00ad.test:${server.port}/a`,
  ]) {
    const { answer } = await once(egress, text);
    // Either refused, or what arrives is what a reader of the record believes.
    if (answer.kind === 'response') expect(answer.response.url).toBe(`http://allowed.test:${server.port}/a`);
    else expect(answer.kind).toBe('denied');
  }
  for (const hit of server.hits) {
    expect([hit.url, hit.headers['host']]).toEqual(['/a', `allowed.test:${server.port}`]);
  }
});

test('a request that is none is an answer and a record, never an exception', async () => {
  const { egress, records, url } = await setUp();
  const odd: unknown[] = [
    { url, headers: [[1, 2]] },
    { url, headers: [null] },
    { url, method: 'POST', body: 'text' },
    {
      url,
      method: 'POST',
      body: (async function* () {
        yield 'text';
      })(),
    },
  ];
  for (const request of odd) {
    const { answer } = await once(egress, request as never);
    expect(['failed', 'denied']).toContain(answer.kind);
  }
  expect(records).toHaveLength(odd.length);
});

test('a target cannot be split into two requests', async () => {
  const { egress, server, url } = await setUp();
  await once(egress, `${url}a%0d%0aHost:%20evil`);
  await once(egress, `${url}a HTTP/1.1\r\nHost: evil\r\n\r\nGET /b`);
  for (const hit of server.hits) {
    expect(hit.headers['host']).toBe(`allowed.test:${server.port}`);
    expect(hit.url).not.toContain(' ');
  }
  expect(server.hits.length).toBeLessThanOrEqual(2);
});

test('methods that are none, and those that tunnel or echo, are refused', async () => {
  const { egress, server, url } = await setUp();
  for (const method of ['CONNECT', 'TRACE', 'TRACK', 'GET /x HTTP/1.1\r\nX:', '', 'G\0T']) {
    expect((await once(egress, { url, method })).answer.kind).toBe('denied');
  }
  expect(server.connections()).toBe(0);
});

test('EG-SCN-042: an address does not inherit the right of a name that leads to it', async () => {
  const { egress } = await createWorld({ allow: ['allowed.test'], addresses: [] });
  for (const url of ['https://93.184.216.34/', 'http://127.0.0.1/', 'http://[::1]/', 'http://2130706433/']) {
    expect((await once(egress, url)).answer.kind).toBe('denied');
  }
});

test('EG-SCN-038: nothing of one request’s connection serves another', async () => {
  const { egress, server, url } = await setUp();
  const session = egress.open();
  for (let i = 0; i < 4; i++) {
    const answer = await session.fetch({ url });
    if (answer.kind === 'response') for await (const _ of answer.response.body);
  }
  session.close();
  expect([server.hits.length, server.connections()]).toEqual([4, 4]);
});

test('EG-SCN-026: a proxy in the environment is not used', async () => {
  const { server } = await setUp();
  const proxy = await forbidden(server.port);
  const script = fileURLToPath(new URL('fixtures/one-request.ts', import.meta.url));
  const through = `http://127.0.0.2:${proxy.port}`;
  const { stdout } = await promisify(execFile)(process.execPath, [script, String(server.port)], {
    env: {
      ...process.env,
      NODE_USE_ENV_PROXY: '1',
      HTTP_PROXY: through,
      http_proxy: through,
      HTTPS_PROXY: through,
      ALL_PROXY: through,
      NO_PROXY: '',
    },
  });
  expect(JSON.parse(stdout)).toEqual({ own: 'ok', plain: 'forbidden fruit' });
  expect(server.hits).toHaveLength(1);
  // The one of plain fetch, which shows that the environment was set up to be dangerous.
  expect(proxy.hits).toHaveLength(1);
});
