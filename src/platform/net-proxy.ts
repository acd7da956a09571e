/**
 * Requests through an egress proxy, which decides again, resolves, pins and sends. With it a browser has the guarantees
 * of Node.js. Works wherever there is a fetch.
 */
import { type Header, type NetBody, NetError, type NetPlatform, type NetRequest } from './net.ts';
import {
  ByteSource,
  decodeJson,
  encodeHead,
  FRAME_DATA,
  FRAME_END,
  FRAME_ERROR,
  FRAME_HEAD,
  PROXY_PATH,
  PROXY_TYPE,
  type ProxyAnswerHead,
  readFrame,
} from './net-frames.ts';

export interface ProxyNetOptions {
  /** Where the proxy listens, such as `https://egress.example.com`. */
  readonly url: string;
  readonly token: string;
  /** Default: the global one. */
  readonly fetch?: typeof fetch;
}

export function createProxyNet(options: ProxyNetOptions): NetPlatform {
  const send = options.fetch ?? globalThis.fetch.bind(globalThis);
  const endpoint = new URL(PROXY_PATH, options.url).href;
  return {
    capabilities: () => ({ dnsPinned: true, redirectsSeen: true, cookiesSeen: true }),
    now: () => performance.now(),
    // The proxy does, and judges what it finds.
    resolve: null,
    async request(request) {
      const stream = await open(send, endpoint, options.token, request);
      const reader = stream.getReader();
      const source = new ByteSource(async () => {
        const { done, value } = await reader.read();
        return done ? null : value;
      });
      const cancel = (): void => {
        reader.cancel().catch(() => {});
      };
      try {
        const head = await readHead(source);
        const { status, statusText, headers, decoded } = head;
        return {
          status,
          statusText,
          headers: headers.map(([name, value]): Header => [name, value]),
          decoded,
          address: null,
          body: bodyOf(source, cancel, request.signal),
        };
      } catch (error) {
        cancel();
        throw toNetError(error, request.signal);
      }
    },
  };
}

async function open(
  send: typeof fetch,
  endpoint: string,
  token: string,
  { url, method, headers, body, signal }: NetRequest,
): Promise<ReadableStream<Uint8Array>> {
  const pieces: BlobPart[] = [encodeHead({ url, method, headers, hasBody: body !== null })];
  if (body instanceof Uint8Array) pieces.push(body.slice());
  else if (body !== null) for await (const piece of body) pieces.push(piece.slice());
  let response: Response;
  try {
    response = await send(endpoint, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': PROXY_TYPE },
      body: new Blob(pieces),
      signal,
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      cache: 'no-store',
      redirect: 'error',
    });
  } catch (error) {
    throw toNetError(error, signal);
  }
  if (response.status !== 200 || response.body === null) {
    response.body?.cancel().catch(() => {});
    throw new NetError('connect', `the egress proxy answered ${response.status}`);
  }
  return response.body;
}

async function readHead(source: ByteSource): Promise<Extract<ProxyAnswerHead, { kind: 'response' }>> {
  const frame = await readFrame(source);
  if (frame?.type !== FRAME_HEAD) throw new NetError('protocol', 'the egress proxy sent no head');
  // Its peer is the operator's own proxy: trusted as far as the operator trusts it.
  const head = decodeJson(frame.payload) as ProxyAnswerHead;
  if (head.kind === 'denied') throw new NetError('denied', head.message);
  if (head.kind === 'failed') throw new NetError('unknown', `the egress proxy says: ${head.failure}`);
  return head;
}

function bodyOf(source: ByteSource, cancel: () => void, signal: AbortSignal): NetBody {
  let isOver = false;
  return {
    async read() {
      if (isOver) return null;
      try {
        const frame = await readFrame(source);
        if (frame?.type === FRAME_DATA) return frame.payload;
        if (frame?.type === FRAME_END) {
          isOver = true;
          return null;
        }
        const word = frame?.type === FRAME_ERROR ? new TextDecoder().decode(frame.payload) : 'no end';
        throw new NetError('reset', `the egress proxy says: ${word}`);
      } catch (error) {
        throw toNetError(error, signal);
      }
    },
    cancel,
  };
}

function toNetError(error: unknown, signal: AbortSignal): NetError {
  if (error instanceof NetError) return error;
  return new NetError(signal.aborted ? 'aborted' : 'connect', 'the egress proxy cannot be reached', error);
}
