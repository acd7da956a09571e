/**
 * A session as messages: what a cell asks for by number, and what it is answered (protocol/net.ts). One for each run. The
 * host parses what a cell sends and hands it in; nothing here trusts its order.
 */
import type { NetCall, NetHead, NetReply, NetWay } from '../protocol/net.ts';
import type { EgressSession } from './session.ts';
import type { BodyPart, EgressAnswer, EgressBody } from './types.ts';

interface Line {
  readonly stop: AbortController;
  /** Where the cell waits for the answer. */
  way: NetWay;
  body: EgressBody | null;
  /** Received, but more than the last `read` wanted. */
  rest: Uint8Array | null;
  isReading: boolean;
}

export class Desk {
  readonly #session: EgressSession;
  readonly #post: (reply: NetReply, way: NetWay) => void;
  readonly #lines: Map<number, Line> = new Map();
  #last = 0;

  constructor(session: EgressSession, post: (reply: NetReply, way: NetWay) => void) {
    this.#session = session;
    this.#post = post;
  }

  /** False for what no healthy cell sends. What it sends too late, because it could not know yet, is ignored. */
  handle(call: NetCall): boolean {
    if (call.op === 'fetch') return this.#fetch(call);
    if (!(call.id <= this.#last)) return false;
    const line = this.#lines.get(call.id);
    if (line === undefined) return true;
    if (call.op === 'cancel') {
      this.#drop(call.id, line);
      return true;
    }
    line.way = call.way;
    return this.#read(call.id, line, call.mostBytes);
  }

  /** Ends all requests, without a word to the cell. Idempotent; the session is its owner's to close. */
  close(): void {
    for (const [id, line] of this.#lines) this.#drop(id, line);
  }

  #fetch(call: Extract<NetCall, { op: 'fetch' }>): boolean {
    const { id, way, url, method, headers, body, redirect } = call;
    if (!Number.isSafeInteger(id) || id <= this.#last) return false;
    this.#last = id;
    const line: Line = { stop: new AbortController(), way, body: null, rest: null, isReading: false };
    this.#lines.set(id, line);
    this.#session
      .fetch({ url, method, headers, body, redirect, signal: line.stop.signal })
      .then(answer => this.#answer(id, line, answer));
    return true;
  }

  #answer(id: number, line: Line, answer: EgressAnswer): void {
    if (this.#lines.get(id) !== line) return;
    if (answer.kind === 'response') line.body = answer.response.body;
    else this.#drop(id, line);
    this.#post({ op: 'head', id, head: headOf(answer) }, line.way);
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
      this.#post({ op: 'data', id, bytes }, line.way);
      return;
    }
    this.#drop(id, line);
    this.#post(
      part.kind === 'end' ? { op: 'end', id } : { op: 'error', id, failure: part.failure },
      line.way,
    );
  }

  #drop(id: number, line: Line): void {
    this.#lines.delete(id);
    line.body?.cancel();
    line.stop.abort();
  }
}

/** About a coding that the body no longer has. */
const OF_CODING: ReadonlySet<string> = new Set(['content-encoding', 'content-length']);

function headOf(answer: EgressAnswer): NetHead {
  switch (answer.kind) {
    case 'response': {
      const { status, statusText, headers, url, redirected, decoded } = answer.response;
      const kept =
        decoded === null ? headers : headers.filter(([name]) => !OF_CODING.has(name.toLowerCase()));
      return { kind: 'response', status, statusText, headers: kept, url, redirected };
    }
    case 'denied': {
      const { reason, message, url } = answer.denial;
      return { kind: 'denied', reason, message, url };
    }
    case 'failed':
      return answer;
  }
}
