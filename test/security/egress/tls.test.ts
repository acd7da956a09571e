/** Certificates are checked against the name that was asked, although the connection goes to an address. */
import { afterAll, expect, test } from 'vitest';
import { type Authority, createAuthority } from './servers/authority.ts';
import type { Origin } from './servers/origin.ts';
import { ALLOWED_ADDRESS, createWorld, once, origin, type World } from './world.ts';

const authority: Authority = createAuthority();
const stranger: Authority = createAuthority();
afterAll(() => {
  authority[Symbol.dispose]();
  stranger[Symbol.dispose]();
});

async function setUp(
  names: readonly string[],
  from: Authority = authority,
  expired = false,
): Promise<World & { server: Origin; at: (host: string) => string }> {
  const server = await origin((_, response) => response.end('secure'), {
    tls: from.issue(names, { expired }),
  });
  const world = await createWorld({
    allow: [{ host: 'allowed.test', ports: [server.port] }],
    addresses: [`${ALLOWED_ADDRESS}:${server.port}`],
    zone: { 'allowed.test': { a: [ALLOWED_ADDRESS] } },
    extraAuthorities: [authority.pem],
  });
  return { ...world, server, at: host => `https://${host}:${server.port}/` };
}

const FAILED = { kind: 'failed', failure: 'network' };

test('EG-SCN-036: a certificate of the name is accepted on a pinned address', async () => {
  const { egress, at } = await setUp(['DNS:allowed.test']);
  expect(await once(egress, at('allowed.test'))).toMatchObject({ text: 'secure', end: 'end' });
});

test('EG-SCN-036: a certificate of another name, of the address only, expired or from a stranger is refused', async () => {
  const worlds = [
    await setUp(['DNS:other.test']),
    await setUp([`IP:${ALLOWED_ADDRESS}`]),
    await setUp(['DNS:allowed.test'], authority, true),
    await setUp(['DNS:allowed.test'], stranger),
  ];
  for (const { egress, at, server, records } of worlds) {
    expect((await once(egress, at('allowed.test'))).answer).toEqual(FAILED);
    expect(server.hits).toHaveLength(0);
    expect(records).toMatchObject([{ outcome: 'failed', fault: expect.stringMatching(/^tls/) }]);
  }
});

test('an address in a URL needs a certificate that holds it', async () => {
  const good = await setUp([`IP:${ALLOWED_ADDRESS}`]);
  expect((await once(good.egress, good.at(ALLOWED_ADDRESS))).text).toBe('secure');
  const bad = await setUp(['DNS:allowed.test']);
  expect((await once(bad.egress, bad.at(ALLOWED_ADDRESS))).answer).toEqual(FAILED);
});

test('a trailing dot changes neither the name in the certificate nor the one on the wire', async () => {
  const { egress, at, server } = await setUp(['DNS:allowed.test']);
  const { answer } = await once(egress, at('allowed.test.'));
  if (answer.kind === 'response') expect(server.hits[0]?.headers['host']).toBe(`allowed.test:${server.port}`);
  else expect(answer.kind).toBe('denied');
});

test('a chain across schemes and hosts is decided and verified at each hop', async () => {
  const tls = authority.issue(['DNS:secure.test']);
  const ports = { plain: 0, secure: 0 };
  const at = (scheme: 'http' | 'https', host: string, path: string): string =>
    `${scheme}://${host}:${scheme === 'http' ? ports.plain : ports.secure}${path}`;
  const plain = await origin((request, response) => {
    if (request.url === '/end') response.end('end');
    else response.writeHead(307, { Location: at('https', String(request.url).slice(1), '/') }).end();
  });
  const secure = await origin(
    (_, response) => response.writeHead(308, { Location: at('http', 'other.test', '/end') }).end(),
    { tls },
  );
  Object.assign(ports, { plain: plain.port, secure: secure.port });
  const { egress } = await createWorld({
    allow: [
      { host: 'plain.test', ports: [ports.plain] },
      { host: 'other.test', ports: [ports.plain] },
      { host: 'secure.test', ports: [ports.secure], schemes: ['https'] },
      { host: 'wrong.test', ports: [ports.secure], schemes: ['https'] },
    ],
    zone: () => ({ a: [ALLOWED_ADDRESS] }),
    extraAuthorities: [authority.pem],
  });
  const headers = [['Authorization', 'Bearer x']] as const;
  const result = await once(egress, { url: at('http', 'plain.test', '/secure.test'), headers });
  expect(result).toMatchObject({
    text: 'end',
    answer: { response: { url: at('http', 'other.test', '/end') } },
  });
  expect(secure.hits[0]?.headers).not.toHaveProperty('authorization');
  // The certificate is not one for this name; and plain HTTP to a name for which only https is allowed is denied.
  expect((await once(egress, at('http', 'plain.test', '/wrong.test'))).answer).toEqual(FAILED);
  expect((await once(egress, `http://secure.test:${ports.secure}/`)).answer.kind).toBe('denied');
  expect(secure.hits).toHaveLength(1);
});

test('plain HTTP spoken to a TLS port, and TLS to a plain one, are failures', async () => {
  const secure = await setUp(['DNS:allowed.test']);
  const { answer } = await once(secure.egress, `http://allowed.test:${secure.server.port}/`);
  expect(answer.kind === 'response' ? answer.response.status : answer).toEqual(FAILED);
  const plain = await origin((_, response) => response.end('plain'));
  const world = await createWorld({
    allow: [{ host: 'allowed.test', ports: [plain.port] }],
    zone: { 'allowed.test': { a: [ALLOWED_ADDRESS] } },
  });
  expect((await once(world.egress, `https://allowed.test:${plain.port}/`)).answer).toEqual(FAILED);
});
