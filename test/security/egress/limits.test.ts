/** How much one run may use, whatever it tries at once. */
import { expect, onTestFinished, test } from 'vitest';
import type { NetworkLimits } from '../../../src/policy/egress/index.ts';
import { ALLOWED_ADDRESS, createWorld, drain, once, origin, soon, type World } from './world.ts';

const KiB = 1024;

function worldFor(port: number, limits: Partial<NetworkLimits> = {}): Promise<World> {
  return createWorld({
    allow: [{ host: 'allowed.test', ports: [port] }],
    zone: { 'allowed.test': { a: [ALLOWED_ADDRESS] } },
    limits,
  });
}

test('as many requests as allowed pass, the next does not, in this run only', async () => {
  const server = await origin((_, response) => response.end('ok'));
  const { egress, dns } = await worldFor(server.port, { requests: 3 });
  const url = `http://allowed.test:${server.port}/`;
  const session = egress.open();
  for (let i = 0; i < 3; i++) expect((await drain(await session.fetch({ url }))).text).toBe('ok');
  const asked = dns.questions.length;
  expect(await session.fetch({ url })).toMatchObject({ kind: 'denied', denial: { reason: 'limit' } });
  expect([server.hits.length, dns.questions.length]).toEqual([3, asked]);
  session.close();
  expect((await once(egress, url)).text).toBe('ok');
});

test('EG-SCN-031: a flood of requests is denied by count, and its records stay few', async () => {
  const server = await origin((_, response) => response.end('ok'));
  const { egress, records } = await worldFor(server.port, { requests: 50, concurrency: 4 });
  const session = egress.open();
  const warnings: string[] = [];
  const warn = ({ name }: Error): void => void warnings.push(name);
  process.on('warning', warn);
  onTestFinished(() => void process.off('warning', warn));
  const url = `http://allowed.test:${server.port}/`;
  const answers = await Promise.all(Array.from({ length: 10_000 }, () => session.fetch({ url })));
  const kinds = Map.groupBy(answers, ({ kind }) => kind);
  expect([kinds.get('response')?.length, kinds.get('denied')?.length]).toEqual([50, 9950]);
  for (const answer of answers) await drain(answer);
  expect(warnings).toEqual([]);
  expect(server.hits).toHaveLength(50);
  expect(records.length).toBeLessThan(100);
  expect(session.usage()).toMatchObject({ requests: 50, unrecorded: 10_000 - records.length });
  session.close();
});

test('hops of a redirect count, so that a chain is no way around', async () => {
  const server = await origin((request, response) => {
    const left = Number(request.url?.slice(1));
    if (left === 0) response.end('end');
    else response.writeHead(302, { Location: `/${left - 1}` }).end();
  });
  const { egress } = await worldFor(server.port, { requests: 4 });
  const at = (hops: number): string => `http://allowed.test:${server.port}/${hops}`;
  expect((await once(egress, at(3))).text).toBe('end');
  expect((await once(egress, at(4))).answer).toMatchObject({ kind: 'denied', denial: { reason: 'limit' } });
  expect(server.hits).toHaveLength(8);
});

test('denied requests count, so that guessing names ends', async () => {
  const { egress } = await createWorld({ allow: ['allowed.test'], limits: { requests: 5 } });
  const session = egress.open();
  const reasons: string[] = [];
  for (let i = 0; i < 7; i++) {
    const answer = await session.fetch({ url: `http://name${i}.test/` });
    if (answer.kind === 'denied') reasons.push(answer.denial.reason);
  }
  expect(reasons).toEqual([...Array(5).fill('host-unlisted'), 'limit', 'limit']);
  session.close();
});

