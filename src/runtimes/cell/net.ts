/**
 * The cell's end of the network: writes what a guest asks for as frames, within what the host takes, and keeps the
 * answers. Requests of a guest with an event loop leave when it gives the thread back; one that keeps the thread has
 * them sent at once and waits for the answer in the control area.
 */
import type { FrameWriter } from '../../protocol/frame-writer.ts';
import { FRAME_NET } from '../../protocol/frames.ts';
import { NET_CAPS, NET_OPS, NET_REDIRECTS, NET_WAYS, type NetCall, type NetWay } from '../../protocol/net.ts';
import type { JobBase } from '../../protocol/program.ts';
import { replyId } from './net-reply.ts';

export type NetRedirect = Extract<NetCall, { op: 'fetch' }>['redirect'];

export interface GuestRequest {
  readonly url: string;
  readonly method: string;
  /** Name, value, name, value … */
  readonly headers: readonly string[];
  readonly body: Uint8Array | null;
  readonly redirect: NetRedirect;
}

export interface NetIo {
  /** Frames that leave with the next turn. */
  readonly out: FrameWriter;
  /** Of the current run. */
  readonly id: number;
  /** Sends all frames now, and waits for an answer. Throws what ends the guest. Null where no thread can wait. */
  readonly exchange: ((id: number, check: () => void) => Uint8Array) | null;
}

export class NetLink {
  readonly #io: NetIo;
  #next = 1;
  #requestsLeft = 0;
  #bytesLeft = 0;
  #answers: Uint8Array[] = [];
  /** Requests with an answer by message still to come. */
  readonly #owed: Set<number> = new Set();

  constructor(io: NetIo) {
    this.#io = io;
  }

  reset({ network }: JobBase): void {
    this.#next = 1;
    this.#requestsLeft = network.requests + NET_CAPS.spareRequests;
    this.#bytesLeft = network.uploadBytes + NET_CAPS.headBytes;
    this.#answers = [];
    this.#owed.clear();
  }

  /** Whether a guest can wait for an answer without giving the thread back. */
  get canWait(): boolean {
    return this.#io.exchange !== null;
  }

  /** Answers the number of the request, or 0: the run may send no more. */
  fetch(way: NetWay, { url, method, headers, body, redirect }: GuestRequest): number {
    const { out } = this.#io;
    const bytes = body?.length ?? 0;
    // UTF-16 units: what is written is at least as long, and counted below.
    let units = url.length + method.length;
    for (const text of headers) units += text.length;
    if (
      this.#requestsLeft < 1 ||
      headers.length > 2 * NET_CAPS.headers ||
      bytes > NET_CAPS.bodyBytes ||
      units > NET_CAPS.headBytes / 3 ||
      units * 3 + bytes > this.#bytesLeft
    )
      return 0;
    const id = this.#next++;
    this.#requestsLeft--;
    const from = out.length;
    out.begin(FRAME_NET, this.#io.id).u8(NET_OPS.indexOf('fetch')).u8(NET_WAYS.indexOf(way)).u32(id);
    out.u8(NET_REDIRECTS.indexOf(redirect));
    out.text(url);
    out.text(method);
    out.u32(headers.length >> 1);
    for (const text of headers) out.text(text);
    out.u8(body === null ? 0 : 1).chunk(body ?? new Uint8Array(0));
    out.end();
    this.#bytesLeft -= out.length - from;
    if (way === 'message') this.#owed.add(id);
    return id;
  }

  read(way: NetWay, id: number, mostBytes: number): void {
    const most = Math.max(1, Math.min(NET_CAPS.readBytes, Math.floor(mostBytes)));
    this.#small('read', way, id).u32(most).end();
    if (way === 'message') this.#owed.add(id);
  }

  cancel(id: number): void {
    this.#small('cancel', 'message', id).end();
    this.#owed.delete(id);
  }

  /** Whether an answer by message is still to come. */
  get isWaiting(): boolean {
    return this.#owed.size > 0;
  }

  /** Waits for the answer to what was just asked by the way of the window. Throws what ends the guest. */
  wait(id: number, check: () => void): Uint8Array {
    const { exchange } = this.#io;
    if (exchange === null) throw new Error('a guest that cannot wait');
    return exchange(id, check);
  }

  /** An answer by message. Dropped when nobody waits for it any more. */
  push(bytes: Uint8Array): void {
    if (this.#owed.delete(replyId(bytes))) this.#answers.push(bytes);
  }

  /** The next answer that came by message; null when there is none. */
  take(): Uint8Array | null {
    return this.#answers.shift() ?? null;
  }

  #small(op: 'read' | 'cancel', way: NetWay, id: number): FrameWriter {
    return this.#io.out
      .begin(FRAME_NET, this.#io.id)
      .u8(NET_OPS.indexOf(op))
      .u8(NET_WAYS.indexOf(way))
      .u32(id);
  }
}
