/** Names that lie: rebinding, mixed and mapped answers, and no answer at all. */
import { expect, test } from 'vitest';
import {
  ALLOWED_ADDRESS,
  asSeen,
  createWorld,
  FORBIDDEN_ADDRESS,
  forbidden,
  once,
  origin,
  soon,
} from './world.ts';

const hello: Parameters<typeof origin>[0] = (_, response) => response.end('hello');

test('a name is resolved once, and the connection goes to what was vetted, when its answer changes', async () => {
  const allowed = await origin(hello);
  const trap = await forbidden(allowed.port);
  const { egress, dns } = await createWorld({
    allow: [`rebind.test:${allowed.port}`],
    zone: ({ type }, asked) =>
      type === 'A' ? { a: [asked === 1 ? ALLOWED_ADDRESS : FORBIDDEN_ADDRESS] } : {},
  });
  const first = await once(egress, `http://rebind.test:${allowed.port}/`);
  expect(first).toMatchObject({ text: 'hello', end: 'end' });
  expect(dns.questions.filter(({ type }) => type === 'A')).toHaveLength(1);
  // The next request asks anew, is told the forbidden address, and goes nowhere.
  const second = await once(egress, `http://rebind.test:${allowed.port}/`);
  expect(second.answer).toEqual({ kind: 'failed', failure: 'network' });
  expect(trap.connections()).toBe(0);
});

test('EG-SCN-002: one forbidden address among allowed ones refuses the name', async () => {
  const allowed = await origin(hello);
  const trap = await forbidden(allowed.port);
  for (const a of [
    [ALLOWED_ADDRESS, FORBIDDEN_ADDRESS],
    [FORBIDDEN_ADDRESS, ALLOWED_ADDRESS],
    [ALLOWED_ADDRESS, '10.0.0.1'],
  ]) {
    const { egress, records } = await createWorld({
      allow: [`mixed.test:${allowed.port}`],
      zone: { 'mixed.test': { a } },
    });
    const { answer } = await once(egress, `http://mixed.test:${allowed.port}/`);
    expect(answer).toEqual({ kind: 'failed', failure: 'network' });
    expect(records).toMatchObject([{ decision: 'denied', outcome: 'denied', status: null }]);
  }
  expect(allowed.connections()).toBe(0);
  expect(trap.connections()).toBe(0);
});

test('EG-SCN-003: an AAAA record cannot bring in an IPv4 address by the back door', async () => {
  const allowed = await origin(hello);
  const trap = await forbidden(allowed.port);
  for (const groups of [
    [0, 0, 0, 0, 0, 0xffff, 0x7f00, 2],
    [0, 0, 0, 0, 0, 0, 0x7f00, 2],
    [0x64, 0xff9b, 0, 0, 0, 0, 0x7f00, 2],
    [0x2002, 0x7f00, 2, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 0, 1],
  ]) {
    const { egress } = await createWorld({
      allow: [`mapped.test:${allowed.port}`],
      zone: { 'mapped.test': { a: [ALLOWED_ADDRESS], aaaa: [groups] } },
    });
    const { answer } = await once(egress, `http://mapped.test:${allowed.port}/`);
    expect(answer).toEqual({ kind: 'failed', failure: 'network' });
  }
  expect(allowed.connections()).toBe(0);
  expect(trap.connections()).toBe(0);
});

test('EG-SCN-005: a name without an answer fails closed, and all ways to have none look alike', async () => {
  const { egress, dns } = await createWorld({
    allow: ['nx.test', 'servfail.test', 'silent.test', 'empty.test'],
    dnsTimeoutMs: 300,
    zone: {
      'servfail.test': { rcode: 2 },
      'silent.test': { silent: true },
      'empty.test': {},
    },
  });
  const seen = new Set<string>();
  for (const name of ['nx.test', 'servfail.test', 'silent.test', 'empty.test']) {
    seen.add(asSeen((await once(egress, `http://${name}/`)).answer));
    expect(dns.questions.map(question => question.name)).toContain(name);
  }
  expect([...seen]).toEqual([JSON.stringify({ kind: 'failed', failure: 'network' })]);
});

