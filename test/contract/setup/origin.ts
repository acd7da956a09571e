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

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = request.url ?? '';
  for (const [name, value] of Object.entries(CORS)) response.setHeader(name, value);
  if (request.method === 'OPTIONS') response.writeHead(204).end();
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
