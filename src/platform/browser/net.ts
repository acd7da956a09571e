/**
 * Requests in a browser: its own fetch, stripped of whatever it would add. It shows neither addresses nor redirects, so
 * names cannot be pinned and a redirect is a failure; `capabilities` says so, and an egress proxy has both.
 */
import { type Header, type NetBody, NetError, type NetPlatform, type NetRequest } from '../net.ts';

/** @param send for tests; default: the page's or worker's own fetch */
export function createBrowserNet(send: typeof fetch = globalThis.fetch.bind(globalThis)): NetPlatform {
  return {
    capabilities: () => ({ dnsPinned: false, redirectsSeen: false, cookiesSeen: false }),
    now: () => performance.now(),
    resolve: null,
    async request(request) {
      const response = await ask(send, request);
      return {
        status: response.status,
        statusText: response.statusText,
        headers: [...response.headers].map(([name, value]): Header => [name, value]),
        // Decoded by the browser, which does not say from what.
        decoded: response.headers.get('content-encoding'),
        address: null,
        body: readBody(response.body, request.signal),
      };
    },
  };
}

async function ask(send: typeof fetch, request: NetRequest): Promise<Response> {
  const { url, method, headers, signal } = request;
  const body = request.body === null ? null : await collect(request.body);
  try {
    return await send(url, {
      method,
      headers: headers.map(([name, value]): [string, string] => [name, value]),
      body,
      signal,
      // Nothing of the page's: no cookies, no referrer, no cache that other origins filled.
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      cache: 'no-store',
      redirect: 'error',
      mode: 'cors',
      keepalive: false,
    });
  } catch (error) {
    throw new NetError(signal.aborted ? 'aborted' : 'unknown', 'the browser refused or failed', error);
  }
}

/** Uploads cannot be streamed everywhere. The quota was applied to the pieces. */
async function collect(body: Uint8Array | AsyncIterable<Uint8Array>): Promise<Blob> {
  if (body instanceof Uint8Array) return new Blob([body.slice()]);
  const pieces: BlobPart[] = [];
  for await (const piece of body) pieces.push(piece.slice());
  return new Blob(pieces);
}

/** A stream of the web as reads. */
export function readBody(stream: ReadableStream<Uint8Array> | null, signal: AbortSignal): NetBody {
  if (stream === null) return { read: async () => null, cancel() {} };
  const reader = stream.getReader();
  return {
    async read() {
      try {
        const { done, value } = await reader.read();
        return done ? null : value;
      } catch (error) {
        throw new NetError(signal.aborted ? 'aborted' : 'reset', 'the transfer broke off', error);
      }
    },
    cancel() {
      reader.cancel().catch(() => {});
    },
  };
}