test('500 requests of 50 runs at once stay within every limit', async () => {
  let now = 0;
  let most = 0;
  const server = await origin((request, response) => {
    now += 1;
    most = Math.max(most, now);
    setTimeout(() => {
      now -= 1;
      response.end(Buffer.alloc(KiB, request.url ?? ''));
    }, 2);
  });
  const { egress } = await createWorld({
    allow: [{ host: 'allowed.test', ports: [server.port] }],
    zone: { 'allowed.test': { a: [ALLOWED_ADDRESS] } },
    limits: { requests: 8, concurrency: 2, downloadBytes: 6 * KiB },
    totalConcurrency: 20,
  });
  const runs = Array.from({ length: 50 }, (_, run) => ({ run, session: egress.open() }));
  const results = await Promise.all(
    runs.flatMap(({ run, session }) =>
      Array.from({ length: 10 }, async (_, i) => {
        const answer = await session.fetch({ url: `http://allowed.test:${server.port}/${run}-${i}` });
        return { run, answer, ...(await drain(answer)) };
      }),
    ),
  );
  expect(results).toHaveLength(500);
  for (const { run, session } of runs) {
    const own = results.filter(result => result.run === run);
    // Ten asked for, eight allowed, of which six fit into the bytes.
    expect(own.filter(({ answer }) => answer.kind === 'denied')).toHaveLength(2);
    expect(own.filter(({ end }) => end === 'end')).toHaveLength(6);
    expect(own.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(6 * KiB);
    expect(session.usage().requests).toBe(8);
    session.close();
  }
  expect(server.hits).toHaveLength(400);
  expect(most).toBeLessThanOrEqual(20);
});

test('one run never has more under way than its concurrency, answers nobody reads included', async () => {
  let most = 0;
  const server = await origin((_, response) => {
    most = Math.max(most, server.open());
    // More than is read ahead: the transfer stays under way.
    response.end(Buffer.alloc(1024 * KiB));
  });
  const { egress } = await worldFor(server.port, { concurrency: 3 });
  const session = egress.open();
  const url = `http://allowed.test:${server.port}/`;
  const first = await Promise.all(Array.from({ length: 3 }, () => session.fetch({ url })));
  const fourth = session.fetch({ url });
  await new Promise(resolve => setTimeout(resolve, 50));
  expect(server.hits).toHaveLength(3);
  for (const answer of first) if (answer.kind === 'response') answer.response.body.cancel();
  expect((await fourth).kind).toBe('response');
  expect(most).toBeLessThanOrEqual(3);
  session.close();
});

test('small answers nobody reads give back their places', async () => {
  const server = await origin((_, response) => response.end('small'));
  const { egress } = await worldFor(server.port, { concurrency: 2 });
  const session = egress.open();
  for (let i = 0; i < 10; i++) {
    expect((await session.fetch({ url: `http://allowed.test:${server.port}/` })).kind).toBe('response');
  }
  session.close();
});

test('EG-SCN-032: an upload is cut at the limit, streamed or not', async () => {
  const server = await origin((request, response, hit) => {
    request.on('end', () => response.end(String(hit.body.length)));
  });
  const { egress, records } = await worldFor(server.port, { uploadBytes: 100 * KiB });
  const url = `http://allowed.test:${server.port}/`;
  const whole = await once(egress, { url, method: 'POST', body: new Uint8Array(200 * KiB) });
  expect(whole.answer).toMatchObject({ kind: 'denied', denial: { reason: 'limit' } });
  expect(server.connections()).toBe(0);
  let produced = 0;
  let returned = false;
  const endless = {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        produced += 1;
        return { done: false as const, value: new Uint8Array(10 * KiB) };
      },
      return: async () => {
        returned = true;
        return { done: true as const, value: undefined };
      },
    }),
  };
  const streamed = await once(egress, { url, method: 'POST', body: endless });
  expect(streamed.answer).toMatchObject({ kind: 'denied', denial: { reason: 'limit' } });
  expect(returned).toBe(true);
  expect(produced).toBeLessThanOrEqual(11);
  expect(records.at(-1)?.bytesUp).toBeLessThanOrEqual(100 * KiB);
  await soon(() => server.open()).toBe(0);
});

