/**
 * A session as messages: what a cell asks for by number, and what it is answered. One for each run. The host parses
 * what a cell sends and hands it in; nothing here trusts its order.
 */
import type { Header } from '../platform/net.ts';
import { Feed } from './feed.ts';
import type { EgressSession } from './session.ts';
import type { BodyPart, EgressAnswer, EgressBody, EgressDenial, EgressFailure } from './types.ts';

/** From a cell, parsed: the types hold, sizes are capped, bytes are copies. */
export type DeskCall =
  | {
      readonly op: 'fetch';
      /** Larger than every one before. */
      readonly id: number;
      readonly url: string;
      readonly method: string;
      readonly headers: readonly Header[];
      /** `stream`: it follows in `send`. */
      readonly body: Uint8Array | 'stream' | null;
      readonly redirect: 'follow' | 'manual' | 'error';
    }
  /** The next piece of a streamed body. One may be sent at once, each further one after `more`. */
  | { readonly op: 'send'; readonly id: number; readonly bytes: Uint8Array; readonly isLast: boolean }
  /** Asks for the next bytes of the answer's body, at most so many. One at a time. */
  | { readonly op: 'read'; readonly id: number; readonly mostBytes: number }
  /** Ends the request, whatever it is doing. Nothing is answered. */
  | { readonly op: 'cancel'; readonly id: number };

export type DeskReply =
  | { readonly op: 'head'; readonly id: number; readonly head: DeskHead }
  | { readonly op: 'more'; readonly id: number }
  /** The bytes are a copy of their own: they may be transferred. */
  | { readonly op: 'data'; readonly id: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly op: 'end'; readonly id: number }
  | { readonly op: 'error'; readonly id: number; readonly failure: EgressFailure | 'limit' };

/** What a guest may know of an answer. The hint of a denial is the operator's and stays here. */
export type DeskHead =
  | {
      readonly kind: 'response';
      readonly status: number;
      readonly statusText: string;
      readonly headers: readonly Header[];
      readonly url: string;
      readonly redirected: boolean;
      readonly decoded: string | null;
    }
  | ({ readonly kind: 'denied' } & Pick<EgressDenial, 'reason' | 'message' | 'url'>)
  | { readonly kind: 'failed'; readonly failure: EgressFailure };

interface Line {
  readonly stop: AbortController;
  readonly feed: Feed | null;
  body: EgressBody | null;
  /** Received, but more than the last `read` wanted. */
  rest: Uint8Array | null;
  isReading: boolean;
}

export class Desk {
  readonly #session: EgressSession;
  readonly #post: (reply: DeskReply) => void;
  readonly #lines: Map<number, Line> = new Map();
  #last = 0;

  constructor(session: EgressSession, post: (reply: DeskReply) => void) {
    this.#session = session;
    this.#post = post;
  }

  /** False for what no healthy cell sends. What it sends too late, because it could not know yet, is ignored. */
  handle(call: DeskCall): boolean {
    if (call.op === 'fetch') return this.#fetch(call);
    if (!(call.id <= this.#last)) return false;
    const line = this.#lines.get(call.id);
    if (line === undefined) return true;
    switch (call.op) {
      case 'send':
        return line.feed?.push(call.bytes, call.isLast) ?? false;
      case 'read':
        return this.#read(call.id, line, call.mostBytes);
      case 'cancel':
        this.#drop(call.id, line);
        return true;
    }
  }

  /** Ends all requests, without a word to the cell. Idempotent; the session is its owner's to close. */
  close(): void {
    for (const [id, line] of this.#lines) this.#drop(id, line);
  }

  #fetch(call: Extract<DeskCall, { op: 'fetch' }>): boolean {
    const { id, body } = call;
    if (!Number.isSafeInteger(id) || id <= this.#last) return false;
    this.#last = id;
    const feed = body === 'stream' ? new Feed(() => this.#post({ op: 'more', id })) : null;
    const line: Line = { stop: new AbortController(), feed, body: null, rest: null, isReading: false };
    this.#lines.set(id, line);
    const { url, method, headers, redirect } = call;
    const given = body === 'stream' ? feed : body;
    this.#session
      .fetch({ url, method, headers, body: given, redirect, signal: line.stop.signal })
      .then(answer => this.#answer(id, line, answer));
    return true;
  }

  #answer(id: number, line: Line, answer: EgressAnswer): void {
    if (this.#lines.get(id) !== line) return;
    if (answer.kind === 'response') line.body = answer.response.body;
    else this.#drop(id, line);
    this.#post({ op: 'head', id, head: headOf(answer) });
  }

  #read(id: number, line: Line, mostBytes: number): boolean {
    if (line.body === null || line.isReading || !Number.isSafeInteger(mostBytes) || mostBytes < 1)
      return false;
    line.isReading = true;
    const part = line.rest === null ? line.body.read() : { kind: 'data' as const, bytes: line.rest };
    Promise.resolve(part).then(found => this.#reply(id, line, found, mostBytes));
    return true;
  }

  #reply(id: number, line: Line, part: BodyPart, mostBytes: number): void {
    if (this.#lines.get(id) !== line) return;
    line.isReading = false;
    if (part.kind === 'data') {
      // A copy: a view would take the whole buffer it looks at along.
      const bytes = new Uint8Array(part.bytes.subarray(0, mostBytes));
      line.rest = part.bytes.length > mostBytes ? part.bytes.subarray(mostBytes) : null;
      this.#post({ op: 'data', id, bytes });
      return;
    }
    this.#drop(id, line);
    this.#post(part.kind === 'end' ? { op: 'end', id } : { op: 'error', id, failure: part.failure });
  }

  #drop(id: number, line: Line): void {
    this.#lines.delete(id);
    line.feed?.close();
    line.body?.cancel();
    line.stop.abort();
  }
}

function headOf(answer: EgressAnswer): DeskHead {
  switch (answer.kind) {
    case 'response': {
      const { body: _, ...head } = answer.response;
      return { kind: 'response', ...head };
    }
    case 'denied': {
      const { reason, message, url } = answer.denial;
      return { kind: 'denied', reason, message, url };
    }
    case 'failed':
      return answer;
  }
}
