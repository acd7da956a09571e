/** A request's body on its way out, as fast as the peer takes it. */
import type { ClientRequest } from 'node:http';

/** Resolves when all is handed over, or when nobody listens any more. @throws what producing the body throws */
export async function writeBody(
  client: ClientRequest,
  body: Uint8Array | AsyncIterable<Uint8Array> | null,
): Promise<void> {
  if (body === null) {
    client.end();
    return;
  }
  if (body instanceof Uint8Array) {
    client.end(body);
    return;
  }
  for await (const bytes of body) {
    // Answered and closed before all was sent: leaving the loop tells the producer.
    if (client.destroyed) return;
    if (bytes.length > 0 && !client.write(bytes)) await drained(client);
  }
  if (!client.destroyed) client.end();
}

function drained(client: ClientRequest): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      client.removeListener('drain', done);
      client.removeListener('close', done);
      resolve();
    };
    client.on('drain', done);
    client.on('close', done);
  });
}
