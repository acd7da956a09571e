/** Servers that answer with broken HTTP of every kind: the answer is always one of ours, and nothing stays open. */
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { startRaw } from './servers/origin.ts';
import { ALLOWED_ADDRESS, createWorld, drain, soon } from './world.ts';

const ROUNDS = 400;

/** Mulberry32: the same answers in every run, so that a failure can be looked at. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const packed = gzipSync(Buffer.from('citadel '.repeat(50))).toString('latin1');

/** Valid ones, to be broken. */
const SEEDS: readonly string[] = [
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Trailer: 1\r\n\r\n',
  'HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
  `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${packed.length}\r\n\r\n${packed}`,
];

/** What breaks parsers. */
const PIECES: readonly string[] = [
  ...['\r\n', '\n', '\r', '\0', ':', ' ', '\t', '\u00ff', '0', '-1', 'ffffffffffffffff', '\r\n\r\n'],
  ...['HTTP/1.1 200 OK\r\n', 'HTTP/2 200\r\n', 'Content-Length: 99\r\n', 'Transfer-Encoding: chunked\r\n'],
  ...['Content-Encoding: br\r\n', 'Location: http://127.0.0.2/\r\n', 'Connection: keep-alive\r\n'],
];

function broken(random: () => number): string {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  let text = pick(SEEDS);
  for (let edits = Math.floor(random() * 4); edits >= 0; edits--) {
    const at = Math.floor(random() * (text.length + 1));
    const kind = random();
    if (kind < 0.4) text = text.slice(0, at) + pick(PIECES) + text.slice(at);
    else if (kind < 0.7) text = text.slice(0, at) + text.slice(at + 1 + Math.floor(random() * 8));
    else if (kind < 0.85) text = text.slice(0, at);
    else text = text.slice(0, at) + text.slice(0, at) + text.slice(at);
  }
  return text;
}

test(`${ROUNDS} broken answers end as answers, and leave nothing open`, async () => {
  const random = randomFrom(20_261);
  let text = '';
  const server = await startRaw(socket => {
    // In pieces, as networks deliver it.
    const cut = Math.floor(random() * text.length);
    socket.write(text.slice(0, cut), 'latin1');
    setImmediate(() => socket.end(text.slice(cut), 'latin1'));
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const { egress, records } = await createWorld({
    allow: [{ host: 'allowed.test', ports: [server.port] }],
    zone: { 'allowed.test': { a: [ALLOWED_ADDRESS] } },
  });
  const outcomes = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round++) {
    text = broken(random);
    const session = egress.open();
    const answer = await session.fetch({ url: `http://allowed.test:${server.port}/` });
    const { end } = await drain(answer);
    session.close();
    const outcome = `${answer.kind} ${end}`;
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    expect(
      ['response end', 'response network', 'failed failed', 'denied denied'],
      JSON.stringify(text),
    ).toContain(outcome);
  }
  // Both happen: what is asked is neither trivial nor all refused.
  expect(outcomes.get('response end')).toBeGreaterThan(20);
  expect(outcomes.get('failed failed')).toBeGreaterThan(20);
  expect(records.filter(({ outcome }) => outcome === 'cancelled')).toEqual([]);
  await soon(() => server.open()).toBe(0);
});
