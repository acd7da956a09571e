/**
 * A session as messages: what a cell asks for by number, and what it is answered (protocol/net.ts). One for each run. The
 * host parses what a cell sends and hands it in; nothing here trusts its order.
 */
import type { NetHead, NetReply, NetRequestCall, NetWay } from '../protocol/net.ts';
import type { EgressSession } from './session.ts';
import type { BodyPart, EgressAnswer, EgressBody } from './types.ts';

/** Read before the guest asks for it, in bytes: a round trip to a cell takes as long as many pieces of a network. */
const AHEAD_BYTES = 192 * 1024;

interface Line {
  readonly stop: AbortController;
  /** Where the cell waits for the answer. */
  way: NetWay;
  body: EgressBody | null;
  /** Received, and not handed over yet; then how the body ended. */
  readonly pieces: Uint8Array[];
  size: number;
  end: Exclude<BodyPart, { kind: 'data' }> | null;
  isPulling: boolean;
  /** What the cell waits for; 0 when it does not. */
  wanted: number;
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
  handle(call: NetRequestCall): boolean {
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

  #fetch(call: Extract<NetRequestCall, { op: 'fetch' }>): boolean {
    const { id, way, url, method, headers, body, redirect } = call;
    if (!Number.isSafeInteger(id) || id <= this.#last) return false;
    this.#last = id;
    const line: Line = {
      stop: new AbortController(), way, body: null, pieces: [], size: 0, end: null, isPulling: false, wanted: 0,
    }; // biome-ignore format: a list
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
    if (line.body === null || line.wanted > 0 || !Number.isSafeInteger(mostBytes) || mostBytes < 1)
      return false;
    line.wanted = mostBytes;
    this.#serve(id, line);
    return true;
  }

  /** Answers the cell with what is there, and sees to it that there is more. */
  #serve(id: number, line: Line): void {
    if (line.wanted > 0 && line.size > 0) {
      const bytes = take(line, line.wanted);
      line.wanted = 0;
      this.#post({ op: 'data', id, bytes }, line.way);
    } else if (line.wanted > 0 && line.end !== null) {
      const { end, way } = line;
      this.#drop(id, line);
      this.#post(end.kind === 'end' ? { op: 'end', id } : { op: 'error', id, failure: end.failure }, way);
      return;
    }
    if (line.isPulling || line.end !== null || line.body === null || line.size >= AHEAD_BYTES) return;
    line.isPulling = true;
    line.body.read().then(part => {
      line.isPulling = false;
      if (this.#lines.get(id) !== line) return;
      if (part.kind === 'data') {
        line.pieces.push(part.bytes);
        line.size += part.bytes.length;
      } else line.end = part;
      this.#serve(id, line);
    });
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

/** At most so many bytes of what is there, in a buffer of their own: a view would take all it looks at along. */
function take(line: Line, mostBytes: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Math.min(mostBytes, line.size));
  let at = 0;
  while (at < bytes.length) {
    const piece = line.pieces[0] as Uint8Array;
    const part = piece.subarray(0, bytes.length - at);
    bytes.set(part, at);
    at += part.length;
    if (part.length === piece.length) line.pieces.shift();
    else line.pieces[0] = piece.subarray(part.length);
  }
  line.size -= at;
  return bytes;
}
