/**
 * Names to addresses. Asks DNS for the very name and nothing else: no search domains, no hosts file, no mDNS, so that
 * a machine's private names are not within a plugin's reach unless its operator chooses `system`.
 */
import { promises as dns } from 'node:dns';
import { NetError } from '../net.ts';

export interface DnsOptions {
  /**
   * `dns`: queries for A and AAAA, sent to the machine's DNS servers or to `servers`. `system`: getaddrinfo, with the
   * hosts file and whatever else the machine is set up with. Default `dns`.
   */
  readonly source?: 'dns' | 'system';
  /** Servers as `address` or `address:port`. Default: those of the machine. Only with `dns`. */
  readonly servers?: readonly string[];
  /** Of one try, before it doubles. Default 2,000. */
  readonly timeoutMs?: number;
  /** Default 2. */
  readonly tries?: number;
}

/** RFC 6761: these never leave the machine. Whether they may be reached is the rules' to say. */
const LOCALHOST = ['127.0.0.1', '::1'] as const;

export function isLocalhost(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost');
}

type Resolve = (name: string, signal: AbortSignal) => Promise<readonly string[]>;

export function createResolve(options: DnsOptions = {}): Resolve {
  const lookUp = options.source === 'system' ? askSystem : askDns(options);
  return async (name, signal) => {
    if (signal.aborted) throw new NetError('aborted', 'aborted before its name was resolved');
    return isLocalhost(name) ? LOCALHOST : lookUp(name, signal);
  };
}

function askDns({ servers, timeoutMs = 2000, tries = 2 }: DnsOptions): Resolve {
  return async (name, signal) => {
    // One for each name: cancelling it ends this question only, and nothing is remembered between questions.
    const resolver = new dns.Resolver({ timeout: timeoutMs, tries });
    if (servers !== undefined) resolver.setServers(servers);
    const cancel = (): void => resolver.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
      // A family without an answer is no reason to fail: connections go to what was answered, and nowhere else.
      const addresses = answers.flatMap(answer => (answer.status === 'fulfilled' ? answer.value : []));
      if (signal.aborted) throw new NetError('aborted', 'aborted while its name was resolved');
      if (addresses.length > 0) return addresses;
      const codes = answers.map(answer => (answer.status === 'rejected' ? codeOf(answer.reason) : 'none'));
      throw new NetError('dns', `no address: ${[...new Set(codes)].join(', ')}`);
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  };
}

async function askSystem(name: string, signal: AbortSignal): Promise<readonly string[]> {
  // getaddrinfo cannot be stopped: its answer is dropped instead.
  const dropped = new Promise<never>((_, reject) => {
    signal.addEventListener(
      'abort',
      () => reject(new NetError('aborted', 'aborted while its name was resolved')),
      { once: true },
    );
  });
  const found = dns.lookup(name, { all: true, order: 'verbatim' }).catch((error: unknown) => {
    throw new NetError('dns', `no address: ${codeOf(error)}`, error);
  });
  const addresses = (await Promise.race([found, dropped])).map(({ address }) => address);
  if (addresses.length === 0) throw new NetError('dns', 'no address');
  return addresses;
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code ?? 'unknown');
}
