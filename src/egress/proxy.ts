/** The egress proxy: requests of authenticated clients, through the same enforcer. */
import type { HttpCall, HttpHandler, HttpReply } from '../platform/http.ts';
import {
  ByteSource,
  encodeFrame,
  FRAME_DATA,
  FRAME_END,
  FRAME_ERROR,
  FRAME_HEAD,
  MOST_FRAME_BYTES,
  PROXY_PATH,
  PROXY_TYPE,
  type ProxyAnswerHead,
} from '../platform/net-frames.ts';
import type { Egress } from './egress.ts';
import { createClients, type ProxyClient } from './proxy-clients.ts';
import { readRequestHead } from './proxy-head.ts';
import type { EgressAnswer, EgressBody, EgressRecord } from './types.ts';

export interface ProxyOptions {
  readonly egress: Egress;
  readonly clients: readonly ProxyClient[];
  /** Pages that may call it, such as `https://app.example.com`. Others cannot, whatever token they have. Default: none. */
  readonly origins?: readonly string[];
  /** Called for each attempt with the client's name. */
  readonly record?: (client: string, record: EgressRecord) => void;
}

const NEVER_STORED: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
};

/** @throws SandboxError INVALID_ARGUMENT for a client or an origin that cannot be meant */
export function createProxyHandler(options: ProxyOptions): HttpHandler {
  const clients = createClients(options);
  return async call => {
    const origin = call.header('origin');
    // A page that is not named learns nothing, not even that something listens here.
    if (origin !== null && !clients.isKnownOrigin(origin)) return plain(403, {});
    const cors: Record<string, string> =
      origin === null ? {} : { 'Access-Control-Allow-Origin': origin, Vary: 'Origin' };
    if (call.path !== PROXY_PATH) return plain(404, cors);
    if (call.method === 'OPTIONS' && origin !== null) return preflight(call, cors);
    if (call.method !== 'POST') return plain(405, { ...cors, Allow: 'POST' });
    const client = await clients.authenticate(call.header('authorization'));
    if (client === null) return plain(401, { ...cors, 'WWW-Authenticate': 'Bearer' });
    if (call.header('content-type') !== PROXY_TYPE) return plain(415, cors);
    const source = new ByteSource(call.read);
    const head = await readRequestHead(source);
    if (head === null) return plain(400, cors);
    const place = await client.slots.take(call.signal);
    if (place === null) return plain(503, cors);
    // Also when nobody is left to send the answer to.
    call.signal.addEventListener('abort', place, { once: true });
    const answer = await client.session().fetch({
      url: head.url,
      method: head.method,
      headers: head.headers,
      body: head.hasBody ? restOf(source) : null,
      // The client follows, deciding each hop by its own rules as well.
      redirect: 'manual',
      signal: call.signal,
    });
    return {
      status: 200,
      headers: { ...NEVER_STORED, ...cors, 'Content-Type': PROXY_TYPE },
      body: frames(answer, place),
    };
  };
}

function plain(status: number, headers: Readonly<Record<string, string>>): HttpReply {
  return { status, headers: { ...NEVER_STORED, ...headers, 'Content-Length': '0' } };
}

function preflight(call: HttpCall, cors: Readonly<Record<string, string>>): HttpReply {
  const asksPrivate = call.header('access-control-request-private-network') === 'true';
  return {
    status: 204,
    headers: {
      ...cors,
      'Access-Control-Allow-Methods': 'POST',
      'Access-Control-Allow-Headers': 'authorization, content-type',
      'Access-Control-Max-Age': '600',
      ...(asksPrivate ? { 'Access-Control-Allow-Private-Network': 'true' } : {}),
    },
  };
}

async function* restOf(source: ByteSource): AsyncGenerator<Uint8Array, void, undefined> {
  for (;;) {
    const bytes = await source.rest();
    if (bytes === null) return;
    yield bytes;
  }
}

/** @param give the client's place, given back when all is said */
async function* frames(answer: EgressAnswer, give: () => void): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield encodeFrame(FRAME_HEAD, utf8(JSON.stringify(headOf(answer))));
    if (answer.kind === 'response') yield* bodyFrames(answer.response.body);
  } finally {
    if (answer.kind === 'response') answer.response.body.cancel();
    give();
  }
}

async function* bodyFrames(body: EgressBody): AsyncGenerator<Uint8Array, void, undefined> {
  for (;;) {
    const part = await body.read();
    if (part.kind === 'end') {
      yield encodeFrame(FRAME_END, new Uint8Array(0));
      return;
    }
    if (part.kind === 'error') {
      yield encodeFrame(FRAME_ERROR, utf8(part.failure));
      return;
    }
    for (let at = 0; at < part.bytes.length; at += MOST_FRAME_BYTES) {
      yield encodeFrame(FRAME_DATA, part.bytes.subarray(at, at + MOST_FRAME_BYTES));
    }
  }
}

function headOf(answer: EgressAnswer): ProxyAnswerHead {
  switch (answer.kind) {
    case 'response': {
      const { status, statusText, headers, decoded } = answer.response;
      return { kind: 'response', status, statusText, headers, decoded };
    }
    case 'denied':
      return { kind: 'denied', reason: answer.denial.reason, message: answer.denial.message };
    case 'failed':
      return { kind: 'failed', failure: answer.failure };
  }
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
