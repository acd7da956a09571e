/** The catalogue again, as plugins of each language would go about it: nothing gets where it must not, by any library. */
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { createLanguages, type Item, type Said, WAYS } from './languages.ts';
import { URLS } from './urls.ts';
import { ALLOWED_ADDRESS, FORBIDDEN_ADDRESS, forbidden, origin } from './world.ts';

const isError = (said: Said): boolean => 'error' in said;
const textOf = (said: Said | undefined): string => (said !== undefined && 'text' in said ? said.text : '');

describe.each(WAYS)('$name', way => {
  test('EG-URL-*: no URL of the catalogue leads to anything but allowed.com', async () => {
    const { ask, dns } = await createLanguages(
      { allow: ['allowed.com', '*.allowed.com'], allowIp: ['0.0.0.0/0', '::/0'], limits: { requests: 300 } },
      () => ({ a: ['192.0.2.1'] }),
    );
    const refused = URLS.filter(([, , , expected]) => expected === 'refused');
    const { said, report } = await ask(
      way,
      URLS.map(([, , url]) => ({ url })),
    );
    URLS.forEach(([id, , , expected], i) => {
      if (expected === 'refused') expect([id, said[i]]).toEqual([id, { error: expect.any(String) }]);
    });
    expect(refused.length).toBeGreaterThan(60);
    // What a library refuses by itself never gets as far as a record; what does is denied, or asks for allowed.com.
    for (const { decision, url, address } of report.egress) {
      if (decision === 'denied' && address === null) continue;
      expect(url).toMatch(/^https?:\/\/allowed\.com\//);
    }
    for (const { name } of dns.questions) expect(name).toBe('allowed.com');
  });

  test('EG-SCN-002, EG-SCN-003: names that lie, and names that change their mind, lead nowhere', async () => {
    const server = await origin((_, response) => response.end('hello'));
    const trap = await forbidden(server.port);
    const names = [
      'honest.test',
      'mixed.test',
      'mapped.test',
      'metadata.test',
      'rebound.test',
      'nobody.test',
    ];
    const { ask } = await createLanguages(
      { allow: names.map(name => `${name}:${server.port}`) },
      ({ name, type }, asked) => {
        if (name === 'nobody.test') return { code: 3 };
        if (name === 'mapped.test')
          return type === 'AAAA' ? { aaaa: [[0, 0, 0, 0, 0, 0xffff, 0x7f00, 2]] } : {};
        if (type !== 'A') return {};
        if (name === 'honest.test') return { a: [ALLOWED_ADDRESS] };
        if (name === 'mixed.test') return { a: [ALLOWED_ADDRESS, FORBIDDEN_ADDRESS] };
        if (name === 'metadata.test') return { a: ['169.254.169.254'] };
        return { a: [asked === 1 ? ALLOWED_ADDRESS : FORBIDDEN_ADDRESS] };
      },
    );
    const at = (name: string): Item => ({ url: `http://${name}:${server.port}/` });
    const { said } = await ask(way, [...names.map(at), at('rebound.test')]);
    expect(said.map(one => (isError(one) ? 'error' : textOf(one)))).toEqual([
      'hello', 'error', 'error', 'error', 'hello', 'error', 'error',
    ]); // biome-ignore format: a list
    // One word for all of them: a guest cannot tell a forbidden address from a closed door.
    const words = said.filter(isError).map(one => JSON.stringify(one).replaceAll(/[a-z]+\.test/g, 'NAME'));
    expect(new Set(words).size).toBe(1);
    expect(trap.connections()).toBe(0);
  });

  test('EG-SCN-008, EG-SCN-011, EG-SCN-014: redirects across hosts, schemes and addresses stop where they must', async () => {
    const server = await origin((request, response) => {
      const to = new URL(request.url ?? '', 'http://x').searchParams.get('to');
      if (to !== null) response.writeHead(302, { location: to, refresh: `0;url=${to}` }).end();
      else if (request.url === '/refresh') {
        const trapped = `http://trap.test:${server.port}/`;
        response.writeHead(200, { refresh: `0;url=${trapped}`, link: `<${trapped}>; rel=preload` });
        response.end(`<meta http-equiv="refresh" content="0;url=${trapped}">`);
      } else response.end('landed');
    });
    const trap = await forbidden(server.port);
    const { ask, dns } = await createLanguages(
      { allow: [`start.test:${server.port}`, `second.test:${server.port}`, `trap.test:${server.port}`] },
      ({ name, type }) =>
        type === 'A' ? { a: [name === 'trap.test' ? FORBIDDEN_ADDRESS : ALLOWED_ADDRESS] } : {},
    );
    const go = (to: string): Item => ({
      url: `http://start.test:${server.port}/?to=${encodeURIComponent(to)}`,
    });
    const second = `http://second.test:${server.port}/`;
    const { said } = await ask(way, [
      go(second),
      go('http://169.254.169.254/latest/meta-data/'),
      go('http://127.0.0.2/'),
      go(`http://trap.test:${server.port}/`),
      go(go(`http://trap.test:${server.port}/`).url),
      go('http://unlisted.test/?stolen=1'),
      go('file:///etc/passwd'),
      go('data:text/plain,hi'),
      go('javascript:alert(1)'),
      go('ftp://start.test/'),
      { url: `http://start.test:${server.port}/refresh` },
    ]);
    expect(textOf(said[0])).toBe('landed');
    for (const one of said.slice(1, -1)) {
      // A library may answer with the redirect itself, which leads nowhere by itself.
      expect(textOf(one)).toBe('');
    }
    expect(textOf(said.at(-1))).toContain('http-equiv');
    expect(trap.connections()).toBe(0);
    expect(dns.questions.map(({ name }) => name)).not.toContain('unlisted.test');
  });

  test('EG-SCN-017, EG-SCN-018, EG-SCN-020, EG-SCN-022: no header smuggles anything', async () => {
    const server = await origin((_, response) => response.end('fine'));
    const { ask } = await createLanguages({ allow: [`start.test:${server.port}`] }, ({ type }) =>
      type === 'A' ? { a: [ALLOWED_ADDRESS] } : {},
    );
    const url = `http://start.test:${server.port}/`;
    const hostile: readonly (readonly [string, string])[] = [
      ['x', 'a\r\nHost: evil.test'],
      ['x', 'a\nevil: 1'],
      ['x\r\ny', '1'],
      [':path', '/evil'],
      [' host', 'evil.test'],
      ['Transfer-Encoding ', 'chunked'],
      ['Host', 'evil.test'],
      ['Content-Length', '0'],
      ['Transfer-Encoding', 'chunked'],
      ['Connection', 'upgrade'],
      ['Upgrade', 'h2c'],
      ['Cookie', 'a=b'],
      ['Proxy-Authorization', 'x'],
    ];
    await ask(
      way,
      hostile.map(header => ({
        url,
        method: 'POST',
        headers: [header],
        body: 'GET /smuggled HTTP/1.1\r\n\r\n',
      })),
    );
    for (const hit of server.hits) {
      expect(hit.url).toBe('/');
      expect(hit.method).toBe('POST');
      expect(hit.headers['host']).toBe(`start.test:${server.port}`);
      for (const name of ['evil', 'upgrade', 'cookie', 'proxy-authorization', 'transfer-encoding'])
        expect(hit.headers).not.toHaveProperty(name);
      expect(hit.headers['connection']).toBe('close');
      expect(['', 'GET /smuggled HTTP/1.1\r\n\r\n']).toContain(hit.body);
    }
    // Nothing of a body became a request of its own.
    expect(server.hits.length).toBeLessThanOrEqual(hostile.length);
  });

  test('EG-SCN-027, EG-SCN-028, EG-SCN-030: floods and bombs are cut, and the run goes on', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const server = await origin((request, response) => {
      if (request.url === '/endless') {
        const timer = setInterval(() => response.write(Buffer.alloc(64 * 1024)), 1);
        response.on('close', () => clearInterval(timer));
      } else if (request.url === '/bomb') {
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
      } else if (request.url === '/headers') {
        for (let i = 0; i < 300; i++) response.setHeader(`x-${i}`, 'y'.repeat(1000));
        response.end();
      } else response.end('fine');
    });
    const { ask } = await createLanguages(
      { allow: [`start.test:${server.port}`], limits: { downloadBytes: 400_000 } },
      ({ type }) => (type === 'A' ? { a: [ALLOWED_ADDRESS] } : {}),
    );
    const at = (path: string): Item => ({ url: `http://start.test:${server.port}${path}` });
    for (const path of ['/endless', '/bomb', '/headers']) {
      const { said, report } = await ask(way, [at('/'), at(path)]);
      expect(textOf(said[0])).toBe('fine');
      expect(said[1]).toEqual({ error: expect.any(String) });
      expect(report.usage.downloadBytes).toBeLessThan(600_000);
    }
    const { said } = await ask(way, [at('/')]);
    expect(textOf(said[0])).toBe('fine');
  });

  test('EG-SCN-031: a flood of requests is stopped by its number', async () => {
    const server = await origin((_, response) => response.end('fine'));
    const { ask } = await createLanguages(
      { allow: [`start.test:${server.port}`], limits: { requests: 5 } },
      ({ type }) => (type === 'A' ? { a: [ALLOWED_ADDRESS] } : {}),
    );
    const { said } = await ask(
      way,
      Array.from({ length: 40 }, () => ({ url: `http://start.test:${server.port}/` })),
    );
    // A native plugin asks once in each run.
    const isEach = way.name.startsWith('WebAssembly');
    expect(server.hits).toHaveLength(isEach ? 40 : 5);
    expect(said.filter(isError)).toHaveLength(isEach ? 0 : 35);
  });
});

