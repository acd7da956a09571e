/** Who may use an egress proxy, and how much of it. */
import { SandboxError } from '../core/errors.ts';
import { type NetworkLimits, resolveNetworkLimits } from '../policy/egress/index.ts';
import type { ProxyOptions } from './proxy.ts';
import type { EgressSession } from './session.ts';
import { Slots } from './slots.ts';

export interface ProxyClient {
  /** For records. */
  readonly name: string;
  /** At least 32 characters. */
  readonly token: string;
  /** Of each minute: `requests`, `uploadBytes` and `downloadBytes`. Of all time: the others. */
  readonly limits?: Partial<NetworkLimits>;
}

export interface KnownClient {
  readonly slots: Slots;
  /** Counts what this client uses in the current minute. */
  session(): EgressSession;
}

export interface Clients {
  isKnownOrigin(origin: string): boolean;
  /** @param authorization the header's value */
  authenticate(authorization: string | null): Promise<KnownClient | null>;
}

/** Shorter ones can be guessed. */
export const SHORTEST_TOKEN = 32;
const WINDOW_MS = 60_000;

export function createClients({ egress, clients, origins = [], record }: ProxyOptions): Clients {
  for (const origin of origins) {
    const url = URL.parse(origin);
    if (url === null || !/^https?:$/.test(url.protocol) || url.origin !== origin) {
      throw new SandboxError(
        'INVALID_ARGUMENT',
        `an origin is written like https://app.example.com, got ${origin}`,
      );
    }
  }
  if (clients.length === 0) throw new SandboxError('INVALID_ARGUMENT', 'name at least one client');
  const known = clients.map(client => {
    if (client.token.length < SHORTEST_TOKEN) {
      throw new SandboxError(
        'INVALID_ARGUMENT',
        `the token of ${client.name} needs at least ${SHORTEST_TOKEN} characters`,
      );
    }
    const limits = resolveNetworkLimits({ ...egress.limits, ...client.limits }, `${client.name}.limits`);
    let session: EgressSession | null = null;
    let openedMs = 0;
    return {
      digest: digestOf(client.token),
      slots: new Slots(limits.concurrency),
      session() {
        const now = egress.now();
        if (session === null || now - openedMs >= WINDOW_MS) {
          // What still runs in the minute before goes on, and counts there.
          openedMs = now;
          session = egress.open({
            limits,
            ...(record === undefined ? {} : { record: entry => record(client.name, entry) }),
          });
        }
        return session;
      },
    };
  });
  return {
    isKnownOrigin: origin => origins.includes(origin),
    async authenticate(authorization) {
      const [, token] = /^Bearer ([\u0021-\u007e]+)$/i.exec(authorization ?? '') ?? [];
      if (token === undefined) return null;
      const digest = await digestOf(token);
      let found: KnownClient | null = null;
      // All of them, and all bytes of each: the time it takes says nothing about where they differ.
      for (const client of known) if (isSame(await client.digest, digest)) found = client;
      return found;
    },
  };
}

async function digestOf(token: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token)));
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}
