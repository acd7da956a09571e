/** What is said about the network: each side reads what the other writes, and nothing else. */
import { describe, expect, test } from 'vitest';
import { FrameWriter } from '../../../src/protocol/frame-writer.ts';
import { encodeReply, NET_CAPS, type NetReply } from '../../../src/protocol/net.ts';
import { parseMessage } from '../../../src/protocol/parse.ts';
import { type GuestRequest, NetLink, type NetWindow } from '../../../src/runtimes/cell/net.ts';
import { decodeReply, replyId } from '../../../src/runtimes/cell/net-reply.ts';

const LIMITS = { requests: 4, uploadBytes: 100_000 };

function open(window: NetWindow | null = null): { link: NetLink; out: FrameWriter; calls(): unknown[] } {
  const out = new FrameWriter();
  const link = new NetLink({ out, id: 7, window });
  link.reset({ network: LIMITS, functions: { names: [], calls: 0, inputBytes: 0 } } as never);
  const calls = (): unknown[] =>
    out.length === 0
      ? []
      : parseMessage(out.take(), { bytes: 10_000_000 }).map(frame => {
          expect(frame).toMatchObject({ type: 'net', id: 7 });
          return 'call' in frame ? frame.call : null;
        });
  return { link, out, calls };
}
const request = (more: Partial<GuestRequest> = {}): GuestRequest => ({
  url: 'http://x.test/é',
  method: 'GET',
  headers: ['a', '1', 'b', 'ÿ'],
  body: null,
  redirect: 'manual',
  ...more,
});
const head = (id: number): NetReply => ({
  op: 'head',
  id,
  head: {
    kind: 'response',
    status: 200,
    statusText: 'OK',
    headers: [['a', 'b']],
    url: 'http://x',
    redirected: false,
  },
});

describe('a cell’s request', () => {
  test('is what the host reads', () => {
    const { link, calls } = open();
    expect(link.fetch('message', request())).toBe(1);
    expect(link.fetch('window', request({ body: new Uint8Array([1, 2]), redirect: 'follow' }))).toBe(2);
    expect(calls()).toEqual([
      {
        op: 'fetch', id: 1, way: 'message', url: 'http://x.test/é', method: 'GET', redirect: 'manual', body: null,
        headers: [['a', '1'], ['b', 'ÿ']],
      },
      expect.objectContaining({ id: 2, way: 'window', redirect: 'follow', body: new Uint8Array([1, 2]) }),
    ]); // biome-ignore format: a list
  });

  test('stays within what the host takes, and what does not is counted', () => {
    const { link, calls } = open();
    for (const large of [
      { url: 'x'.repeat(NET_CAPS.headBytes / 3 + 1) },
      { headers: Array<string>(NET_CAPS.headers * 2 + 2).fill('a') },
      { body: new Uint8Array(LIMITS.uploadBytes + NET_CAPS.headBytes) },
    ]) {
      expect(link.fetch('message', request(large))).toBe(0);
    }
    expect(calls()).toEqual([]);
    const most = LIMITS.requests + NET_CAPS.spareRequests;
    for (let i = 1; i <= most; i++) expect(link.fetch('message', request())).toBe(i);
    expect(link.fetch('message', request())).toBe(0);
    expect(link.refused).toBe(4);
  });

  test('for a body is made when there is one to ask for, and once', () => {
    const { link, calls } = open();
    const id = link.fetch('message', request());
    expect(link.read('message', id, 10)).toBe(false);
    link.push(encodeReply(head(id)));
    expect(link.read('message', id, 1e9)).toBe(true);
    expect(link.read('message', id, 10)).toBe(false);
    link.push(encodeReply({ op: 'data', id, bytes: new Uint8Array(3) }));
    expect(link.read('message', id, 0)).toBe(true);
    link.push(encodeReply({ op: 'end', id }));
    expect(link.read('message', id, 10)).toBe(false);
    for (const wrong of [0, -1, 99, Number.NaN]) {
      expect(link.read('message', wrong, 10)).toBe(false);
      link.cancel(wrong);
    }
    expect(calls().slice(1)).toEqual([
      { op: 'read', id, way: 'message', mostBytes: NET_CAPS.readBytes },
      { op: 'read', id, way: 'message', mostBytes: 1 },
    ]);
  });
});

describe('an answer', () => {
  const REPLIES: readonly NetReply[] = [
    head(1),
    { op: 'head', id: 2, head: { kind: 'denied', reason: 'port', message: 'no \u{1F600}', url: 'http://x' } },
    { op: 'head', id: 3, head: { kind: 'failed', failure: 'aborted' } },
    { op: 'data', id: 0xffff_fffe, bytes: Uint8Array.of(1, 2, 3) },
    { op: 'end', id: 5 },
    { op: 'error', id: 6, failure: 'limit' },
  ];
  test.each(REPLIES)('of kind $op is what the cell reads', reply => {
    const bytes = encodeReply(reply);
    expect(decodeReply(bytes)).toEqual(reply);
    expect(replyId(bytes)).toBe(reply.id);
  });

  test('nobody waits for any more is dropped', () => {
    const { link } = open();
    const id = link.fetch('message', request());
    link.push(encodeReply(head(9)));
    expect(link.hasAnswer).toBe(false);
    expect(link.isWaiting).toBe(true);
    link.cancel(id);
    expect(link.isWaiting).toBe(false);
    link.push(encodeReply(head(id)));
    expect(link.take()).toBeNull();
  });

  test('is kept when another one is waited for', () => {
    const arriving = [head(2), { op: 'end', id: 77 } as const, head(1)].map(encodeReply);
    const { link } = open({ send: () => {}, receive: () => arriving.shift() as Uint8Array });
    link.fetch('window', request());
    link.fetch('window', request());
    expect(replyId(link.wait(1, () => {}))).toBe(1);
    expect(link.isWatching).toBe(true);
    expect(replyId(link.wait(0, () => {}))).toBe(2);
    expect(link.isWatching).toBe(false);
  });
});