test('500 requests of 50 runs at once, of two languages, stay within each run’s quotas', async () => {
  let open = 0;
  let most = 0;
  const server = await origin((request, response) => {
    most = Math.max(most, ++open);
    response.on('close', () => open--);
    setTimeout(() => response.end(request.url), 5);
  });
  const { ask } = await createLanguages(
    { allow: [`start.test:${server.port}`], limits: { requests: 8, concurrency: 3 } },
    ({ type }) => (type === 'A' ? { a: [ALLOWED_ADDRESS] } : {}),
    {
      policy: {
        limits: { timeoutMs: 60_000, maxExecutionTimeMs: 120_000, concurrency: 4, queueLength: 100 },
      },
    },
  );
  const ways = [WAYS[0], WAYS.find(({ name }) => name === 'Python, fetch')] as const;
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, run) =>
      ask(
        ways[run % 2] as (typeof WAYS)[number],
        Array.from({ length: 10 }, (_, i) => ({ url: `http://start.test:${server.port}/${run}/${i}` })),
      ),
    ),
  );
  answers.forEach(({ said, report }, run) => {
    // Each answer is its own run's, and the ninth request of a run is one too many.
    said.slice(0, 8).forEach((one, i) => {
      expect(textOf(one)).toBe(`/${run}/${i}`);
    });
    expect(said.slice(8).every(isError)).toBe(true);
    expect(report.usage.requests).toBe(8);
  });
  expect(server.hits).toHaveLength(400);
  expect(most).toBeLessThanOrEqual(4 * 3);
});
