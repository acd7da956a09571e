/** What two network rules allow both. Never more than either: a rule that cannot be narrowed exactly is dropped. */
import { type Cidr, contains, parseCidr } from '../egress/cidr.ts';
import { DEFAULT_METHODS, type HostRule } from '../egress/index.ts';
import { coversPath, segmentsOf } from '../egress/paths.ts';
import { SPECIAL_BLOCKS } from '../egress/special.ts';
import type { Scheme } from '../egress/types.ts';

const SCHEMES: readonly Scheme[] = ['http', 'https'];
const PORT_OF: Readonly<Record<Scheme, number>> = { http: 80, https: 443 };

/** `host` or `host:port` of a canonical rule as an object. */
export function ruleOf(rule: string | HostRule): HostRule {
  if (typeof rule !== 'string') return rule;
  const colon = rule.lastIndexOf(':');
  return colon < 0 ? { host: rule } : { host: rule.slice(0, colon), ports: [Number(rule.slice(colon + 1))] };
}

/** `null` when nothing is allowed by both. Both must be canonical, as `parseNetworkPolicy` gives them. */
export function bothRules(a: HostRule, b: HostRule): HostRule | null {
  const host = bothHosts(a.host, b.host);
  if (host === null) return null;
  const ports = bothPorts(a, b);
  const methods = bothLists(a.methods, b.methods, DEFAULT_METHODS);
  const paths = bothPaths(a.paths, b.paths);
  if (ports === null || methods === null || paths === null) return null;
  return Object.freeze({
    host,
    ...ports,
    ...(methods === undefined ? {} : { methods }),
    ...(paths === undefined ? {} : { paths }),
  });
}

/** `*.example.com` is every name below; never the name itself. */
function bothHosts(a: string, b: string): string | null {
  if (a === b) return a;
  const covers = (wide: string, narrow: string): boolean => {
    if (!wide.startsWith('*.')) return false;
    const name = narrow.startsWith('*.') ? narrow.slice(2) : narrow;
    return name.endsWith(wide.slice(1)) || (narrow.startsWith('*.') && name === wide.slice(2));
  };
  if (covers(a, b)) return b;
  return covers(b, a) ? a : null;
}

/** Without ports a rule means the port of each scheme. */
function bothPorts(a: HostRule, b: HostRule): Pick<HostRule, 'ports' | 'schemes'> | null {
  let schemes = SCHEMES.filter(
    scheme => (a.schemes ?? SCHEMES).includes(scheme) && (b.schemes ?? SCHEMES).includes(scheme),
  );
  let ports: readonly number[] | undefined;
  if (a.ports !== undefined && b.ports !== undefined) {
    const other = b.ports;
    ports = a.ports.filter(port => other.includes(port));
    if (ports.length === 0) return null;
  } else {
    const listed = a.ports ?? b.ports;
    if (listed !== undefined) schemes = schemes.filter(scheme => listed.includes(PORT_OF[scheme]));
  }
  if (schemes.length === 0) return null;
  return {
    ...(ports === undefined ? {} : { ports }),
    ...(schemes.length === SCHEMES.length ? {} : { schemes }),
  };
}

/** `undefined` when neither names any; `null` when nothing is in both. */
function bothLists(
  a: readonly string[] | undefined,
  b: readonly string[] | undefined,
  fallback: readonly string[],
): readonly string[] | undefined | null {
  if (a === undefined && b === undefined) return undefined;
  const both = (a ?? fallback).filter(item => (b ?? fallback).includes(item));
  return both.length === 0 ? null : both;
}

function bothPaths(
  a: readonly string[] | undefined,
  b: readonly string[] | undefined,
): readonly string[] | undefined | null {
  if (a === undefined || b === undefined) return a ?? b;
  const found = new Set<string>();
  for (const left of a) {
    for (const right of b) {
      if (coversPath(segmentsOf(left), segmentsOf(right))) found.add(right);
      else if (coversPath(segmentsOf(right), segmentsOf(left))) found.add(left);
    }
  }
  return found.size === 0 ? null : [...found];
}

interface AddressRule {
  readonly block: string;
  readonly port: number | null;
}

function addressRule(text: string): AddressRule {
  const [, bracketed, digits] =
    /^\[([^\]]*)\](?::(\d+))?$/.exec(text) ?? /^([\d./]+):(\d+)$/.exec(text) ?? [];
  return { block: bracketed ?? text, port: digits === undefined ? null : Number(digits) };
}

/** What two entries of `allowIp` allow both; `null` for nothing. */
export function bothAddresses(a: string, b: string): string | null {
  const [left, right] = [addressRule(a), addressRule(b)];
  if (left.port !== null && right.port !== null && left.port !== right.port) return null;
  const port = left.port ?? right.port;
  const [x, y] = [parseCidr(left.block), parseCidr(right.block)];
  if ('problem' in x || 'problem' in y || x.network.length !== y.network.length) return null;
  const [wide, narrow] = x.bits <= y.bits ? [x, y] : [y, x];
  if (!contains(wide, narrow.network)) return null;
  if (opensMore(narrow, wide)) return null;
  const block = narrow.text;
  return port === null ? block : block.includes(':') ? `[${block}]:${port}` : `${block}:${port}`;
}

/** A rule opens a special block only from within: narrowing 0.0.0.0/0 to 10.0.0.1 would open what it does not. */
function opensMore(narrow: Cidr, wide: Cidr): boolean {
  return SPECIAL_BLOCKS.some(([text]) => {
    const block = parseCidr(text);
    if ('problem' in block || !contains(block, narrow.network)) return false;
    return block.bits <= narrow.bits && block.bits > wide.bits;
  });
}