test('an upload of exactly the limit passes, with its head counted', async () => {
  const server = await origin((request, response, hit) => {
    request.on('end', () => response.end(String(hit.body.length)));
  });
  const url = `http://allowed.test:${server.port}/`;
  const head = 'POST'.length + url.length;
  for (const [extra, kind] of [
    [0, 'response'],
    [1, 'denied'],
  ] as const) {
    const { egress } = await worldFor(server.port, { uploadBytes: head + 1000 });
    const { answer } = await once(egress, { url, method: 'POST', body: new Uint8Array(1000 + extra) });
    expect(answer.kind).toBe(kind);
  }
});

test('an upload streams both ways, and its producer is left when the server answers early', async () => {
  const server = await origin((request, response) => {
    request.once('data', () => {
      response.writeHead(413);
      response.end('too much');
    });
  });
  const { egress } = await worldFor(server.port, { uploadBytes: 1024 * KiB });
  let isLeft = false;
  const body = (async function* () {
    try {
      yield new Uint8Array(1000);
      await new Promise(() => {});
    } finally {
      isLeft = true;
    }
  })();
  const result = await once(egress, { url: `http://allowed.test:${server.port}/`, method: 'POST', body });
  expect(result).toMatchObject({ text: 'too much', answer: { response: { status: 413 } } });
  // A generator that hangs cannot be ended by anyone; it is not waited for either.
  expect(isLeft).toBe(false);
});

test('the end of a run ends its requests at every stage', async () => {
  const server = await origin((request, response) => {
    if (request.url === '/silent') return;
    response.writeHead(200);
    response.write('begun');
  });
  const { egress, records, dns } = await createWorld({
    allow: [{ host: '*.test', ports: [server.port] }].map(rule => ({ ...rule, host: '*.allowed.test' })),
    zone: ({ name }) => (name.startsWith('slow') ? { silent: true } : { a: [ALLOWED_ADDRESS] }),
    limits: { concurrency: 3 },
  });
  const at = (host: string, path: string): string => `http://${host}.allowed.test:${server.port}${path}`;
  const run = new AbortController();
  const session = egress.open({ signal: run.signal });
  const resolving = session.fetch({ url: at('slow', '/') });
  const waiting = session.fetch({ url: at('a', '/silent') });
  const reading = session.fetch({ url: at('b', '/body') }).then(drain);
  const queued = session.fetch({ url: at('c', '/') });
  await soon(() => server.hits.length).toBe(2);
  await soon(() => dns.questions.some(({ name }) => name.startsWith('slow'))).toBe(true);
  run.abort();
  const aborted = { kind: 'failed', failure: 'aborted' };
  expect(await Promise.all([resolving, waiting, queued])).toEqual([aborted, aborted, aborted]);
  expect(await reading).toMatchObject({ end: 'aborted' });
  expect(await session.fetch({ url: at('d', '/') })).toEqual(aborted);
  expect(records).toHaveLength(5);
  expect(new Set(records.map(({ outcome }) => outcome))).toEqual(new Set(['cancelled']));
  await soon(() => server.open()).toBe(0);
});

test('a deadline ends a run by itself', async () => {
  const server = await origin(() => {});
  const { egress } = await worldFor(server.port);
  const session = egress.open({ deadline: egress.now() + 100 });
  expect(await session.fetch({ url: `http://allowed.test:${server.port}/` })).toEqual({
    kind: 'failed',
    failure: 'aborted',
  });
  await soon(() => server.open()).toBe(0);
  const late = egress.open({ deadline: egress.now() - 1 });
  expect((await late.fetch({ url: `http://allowed.test:${server.port}/` })).kind).toBe('failed');
});

test('a guest can abort one request without the others', async () => {
  const server = await origin((request, response) => {
    if (request.url !== '/silent') response.end('ok');
  });
  const { egress } = await worldFor(server.port);
  const session = egress.open();
  const stop = new AbortController();
  const silent = session.fetch({ url: `http://allowed.test:${server.port}/silent`, signal: stop.signal });
  await soon(() => server.hits.length).toBe(1);
  stop.abort();
  expect(await silent).toEqual({ kind: 'failed', failure: 'aborted' });
  const next = await session.fetch({ url: `http://allowed.test:${server.port}/` });
  expect((await drain(next)).text).toBe('ok');
  session.close();
});
