/** `HttpService` with `node:http`. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HttpCall, HttpHandler, HttpService } from '../http.ts';

export interface ServeOptions {
  readonly host: string;
  /** 0 chooses a free one. */
  readonly port: number;
  /** Connections at the same time. */
  readonly connections: number;
}

/** Rejects when it cannot listen. */
export async function serveHttp(options: ServeOptions, handler: HttpHandler): Promise<HttpService> {
  const over = new AbortController();
  const server = createServer({ maxHeaderSize: 16 * 1024, headersTimeout: 10_000, requestTimeout: 300_000 });
  server.maxConnections = options.connections;
  let closing: Promise<void> | null = null;
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    // While it closes, a connection that has nothing to do goes at once: it would be kept for another call.
    response.on('close', () => {
      if (closing !== null) setImmediate(() => server.closeIdleConnections());
    });
    serve(handler, request, response, over.signal).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
  const { address, port } = server.address() as AddressInfo;
  return {
    host: address,
    port,
    close(graceMs) {
      closing ??= new Promise(resolve => {
        const timer = setTimeout(() => {
          over.abort();
          server.closeAllConnections();
        }, graceMs);
        server.close(() => {
          clearTimeout(timer);
          resolve();
        });
        server.closeIdleConnections();
      });
      return closing;
    },
  };
}

async function serve(
  handler: HttpHandler,
  request: IncomingMessage,
  response: ServerResponse,
  over: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  response.on('close', leave);
  response.on('error', leave);
  request.on('error', leave);
  over.addEventListener('abort', leave, { once: true });
  const pieces = request[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
  const call: HttpCall = {
    method: request.method ?? '',
    path: (request.url ?? '').replace(/[?#].*$/s, ''),
    header(name) {
      const values = request.headersDistinct[name.toLowerCase()] ?? [];
      return values.length === 1 ? (values[0] ?? null) : null;
    },
    async read() {
      const { done, value } = await pieces.next();
      return done === true ? null : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    },
    signal: gone.signal,
  };
  try {
    const reply = await handler(call);
    response.writeHead(reply.status, reply.headers);
    if (reply.body !== undefined) {
      // The head goes out at once: whoever waits for it may have nothing else to wait for.
      response.flushHeaders();
      for await (const bytes of reply.body) {
        if (gone.signal.aborted) break;
        if (!response.write(bytes)) await drained(response);
      }
    }
    response.end();
    // What was not read of the request is not wanted: without this the connection would wait for it.
    if (!request.complete) {
      response.once('finish', () => request.destroy());
    }
  } finally {
    over.removeEventListener('abort', leave);
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      response.removeListener('drain', done);
      response.removeListener('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
    if (response.destroyed) done();
  });
}