test('EG-SCN-035: a forbidden address, a closed port and a dead name are one and the same to the guest', async () => {
  const gone = await origin(hello);
  const { port } = gone;
  await gone[Symbol.asyncDispose]();
  const { egress, records } = await createWorld({
    allow: [`inside.test:${port}`, `closed.test:${port}`, `nx.test:${port}`],
    zone: { 'inside.test': { a: ['10.1.2.3'] }, 'closed.test': { a: [ALLOWED_ADDRESS] } },
  });
  const seen: string[] = [];
  for (const name of ['inside.test', 'closed.test', 'nx.test']) {
    seen.push(asSeen((await once(egress, `http://${name}:${port}/`)).answer));
  }
  expect(new Set(seen).size).toBe(1);
  // The operator is told.
  expect(records.map(({ decision, fault }) => [decision, fault?.split(':')[0] ?? null])).toEqual([
    ['denied', null],
    ['allowed', 'connect'],
    ['allowed', 'dns'],
  ]);
});

test('names that rules refuse are never asked for', async () => {
  const { egress, dns } = await createWorld({ allow: ['allowed.test'] });
  for (const url of [
    'http://evil.test/',
    'http://allowed.test.evil.test/',
    'http://secret-data.exfil.test/',
    'http://localhost/',
    'http://metadata.google.internal/',
    'ftp://allowed.test/',
    'http://user:pass@allowed.test/',
  ]) {
    expect((await once(egress, url)).answer.kind).toBe('denied');
  }
  expect(dns.questions).toEqual([]);
});

test('a CNAME leads where its addresses lead, and is judged by them', async () => {
  const allowed = await origin(hello);
  const trap = await forbidden(allowed.port);
  const { egress } = await createWorld({
    allow: [`alias.test:${allowed.port}`, `trap.test:${allowed.port}`],
    zone: {
      'alias.test': { cname: 'elsewhere.test', a: [ALLOWED_ADDRESS] },
      'trap.test': { cname: 'elsewhere.test', a: [FORBIDDEN_ADDRESS] },
    },
  });
  expect(await once(egress, `http://alias.test:${allowed.port}/`)).toMatchObject({ text: 'hello' });
  expect((await once(egress, `http://trap.test:${allowed.port}/`)).answer.kind).toBe('failed');
  expect(trap.connections()).toBe(0);
});

test('a name with a hundred addresses is judged by all of them, and tried at a few', async () => {
  const allowed = await origin(hello);
  const many = Array.from({ length: 25 }, (_, i) => `127.0.1.${i + 1}`);
  const { egress } = await createWorld({
    allow: [`many.test:${allowed.port}`, `last.test:${allowed.port}`],
    addresses: [ALLOWED_ADDRESS, ...many],
    zone: {
      'many.test': { a: [...many.slice(0, 3), ALLOWED_ADDRESS, ...many.slice(3)] },
      'last.test': { a: [ALLOWED_ADDRESS, ...many, FORBIDDEN_ADDRESS] },
    },
  });
  expect((await once(egress, `http://last.test:${allowed.port}/`)).answer.kind).toBe('failed');
  expect(allowed.connections()).toBe(0);
  // The order is the resolver's: what is asserted is that it ends, one way or the other.
  expect(['end', 'failed']).toContain((await once(egress, `http://many.test:${allowed.port}/`)).end);
});

test('an address that does not answer is no obstacle when another one does', async () => {
  const allowed = await origin(hello);
  const { egress, records } = await createWorld({
    allow: [`two.test:${allowed.port}`],
    addresses: [ALLOWED_ADDRESS, '127.0.0.3'],
    zone: { 'two.test': { a: ['127.0.0.3', ALLOWED_ADDRESS] } },
  });
  expect((await once(egress, `http://two.test:${allowed.port}/`)).text).toBe('hello');
  expect(records).toMatchObject([{ address: ALLOWED_ADDRESS }]);
});

test('a family without an answer is no obstacle when the other one has one', async () => {
  const allowed = await origin(hello);
  const { egress } = await createWorld({
    allow: [`half.test:${allowed.port}`],
    zone: ({ type }) => (type === 'A' ? { a: [ALLOWED_ADDRESS] } : { rcode: 2 }),
  });
  expect((await once(egress, `http://half.test:${allowed.port}/`)).text).toBe('hello');
});

test('a slow name is given up with the run', async () => {
  const { egress, dns } = await createWorld({
    allow: ['slow.test'],
    zone: { 'slow.test': { silent: true } },
  });
  const session = egress.open();
  const answer = session.fetch({ url: 'http://slow.test/' });
  await soon(() => dns.questions.length).toBeGreaterThan(0);
  session.close();
  expect(await answer).toEqual({ kind: 'failed', failure: 'aborted' });
});

test('the name goes out as it is, without search domains', async () => {
  const { egress, dns } = await createWorld({ allow: ['intranet'] });
  await once(egress, 'http://intranet/');
  expect(new Set(dns.questions.map(({ name }) => name))).toEqual(new Set(['intranet']));
});
