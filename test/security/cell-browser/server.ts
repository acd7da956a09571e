/** Two loopback servers that count: one serves the pages, the other is where secrets would go. */
import { createSocket } from 'node:dgram';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

export interface Served {
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Servers extends AsyncDisposable {
  readonly same: string;
  readonly cross: string;
  readonly wire: string;
  /** Any datagram that arrives there is the hit `DATAGRAM`. */
  readonly datagrams: string;
  /** Decoded names of the probes that arrived, since the last call. */
  takeHits(): string[];
  /** TCP connections to the other server, requests or not, since the last call. */
  takeConnections(): number;
}

/** QUIC carries no readable path: one probe only may use it. */
export const DATAGRAM = 'WK-WEB-003 WebTransport';

export async function startServers(files: ReadonlyMap<string, Served>): Promise<Servers> {
  const hits: string[] = [];
  let connections = 0;
  const isHit = (request: IncomingMessage): boolean => {
    const { url = '/' } = request;
    if (!url.startsWith('/hit/')) return false;
    // A form adds a query.
    hits.push(decodeURIComponent(url.slice('/hit/'.length).replace(/\?$/, '')));
    return true;
  };
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const file = isHit(request)
      ? { type: 'text/javascript', body: '' }
      : files.get((request.url ?? '/').split('?', 1)[0] as string);
    const common = {
      'Access-Control-Allow-Origin': '*',
      'Cross-Origin-Resource-Policy': 'cross-origin',
      'Cache-Control': 'no-store',
    };
    response.writeHead(file === undefined ? 404 : 200, {
      'Content-Type': file?.type ?? 'text/plain',
      ...common,
      ...file?.headers,
    });
    response.end(file?.body ?? 'nothing here');
  };
  const listen = async (count: boolean) => {
    const server = createServer(answer);
    server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
      isHit(request);
      socket.destroy();
    });
    if (count) server.on('connection', () => connections++);
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return server;
  };
  const [pages, other] = [await listen(false), await listen(true)];
  const udp = createSocket('udp4');
  udp.on('message', () => {
    if (!hits.includes(DATAGRAM)) hits.push(DATAGRAM);
  });
  await new Promise<void>(resolve => udp.bind(0, '127.0.0.1', resolve));
  const portOf = (server: typeof pages): number => (server.address() as AddressInfo).port;
  return {
    same: `http://127.0.0.1:${portOf(pages)}`,
    cross: `http://127.0.0.1:${portOf(other)}`,
    wire: `ws://127.0.0.1:${portOf(other)}`,
    datagrams: `https://127.0.0.1:${udp.address().port}/`,
    takeHits: () => hits.splice(0),
    takeConnections() {
      const taken = connections;
      connections = 0;
      return taken;
    },
    async [Symbol.asyncDispose]() {
      udp.close();
      for (const server of [pages, other]) {
        server.closeAllConnections();
        await new Promise(resolve => server.close(resolve));
      }
    },
  };
}
