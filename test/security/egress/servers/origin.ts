/** HTTP servers on loopback. A forbidden one is like any other, but for what a test expects of its hits. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecure } from 'node:https';
import { type AddressInfo, createServer as createRaw, type Socket } from 'node:net';

export interface Origin extends AsyncDisposable {
  readonly port: number;
  /** Requests that arrived. */
  readonly hits: readonly Hit[];
  /** Connections that were made, with or without a request. */
  readonly connections: () => number;
  /** Connections open right now. */
  readonly open: () => number;
}

export interface Hit {
  readonly method: string;
  readonly url: string;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly rawHeaders: readonly string[];
  /** Known once it has arrived. */
  body: string;
}

export type Answer = (request: IncomingMessage, response: ServerResponse, hit: Hit) => void;

export interface OriginOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  readonly port?: number;
  /** Makes it speak TLS. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

export async function startOrigin(answer: Answer, options: OriginOptions = {}): Promise<Origin> {
  const hits: Hit[] = [];
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const hit: Hit = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      rawHeaders: request.rawHeaders,
      body: '',
    };
    hits.push(hit);
    request.setEncoding('latin1').on('data', (text: string) => {
      hit.body += text;
    });
    // Clients of these tests leave in the middle.
    request.on('error', () => {});
    response.on('error', () => {});
    answer(request, response, hit);
  };
  const server = options.tls === undefined ? createServer(serve) : createSecure({ ...options.tls }, serve);
  const counted = countConnections();
  server.on('connection', counted.add);
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject);
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    hits,
    connections: counted.total,
    open: counted.open,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      counted.destroy();
      await new Promise<void>(resolve => {
        server.close(() => resolve());
      });
    },
  };
}

/** A server that writes what it likes: HTTP or not. */
export async function startRaw(
  talk: (socket: Socket, request: string) => void,
): Promise<Omit<Origin, 'hits'>> {
  const counted = countConnections();
  const server = createRaw(socket => {
    counted.add(socket);
    socket.on('error', () => {});
    socket.once('data', data => talk(socket, data.toString('latin1')));
  });
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    connections: counted.total,
    open: counted.open,
    async [Symbol.asyncDispose]() {
      counted.destroy();
      await new Promise<void>(resolve => {
        server.close(() => resolve());
      });
    },
  };
}

function countConnections(): {
  add: (socket: Socket) => void;
  total: () => number;
  open: () => number;
  destroy: () => void;
} {
  const sockets = new Set<Socket>();
  let total = 0;
  return {
    add(socket) {
      total += 1;
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    },
    total: () => total,
    open: () => sockets.size,
    destroy() {
      for (const socket of sockets) socket.destroy();
    },
  };
}
