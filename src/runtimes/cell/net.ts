/**
 * The cell's end of the road to the host, for requests and calls: writes what a guest asks for as frames, within what the host
 * takes, and keeps the answers. Requests of a guest with an event loop leave when it gives the thread back; one that keeps the thread has
 * them sent at once and waits for the answer in the control area.
 */
import type { FrameWriter } from '../../protocol/frame-writer.ts';
import { FRAME_NET } from '../../protocol/frames.ts';
import {
  HEAD_RESPONSE, NET_CAPS, NET_OPS, NET_REDIRECTS, NET_WAYS, type NetCall, type NetWay, REPLY_BYTES, REPLY_DATA, REPLY_HEAD,
  REPLY_ITEMS, REPLY_VALUE,
} from '../../protocol/net.ts'; // biome-ignore format: a list
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
  /** Null where no thread can wait. */
  readonly window: NetWindow | null;
}

/** While the guest keeps the thread. `check` is called now and then; it throws what ends the guest, or its waiting. */
export interface NetWindow {
  /** Sends all frames now. */
  send(check: () => void): void;
  /** The next answer for this run. */
  receive(check: () => void): Uint8Array;
}

export class NetLink {
  readonly #io: NetIo;
  #next = 1;
  #requestsLeft = 0;
  /** Requests that were not let out. */
  refused = 0;
  #bytesLeft = 0;
  #callsLeft = 0;
  #argumentBytesLeft = 0;
  #functions = 0;
  /** Requests whose body may be asked for: the host takes a cell that asks for another for a broken one. */
  readonly #readable: Set<number> = new Set();
  #answers: Uint8Array[] = [];
  /** Requests with an answer by the window still to come, and answers that came while another was waited for. */
  readonly #watched: Set<number> = new Set();
  #early: Uint8Array[] = [];
  /** Calls with an answer still to come: waiting for it is not the guest's time. */
  /** Calls that were answered with an iterable. */
  readonly #streams: Set<number> = new Set();
  readonly #calling: Set<number> = new Set();
  /** Requests with an answer by message still to come. */
  readonly #owed: Set<number> = new Set();

  constructor(io: NetIo) {
    this.#io = io;
  }

  reset({ network, functions }: JobBase): void {
    this.#next = 1;
    this.refused = 0;
    this.#requestsLeft = network.requests + NET_CAPS.spareRequests;
    this.#bytesLeft = network.uploadBytes + NET_CAPS.headBytes;
    this.#functions = functions.names.length;
    this.#callsLeft = functions.calls + NET_CAPS.spareRequests;
    this.#argumentBytesLeft = functions.inputBytes;
    this.#streams.clear();
    this.#calling.clear();
    this.#answers = [];
    this.#watched.clear();
    this.#readable.clear();
    this.#early = [];
    this.#owed.clear();
  }

  /** Whether a guest can wait for an answer without giving the thread back. */
  get canWait(): boolean {
    return this.#io.window !== null;
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
    ) {
      this.refused++;
      return 0;
    }
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
    (way === 'message' ? this.#owed : this.#watched).add(id);
    return id;
  }

  /** Answers the number of the call, or 0: the run may call no more. `args`: an encoded array. */
  call(way: NetWay, index: number, args: Uint8Array): number {
    if (!(index >= 0 && index < this.#functions) || this.#callsLeft < 1) return 0;
    if (args.length > this.#argumentBytesLeft) return 0;
    const id = this.#next++;
    this.#callsLeft--;
    this.#argumentBytesLeft -= args.length;
    const { out } = this.#io;
    out.begin(FRAME_NET, this.#io.id).u8(NET_OPS.indexOf('call')).u8(NET_WAYS.indexOf(way)).u32(id);
    out.u32(index).chunk(args).end();
    (way === 'message' ? this.#owed : this.#watched).add(id);
    this.#calling.add(id);
    return id;
  }

  /** Whether the host works on a call, or has its answer under way. */
  get isCalling(): boolean {
    return this.#calling.size > 0;
  }

  /** Asks for the next bytes of a body, or the next item. False for a request whose body nobody can ask for now. */
  read(way: NetWay, id: number, mostBytes: number): boolean {
    if (!this.#readable.delete(id)) return false;
    const most = Math.max(1, Math.min(NET_CAPS.readBytes, Math.floor(mostBytes)));
    this.#small('read', way, id).u32(most).end();
    (way === 'message' ? this.#owed : this.#watched).add(id);
    if (this.#streams.has(id)) this.#calling.add(id);
    return true;
  }

  cancel(id: number): void {
    if (!(id >= 1 && id < this.#next)) return;
    this.#readable.delete(id);
    this.#small('cancel', 'message', id).end();
    this.#calling.delete(id);
    this.#streams.delete(id);
    this.#owed.delete(id);
    this.#watched.delete(id);
    this.#early = this.#early.filter(bytes => replyId(bytes) !== id);
  }

  /** Whether an answer by message is still to come. */
  get isWaiting(): boolean {
    return this.#owed.size > 0;
  }

  /** Sends what waits to leave, without waiting for an answer. Throws what `check` throws. */
  send(check: () => void): void {
    this.#window.send(check);
  }

  /** Waits for the answer to `id`, or to any (0), asked by the way of the window. Throws what `check` throws. */
  wait(id: number, check: () => void): Uint8Array {
    for (;;) {
      const at = id === 0 ? 0 : this.#early.findIndex(bytes => replyId(bytes) === id);
      const [found] = at < 0 ? [] : this.#early.splice(at, 1);
      if (found !== undefined) return found;
      const bytes = this.#window.receive(check);
      // What comes too late for a request that was given up is dropped.
      if (!this.#watched.delete(replyId(bytes))) continue;
      this.#early.push(bytes);
      this.#note(bytes);
    }
  }

  /** Whether an answer by the way of the window is still to come, or to be taken. */
  get isWatching(): boolean {
    return this.#watched.size > 0 || this.#early.length > 0;
  }

  #note(bytes: Uint8Array): void {
    const id = replyId(bytes);
    const [op] = bytes;
    this.#calling.delete(id);
    const isHead = op === REPLY_HEAD && bytes[REPLY_BYTES] === HEAD_RESPONSE;
    const isItems = op === REPLY_ITEMS || (op === REPLY_VALUE && this.#streams.has(id));
    if (op === REPLY_ITEMS) this.#streams.add(id);
    else if (op !== REPLY_VALUE) this.#streams.delete(id);
    if (isHead || op === REPLY_DATA || isItems) this.#readable.add(id);
  }

  get #window(): NetWindow {
    const { window } = this.#io;
    if (window === null) throw new Error('a guest that cannot wait');
    return window;
  }

  /** An answer by message. Dropped when nobody waits for it any more. */
  push(bytes: Uint8Array): void {
    if (!this.#owed.delete(replyId(bytes))) return;
    this.#answers.push(bytes);
    this.#note(bytes);
  }

  get hasAnswer(): boolean {
    return this.#answers.length > 0;
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
