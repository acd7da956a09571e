/** What programs that use the network talk to: a few answers of an API, on this machine. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const CHAT = { id: '1', object: 'chat.completion', created: 1, model: 'm' };
const message = { role: 'assistant', content: 'hello' };
const chunk = (content: string): string =>
  `data: ${JSON.stringify({ ...CHAT, object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content } }] })}\n\n`;

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await textOf(request);
  const json = (value: unknown, status = 200): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  };
  const path = (request.url ?? '').replace(/\?.*/, '');
  if (path === '/404') json({ error: 'not found' }, 404);
  else if (path === '/echo') json(JSON.parse(body));
  else if (path === '/v1/messages') {
    json({
      id: '1',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [{ type: 'text', text: 'hello' }],
    });
  } else if (path === '/v1/chat/completions' && body.includes('"stream":true')) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(`${chunk('hel')}${chunk('lo')}data: [DONE]\n\n`);
  } else if (path === '/v1/chat/completions')
    json({ ...CHAT, choices: [{ index: 0, message, finish_reason: 'stop' }] });
  else json({ url: request.url, ok: true });
}

export interface Service extends AsyncDisposable {
  readonly port: number;
}

export async function serve(): Promise<Service> {
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () =>
      new Promise(resolve => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
