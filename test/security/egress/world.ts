/** A small internet on loopback: names, servers that may be reached, and one that must not. */
import { expect, onTestFinished } from 'vitest';
import {
  createEgress,
  type Egress,
  type EgressAnswer,
  type EgressRecord,
  type EgressRequest,
  type SecretValues,
} from '../../../src/egress/index.ts';
import type { NetPlatform } from '../../../src/platform/net.ts';
import { createNodeNet } from '../../../src/platform/node/net.ts';
import {
  type NetworkLimits,
  type NetworkPolicy,
  parseNetworkPolicy,
  parseSecrets,
  type SecretPolicy,
} from '../../../src/policy/egress/index.ts';
import { type DnsAnswer, type DnsServer, startDns, type Zone } from './servers/dns.ts';
import { type Answer, type Origin, type OriginOptions, startOrigin } from './servers/origin.ts';

/** Where servers listen that may be reached: the one address that is allowed. */
export const ALLOWED_ADDRESS = '127.0.0.1';
/** Where the server listens that nothing may reach. */
export const FORBIDDEN_ADDRESS = '127.0.0.2';

/** How long a busy machine may take for what happens at once on an idle one. */
export const PATIENCE_MS = 30_000;

/** Waits until it is so. */
export function soon<T>(probe: () => T): ReturnType<typeof expect.poll<T>> {
  return expect.poll(probe, { timeout: PATIENCE_MS, interval: 20 });
}

export interface WorldOptions {
  readonly allow: NonNullable<NetworkPolicy['allow']>;
  readonly addresses?: readonly string[];
  readonly zone?: Zone | Readonly<Record<string, DnsAnswer>>;
  readonly limits?: Partial<NetworkLimits>;
  readonly secretRules?: Readonly<Record<string, SecretPolicy>>;
  readonly secrets?: SecretValues;
  readonly totalConcurrency?: number;
  /** Until a question counts as not answered. Default: patience. */
  readonly dnsTimeoutMs?: number;
  readonly extraAuthorities?: readonly string[];
}

export interface World {
  readonly egress: Egress;
  readonly net: NetPlatform;
  readonly dns: DnsServer;
  readonly records: EgressRecord[];
}

/** Ends with the test. */
export async function createWorld(options: WorldOptions): Promise<World> {
  const { zone = {} } = options;
  const dns = await startDns(
    typeof zone === 'function' ? zone : ({ name }) => (Object.hasOwn(zone, name) ? zone[name] : undefined),
  );
  onTestFinished(() => dns[Symbol.asyncDispose]());
  const net = createNodeNet({
    dns: { servers: [dns.address], timeoutMs: options.dnsTimeoutMs ?? PATIENCE_MS, tries: 1 },
    ...(options.extraAuthorities === undefined ? {} : { extraAuthorities: options.extraAuthorities }),
  });
  const records: EgressRecord[] = [];
  const {
    allow,
    addresses: allowIp = [ALLOWED_ADDRESS],
    limits,
    secrets,
    secretRules = {},
    totalConcurrency,
  } = options;
  const egress = createEgress({
    rules: parseNetworkPolicy({ allow, allowIp, ...(limits === undefined ? {} : { limits }) }, 'network'),
    net,
    secretRules: parseSecrets(secretRules, 'secrets'),
    ...(secrets === undefined ? {} : { secrets }),
    ...(totalConcurrency === undefined ? {} : { totalConcurrency }),
    record: entry => records.push(entry),
  });
  return { egress, net, dns, records };
}

/** Ends with the test. */
export async function origin(answer: Answer, options?: OriginOptions): Promise<Origin> {
  const server = await startOrigin(answer, options);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

/** The server whose hits and connections have to be zero, listening on the same port as an allowed one. */
export function forbidden(port: number): Promise<Origin> {
  return origin((_, response) => response.end('forbidden fruit'), { host: FORBIDDEN_ADDRESS, port });
}

/** One request in a session of its own, its body read to the end. */
export async function once(
  egress: Egress,
  request: EgressRequest | string,
): Promise<{ answer: EgressAnswer; text: string; end: string }> {
  const session = egress.open();
  const answer = await session.fetch(typeof request === 'string' ? { url: request } : request);
  const read = await drain(answer);
  session.close();
  return { answer, ...read };
}

/** How a body ended: `end`, or the failure. */
export async function drain(answer: EgressAnswer): Promise<{ text: string; end: string; bytes: number }> {
  if (answer.kind !== 'response') return { text: '', end: answer.kind, bytes: 0 };
  const decoder = new TextDecoder('latin1');
  let text = '';
  let bytes = 0;
  for (;;) {
    const part = await answer.response.body.read();
    if (part.kind === 'data') {
      bytes += part.bytes.length;
      // Long ones are of no interest as text.
      if (text.length < 100_000) text += decoder.decode(part.bytes, { stream: true });
    } else {
      return { text, bytes, end: part.kind === 'end' ? 'end' : part.failure };
    }
  }
}

/** What a guest can tell two failures apart by. */
export function asSeen(answer: EgressAnswer): string {
  return JSON.stringify(answer);
}
