/** Cookies of a run, and requests through a proxy: what only Node.js can serve both ends of. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEgress, createProxyHandler } from '../../../src/egress/index.ts';
import { createNodeNet } from '../../../src/platform/node/net.ts';
import { serveHttp } from '../../../src/platform/node/net-serve.ts';
import { parseNetworkPolicy } from '../../../src/policy/egress/index.ts';
import { RunCookies } from '../../../src/workflow/http/cookies.ts';
import {
  type Config,
  createWorkflowEngine,
  type RunRecord,
  type WorkflowEngineOptions,
} from '../../../src/workflow.ts';

const asked: string[] = [];
let port = 0;

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://x');
  asked.push(`${request.headers.host?.split(':')[0]}${url.pathname} ${request.headers.cookie ?? '-'}`);
  const set = url.searchParams.getAll('set');
  if (set.length > 0) response.setHeader('set-cookie', set);
  const to = url.searchParams.get('to');
  if (to !== null) response.writeHead(302, { location: to });
  response.end('ok');
}

const server = createServer(answer);
beforeAll(async () => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  asked.length = 0;
});

const network = () => ({ allow: [`localhost:${port}`], allowIp: [`127.0.0.1:${port}`, '::1'] });

/** Nodes in a line, each with its config. */
async function line(configs: readonly Config[], options: WorkflowEngineOptions = {}): Promise<RunRecord> {
  await using engine = createWorkflowEngine({
    policies: { default: { network: network() }, other: { network: network() } },
    ...options,
  });
  return await engine.run({
    version: 1,
    nodes: [
      { id: 'in', kind: 'input' },
      ...configs.map((config, i) => ({ id: `n${i}`, kind: 'http', config })),
    ],
    edges: configs.map((_, i) => ({ from: i === 0 ? 'in' : `n${i - 1}`, to: `n${i}` })),
  });
}
const at = (path: string, host = 'localhost'): string => `http://${host}:${port}${path}`;
const setting = (...cookies: string[]): string =>
  `?${cookies.map(cookie => `set=${encodeURIComponent(cookie)}`).join('&')}`;

