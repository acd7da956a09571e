/** From what a plugin asked for to the least that would allow it. For a person to read, and to decide. */
import type { EgressRecord } from '../../core/result.ts';
import { DEFAULT_METHODS } from './rules.ts';
import type { HostRule, NetworkPolicy, Scheme } from './types.ts';

/** Paths a rule lists; a host asked for more gets all of them. */
const MOST_PATHS = 10;
/** What a rule for a name or an address can make up for. Anything else is wrong with the request itself. */
const MISSING: ReadonlySet<string> = new Set(['host-unlisted', 'port', 'method', 'path', 'address-unlisted']);

interface Wanted {
  readonly schemes: Set<Scheme>;
  readonly methods: Set<string>;
  readonly paths: Set<string>;
}

/**
 * The smallest `network` under which every one of these attempts would be decided as allowed: hosts with their ports,
 * schemes, methods and paths, and addresses a URL names. Never a special-purpose address, and nothing that a deny rule or
 * the request itself stood against.
 */
export function minimalNetwork(records: readonly EgressRecord[]): NetworkPolicy {
  const hosts = new Map<string, Wanted>();
  const addresses = new Set<string>();
  for (const { url, method, decision, reason } of records) {
    if (decision === 'denied' && !MISSING.has(reason ?? '')) continue;
    if (!DEFAULT_METHODS.includes(method)) continue;
    const parsed = URL.parse(url);
    if (parsed === null || !/^https?:$/.test(parsed.protocol)) continue;
    const scheme = parsed.protocol.slice(0, -1) as Scheme;
    const { hostname, port, pathname } = parsed;
    if (hostname.startsWith('[') || /^\d+(?:\.\d+){3}$/.test(hostname)) {
      addresses.add(port === '' ? hostname.replace(/^\[|\]$/g, '') : `${hostname}:${port}`);
      continue;
    }
    const key = `${hostname} ${port === '' ? (scheme === 'https' ? 443 : 80) : port}`;
    let wanted = hosts.get(key);
    if (wanted === undefined) {
      wanted = { schemes: new Set(), methods: new Set(), paths: new Set() };
      hosts.set(key, wanted);
    }
    wanted.schemes.add(scheme);
    wanted.methods.add(method);
    wanted.paths.add(pathname);
  }
  const allow = [...hosts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, wanted]) => ruleOf(key, wanted));
  return {
    ...(allow.length > 0 ? { allow } : {}),
    ...(addresses.size > 0 ? { allowIp: [...addresses].sort() } : {}),
  };
}

function ruleOf(key: string, { schemes, methods, paths }: Wanted): HostRule {
  const [host = '', portText] = key.split(' ');
  const port = Number(portText);
  const usual = schemes.size === 1 && port === (schemes.has('https') ? 443 : 80);
  return {
    host,
    ...(usual ? {} : { ports: [port] }),
    schemes: [...schemes].sort(),
    methods: [...methods].sort(),
    ...(paths.size <= MOST_PATHS && !paths.has('/') ? { paths: [...paths].sort() } : {}),
  };
}
