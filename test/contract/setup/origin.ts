/** A server on loopback for the contract suite, reachable from Node.js and, by its CORS headers, from pages. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    readonly originPort: number;
  }
}

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': '*',
  'access-control-allow-headers': '*, authorization',
  'access-control-expose-headers': '*',
  'access-control-max-age': '600',
  'cross-origin-resource-policy': 'cross-origin',
};
const MANY = 40;
const CHUNK = 65_536;

/** Requests with the same `key`, counted. */
const turns = new Map<string, number>();

/** Says what the query asks for: `status`, headers `h` as `name: value`, a body in `hex`; `busy` times with 503 before. */
function say({ searchParams }: URL, response: ServerResponse): void {
  const key = searchParams.get('key') ?? '';
  const turn = (turns.get(key) ?? 0) + 1;
  turns.set(key, turn);
  const headers = searchParams.getAll('h').map(line => line.split(/: (.*)/s) as [string, string]);
  const names = new Set(headers.map(([name]) => name));
  for (const name of names)
    response.setHeader(
      name,
      headers.filter(([other]) => other === name).map(([, value]) => value),
    );
  const isBusy = turn <= Number(searchParams.get('busy') ?? 0);
  response.writeHead(isBusy ? 503 : Number(searchParams.get('status') ?? 200));
  response.end(Buffer.from(searchParams.get('hex') ?? '', 'hex'));
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = request.url ?? '';
  for (const [name, value] of Object.entries(CORS)) response.setHeader(name, value);
  if (request.method === 'OPTIONS') response.writeHead(204).end();
  else if (url.startsWith('/say?')) say(new URL(url, 'http://localhost'), response);
  else if (url === '/large') {
    for (let i = 0; i < MANY; i++) response.write(Buffer.alloc(CHUNK, 97));
    response.end();
  } else if (url === '/endless') response.write('begun');
  else if (url === '/slow') setTimeout(() => response.end('slow'), 100);
  else if (url === '/empty') response.writeHead(204).end();
  else if (url === '/missing') response.writeHead(404).end('not here');
  else if (url === '/go') response.writeHead(302, { location: '/echo?gone' }).end();
  else if (url === '/broken') {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half', () => request.socket.destroy());
  } else {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { method, headers } = request;
      response.setHeader('content-type', 'application/json');
      response.setHeader('x-answer', 'yes');
      response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(parts).toString('latin1') }));
    });
  }
}

export default async function setup(project: TestProject): Promise<() => void> {
  const server = createServer((request, response) => {
    response.on('error', () => {});
    answer(request, response);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  project.provide('originPort', (server.address() as AddressInfo).port);
  return () => {
    server.closeAllConnections();
    server.close();
  };
}