describe('cookies of a run', () => {
  it('go back to whom they came from, in all nodes that say so', async () => {
    const record = await line([
      { url: at(`/login${setting('id=1; HttpOnly', 'theme=dark; Path=/app')}`), cookies: 'run' },
      { url: at('/app/x'), cookies: 'run' },
      { url: at('/'), cookies: 'run' },
      { url: at('/app/x', '127.0.0.1'), cookies: 'run' },
      { url: at('/app/x') },
    ]);
    expect(record.status).toBe('success');
    expect(asked).toEqual([
      'localhost/login -',
      'localhost/app/x theme=dark; id=1',
      'localhost/ id=1',
      '127.0.0.1/app/x -',
      'localhost/app/x -',
    ]);
  });

  it('are set and sent on the way of a redirect, and to no other host', async () => {
    const there = encodeURIComponent(at('/there', '127.0.0.1'));
    await line([
      {
        url: at(`/a${setting('a=1; Path=/')}&to=${encodeURIComponent('/b?set=b%3D2&to=/c')}`),
        cookies: 'run',
      },
      { url: at(`/d?to=${there}`), cookies: 'run' },
    ]);
    expect(asked).toEqual([
      'localhost/a -',
      'localhost/b a=1',
      'localhost/c a=1; b=2',
      'localhost/d a=1; b=2',
      '127.0.0.1/there -',
    ]);
  });

  it('end with the run, and are one policy’s', async () => {
    await using engine = createWorkflowEngine({ policies: { default: { network: network() } } });
    const workflow = {
      version: 1 as const,
      nodes: [
        { id: 'in', kind: 'input' },
        { id: 'a', kind: 'http', config: { url: at(`/a${setting('a=1; Path=/')}`), cookies: 'run' } },
      ],
      edges: [{ from: 'in', to: 'a' }],
    };
    await Promise.all([engine.run(workflow), engine.run(workflow)]);
    await engine.run(workflow);
    expect(asked).toEqual(['localhost/a -', 'localhost/a -', 'localhost/a -']);
    asked.length = 0;
    await line([
      { url: at(`/a${setting('a=1; Path=/')}`), cookies: 'run' },
      { url: at('/b'), cookies: 'run', policy: 'other' },
    ]);
    expect(asked).toEqual(['localhost/a -', 'localhost/b -']);
  });

  it('are counted as what is sent', async () => {
    const policies = {
      default: { network: { ...network(), limits: { uploadBytes: 4_000, requestHeaderBytes: 3_000 } } },
    };
    const value = 'x'.repeat(2_500);
    const fits = await line([{ url: at(`/a${setting(`a=${value.slice(0, 900)}`)}`), cookies: 'run' }, { url: at('/b'), cookies: 'run' }], { policies });
    expect(fits.nodes['n1']?.usage.uploadBytes).toBeGreaterThan(900);
    const set = `/a${setting(`a=${value}`)}&more=${'y'.repeat(100)}`;
    const record = await line(
      [
        { url: at(set), cookies: 'run' },
        { url: at(`/a${setting(`b=${value.slice(0, 600)}`)}`), cookies: 'run' },
        { url: at('/c'), cookies: 'run' },
      ],
      { policies },
    );
    expect(record.error).toMatchObject({ code: 'POLICY_DENIED', node: 'n2', message: expect.stringContaining('headers') });
  }); // biome-ignore format: long lines

  it.each<[string, string, string, string, string | null]>([
    ['its domain', 'https://a.example.com/', 'a=1; Domain=example.com', 'https://b.example.com/x', 'a=1'],
    ['its host alone', 'https://a.example.com/', 'a=1', 'https://b.a.example.com/', null],
    ['not another’s domain', 'https://a.example.com/', 'a=1; Domain=example.org', 'https://example.org/', null],
    ['not a public suffix', 'https://a.example.com/', 'a=1; Domain=com', 'https://b.example.com/', null],
    ['not a public suffix of two labels', 'https://a.co.uk/', 'a=1; Domain=co.uk', 'https://b.co.uk/', null],
    ['not a suffix of a hoster', 'https://a.github.io/', 'a=1; Domain=github.io', 'https://b.github.io/', null],
    ['not a longer name with the same end', 'https://example.com/', 'a=1; Domain=example.com', 'https://evilexample.com/', null],
    ['its path', 'https://example.com/a/b', 'a=1; Path=/a', 'https://example.com/a/c', 'a=1'],
    ['not half a segment', 'https://example.com/a/b', 'a=1; Path=/a', 'https://example.com/ab', null],
    ['its folder by default', 'https://example.com/a/b', 'a=1', 'https://example.com/', null],
    ['https alone', 'https://example.com/', 'a=1; Secure', 'http://example.com/', null],
    ['https alone on this machine too', 'http://localhost/', 'a=1; Secure', 'http://localhost/', null],
    ['not what http calls secure', 'http://example.com/', 'a=1; Secure', 'https://example.com/', null],
    ['not a prefix it does not deserve', 'https://example.com/', '__Host-a=1; Domain=example.com; Secure; Path=/', 'https://example.com/', null],
    ['a prefix it does', 'https://example.com/', '__Host-a=1; Secure; Path=/', 'https://example.com/', '__Host-a=1'],
    ['not after its end', 'https://example.com/', 'a=1; Max-Age=0', 'https://example.com/', null],
    ['not after its date', 'https://example.com/', 'a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT', 'https://example.com/', null],
    ['an address', 'http://127.0.0.1/', 'a=1', 'http://127.0.0.1:81/', 'a=1'],
    ['not what is none', 'https://example.com/', '=;;; ', 'https://example.com/', null],
    ['not an endless one', 'https://example.com/', `a=${'x'.repeat(5_000)}`, 'https://example.com/', null],
  ])('are held to %s', (_, from, cookie, to, expected) => {
    const jar = new RunCookies();
    jar.take(from, [cookie]);
    expect(jar.header(to)).toBe(expected);
  }); // biome-ignore format: a table

  it('are forgotten when their server says so, and are not more than a jar holds', () => {
    const jar = new RunCookies();
    jar.take('https://example.com/', ['a=1', 'b=2']);
    jar.take('https://example.com/', ['a=; Max-Age=0', 'b=3']);
    expect(jar.header('https://example.com/')).toBe('b=3');
    const full = new RunCookies();
    full.take(
      'https://example.com/',
      Array.from({ length: 1_000 }, (_, i) => `c${i}=1`),
    );
    expect(() => full.check()).not.toThrow();
    full.take('https://example.com/', ['more=1']);
    expect(() => full.check()).toThrow(/1000/);
  });
});

describe('through an egress proxy', () => {
  it('nodes are asked for by the proxy, which sees cookies too and decides again', async () => {
    const seen: string[] = [];
    const through = async (allowHeaders: string[], configs: readonly Config[]): Promise<RunRecord> => {
      const proxy = await serveHttp(
        { host: '127.0.0.1', port: 0, connections: 100 },
        createProxyHandler({
          egress: createEgress({
            rules: parseNetworkPolicy({ ...network(), allowHeaders }, 'network'),
            net: createNodeNet(),
          }),
          clients: [{ name: 'flows', token: 'x'.repeat(40) }],
          record: (client, { url }) => seen.push(`${client} ${new URL(url).pathname}`),
        }),
      );
      try {
        return await line(configs, {
          egressProxy: { url: `http://127.0.0.1:${proxy.port}`, token: 'x'.repeat(40) },
        });
      } finally {
        await proxy.close(0);
      }
    };
    const configs = [
      { url: at(`/a${setting('a=1; Path=/', 'b=2; Path=/')}`), cookies: 'run', response: 'all' },
      { url: at('/b'), cookies: 'run' },
    ];
    const record = await through(['cookie'], configs);
    expect(record.status).toBe('success');
    expect(record.nodes['n0']?.outputs['out']).toMatchObject([
      { body: 'ok', headers: { 'set-cookie': ['a=1; Path=/', 'b=2; Path=/'] } },
    ]);
    expect(asked).toEqual(['localhost/a -', 'localhost/b a=1; b=2']);
    expect(seen).toEqual(['flows /a', 'flows /b']);
    expect((await through([], configs)).error).toMatchObject({ code: 'POLICY_DENIED', node: 'n1' });
  });

  it('a proxy that is none is refused', async () => {
    const record = await line([{ url: at('/') }], { egressProxy: { url: 'ftp://x', token: 'x' } });
    expect(record.error).toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});
