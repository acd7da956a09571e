/** The same controller in a real page: over the browser's fetch, with its weaker guarantees, and through a proxy. */
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { ensureChromium } from '../../../scripts/browser.ts';
import { createProxyHandler } from '../../../src/egress/index.ts';
import { serveHttp } from '../../../src/platform/node/net-serve.ts';
import type { PageAnswer, PageRequest, RequestFrom } from './fixtures/page.ts';
import type { Origin } from './servers/origin.ts';
import { ALLOWED_ADDRESS, createWorld, FORBIDDEN_ADDRESS, forbidden, origin, soon } from './world.ts';

declare const requestFrom: RequestFrom;

let browser: Browser;
let script: string;

beforeAll(async () => {
  const input = fileURLToPath(new URL('fixtures/page.ts', import.meta.url));
  const build = await rolldown({ input, platform: 'browser' });
  const { output } = await build.generate({ format: 'iife' });
  await build.close();
  script = output[0].code;
  const { executablePath, args } = ensureChromium();
  browser = await chromium.launch({
    args: [...args, '--host-resolver-rules=MAP *.test 127.0.0.1'],
    ...(executablePath === undefined ? {} : { executablePath }),
  });
}, 120_000);
afterAll(() => browser.close());

interface Setting {
  readonly page: Page;
  /** Of the page. */
  readonly own: string;
  readonly server: Origin;
  readonly ask: (request: Omit<PageRequest, 'network'> & Partial<PageRequest>) => Promise<PageAnswer>;
  readonly at: (path: string) => string;
}

/** Lets every page read it. */
const CORS: Readonly<Record<string, string>> = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': 'x-own',
  'Access-Control-Allow-Methods': 'PUT',
};

async function setUp(answer: Parameters<typeof origin>[0]): Promise<Setting> {
  const host = await origin((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' });
    response.end(`<!doctype html><script>${script.replaceAll('</script', '<\\/script')}</script>`);
  });
  const server = await origin((request, response, hit) => {
    if (request.method === 'OPTIONS') response.writeHead(204, CORS).end();
    else answer(request, response, hit);
  });
  const own = `http://page.test:${host.port}`;
  const page = await browser.newPage();
  onTestFinished(() => page.context().close());
  await page.goto(own);
  const network = { allow: [{ host: 'api.test', ports: [server.port] }] };
  return {
    page,
    own,
    server,
    ask: request => page.evaluate(given => requestFrom(given), { network, ...request }),
    at: path => `http://api.test:${server.port}${path}`,
  };
}

test('a page’s request carries nothing of the page’s', async () => {
  const { page, server, ask, at } = await setUp((_, response) => {
    response.writeHead(200, { ...CORS, 'Set-Cookie': 'planted=1' });
    response.end('hello');
  });
  await page.context().addCookies([{ name: 'session', value: 'secret', url: at('/') }]);
  const headers = [['X-Own', 'yes']] as const;
  expect(await ask({ url: at('/x'), method: 'PUT', headers, body: 'payload' })).toMatchObject({
    kind: 'response',
    status: 200,
    text: 'hello',
    end: 'end',
  });
  const hit = server.hits.find(({ method }) => method === 'PUT');
  expect(hit).toMatchObject({ url: '/x', body: 'payload', headers: { 'x-own': 'yes' } });
  expect(hit?.headers).not.toHaveProperty('cookie');
  expect(hit?.headers).not.toHaveProperty('referer');
});

test('a redirect is a failure, and nothing arrives where it leads', async () => {
  const { server, ask, at } = await setUp((request, response) => {
    if (request.url === '/go') response.writeHead(302, { ...CORS, Location: '/landed' }).end();
    else response.writeHead(200, CORS).end('landed');
  });
  expect(await ask({ url: at('/go') })).toMatchObject({ kind: 'failed' });
  expect(server.hits.map(({ url }) => url)).toEqual(['/go']);
});

test('what rules refuse does not reach the browser’s network', async () => {
  const { page, ask, server, own } = await setUp((_, response) => response.writeHead(200, CORS).end());
  const seen: string[] = [];
  page.on('request', request => seen.push(request.url()));
  for (const url of [
    `http://other.test:${server.port}/`,
    `http://127.0.0.1:${server.port}/`,
    'http://localhost/',
    'file:///etc/passwd',
    'data:text/plain,x',
    'javascript:1',
    own,
    '/relative',
  ]) {
    expect(await ask({ url })).toMatchObject({ kind: 'denied', records: [{ decision: 'denied' }] });
  }
  expect(seen).toEqual([]);
});

test('a body is cut at the limit', async () => {
  const { server, ask, at } = await setUp((_, response) => {
    response.writeHead(200, CORS);
    const timer = setInterval(() => response.write(Buffer.alloc(256 * 1024)), 1);
    response.on('close', () => clearInterval(timer));
  });
  const network = {
    allow: [{ host: 'api.test', ports: [server.port] }],
    limits: { downloadBytes: 1024 * 1024 },
  };
  const answer = await ask({ url: at('/'), network });
  expect(answer).toMatchObject({ kind: 'response', end: 'limit', records: [{ outcome: 'cut' }] });
  expect(answer.bytes).toBeLessThanOrEqual(1024 * 1024);
  await soon(() => server.open()).toBeLessThanOrEqual(1);
});

test('a page cannot pin addresses itself, and says so when asked to', async () => {
  const { ask, at } = await setUp((_, response) => response.writeHead(200, CORS).end());
  expect(await ask({ url: at('/'), network: { dnsPinned: true } })).toMatchObject({ error: 'UNENFORCEABLE' });
});

test('through the proxy a page has names pinned and redirects decided, without anybody’s CORS', async () => {
  const token = 'a-token-of-at-least-thirty-two-characters';
  // It gives no page permission, and its name is one that only the proxy can resolve.
  const { own, server, ask } = await setUp((request, response) => {
    if (request.url === '/out') response.writeHead(302, { Location: 'http://evil.example/' }).end();
    else if (request.url === '/go') response.writeHead(302, { Location: '/landed' }).end();
    else response.end('landed');
  });
  const trap = await forbidden(server.port);
  const { port } = server;
  const names = ['inside.example', 'rebound.example'];
  const world = await createWorld({
    allow: names.map(host => ({ host, ports: [port] })),
    zone: { 'inside.example': { a: [ALLOWED_ADDRESS] }, 'rebound.example': { a: [FORBIDDEN_ADDRESS] } },
  });
  const handler = createProxyHandler({
    egress: world.egress,
    clients: [{ name: 'page', token }],
    origins: [own],
  });
  const service = await serveHttp({ host: '127.0.0.1', port: 0, connections: 10 }, handler);
  onTestFinished(() => service.close(0));
  const through = {
    proxy: { url: `http://127.0.0.1:${service.port}`, token },
    network: { dnsPinned: true, allow: names.map(host => ({ host, ports: [port] })) },
  };
  const go = (path: string, host = 'inside.example'): Promise<PageAnswer> =>
    ask({ url: `http://${host}:${port}${path}`, ...through });
  expect(await go('/go')).toMatchObject({ kind: 'response', text: 'landed', end: 'end' });
  expect(await go('/out')).toMatchObject({ kind: 'denied' });
  expect(await go('/', 'rebound.example')).toMatchObject({ kind: 'failed' });
  expect(trap.connections()).toBe(0);
  const stranger = { ...through, proxy: { ...through.proxy, token: `${token}x` } };
  expect(await ask({ url: `http://inside.example:${port}/`, ...stranger })).toMatchObject({ kind: 'failed' });
});
