/**
 * Holds URLs and decisions against the web platform's own cases, which are given by path and no part of this project:
 *
 *   node scripts/wpt-urls.ts PATH/TO/urltestdata.json
 *
 * The file is url/resources/urltestdata.json of web-platform-tests. Three questions: does `URL`, which decides here what
 * a URL means, agree with the cases; is what a decision answers with the URL that `URL` means; and is any URL allowed
 * that leads to a special-purpose address, by rules that allow every name in the cases and every public address?
 */
import { readFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { decideUrl, type EgressRules, parseNetworkPolicy } from '../src/policy/egress/index.ts';

type Part = (typeof PARTS)[number];

/** One entry; what it does not hold is not asked about. */
export type UrlCase = { readonly [P in Part]?: string } & {
  readonly input: string;
  readonly base?: string | null;
  readonly failure?: boolean;
};

export interface UrlFindings {
  readonly cases: number;
  /** Decided without a base, as a guest's URLs are. */
  readonly decided: number;
  readonly allowed: number;
  /** Whose canonical host is an address that is not public. */
  readonly special: number;
  readonly problems: readonly string[];
}

const PARTS = [
  'href',
  'protocol',
  'username',
  'password',
  'host',
  'hostname',
  'port',
  'pathname',
  'search',
  'hash',
] as const;

/** From the RFCs, written down a second time and matched by Node.js: not the tables that are judged here. */
const SPECIAL: Readonly<Record<4 | 6, BlockList>> = {
  4: blockList('ipv4', [
    ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
    ...['192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15'],
    ...['198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/3'],
  ]),
  // One for each family: a list takes an IPv4 address for its mapped form, too.
  6: blockList('ipv6', [
    ...['::/3', '2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20', '4000::/2', '8000::/1'],
  ]),
};

function blockList(family: 'ipv4' | 'ipv6', blocks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const block of blocks) {
    const [network = '', bits] = block.split('/');
    list.addSubnet(network, Number(bits), family);
  }
  return list;
}

function isSpecialAddress(host: string): boolean {
  const family = isIP(host);
  if (family === 4) return SPECIAL[4].check(host, 'ipv4');
  return family === 6 && SPECIAL[6].check(host, 'ipv6');
}

/** Everything but what must never pass. */
function openRules(cases: readonly UrlCase[]): EgressRules {
  const names = new Set<string>();
  const ports = new Set([80, 443]);
  for (const { href } of cases) {
    const url = URL.parse(href ?? '');
    const host = url?.hostname.replace(/\.$/, '') ?? '';
    if (/^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(host) && isIP(host) === 0) names.add(host);
    if (Number(url?.port) > 0) ports.add(Number(url?.port));
  }
  const allow = [...names].flatMap(host => {
    try {
      parseNetworkPolicy({ allow: [host] }, 'network');
      return [{ host, ports: [...ports] }];
    } catch {
      return [];
    }
  });
  return parseNetworkPolicy({ allow: allow.slice(0, 1000), allowIp: ['0.0.0.0/0', '::/0'] }, 'network');
}

export function judgeCases(cases: readonly UrlCase[]): UrlFindings {
  const rules = openRules(cases);
  const problems: string[] = [];
  const found = { cases: cases.length, decided: 0, allowed: 0, special: 0 };
  for (const item of cases) {
    const { input, base } = item;
    const at = JSON.stringify(input).slice(0, 100);
    const parsed = URL.parse(input, base ?? undefined);
    if (item.failure === true) {
      if (parsed !== null) problems.push(`${at} parses, and should not`);
    } else if (parsed === null) {
      problems.push(`${at} does not parse, and should`);
    } else {
      for (const part of PARTS) {
        const wanted = item[part];
        if (wanted !== undefined && parsed[part] !== wanted) {
          problems.push(`${at}: ${part} is ${parsed[part]}, should be ${wanted}`);
        }
      }
    }
    // As a guest would give it, and as a redirect or the guest's own URL parser would have made it.
    for (const text of parsed === null ? [input] : [input, parsed.href]) {
      found.decided += 1;
      const meant = URL.parse(text);
      const host = meant?.hostname.replace(/^\[|\]$/g, '') ?? '';
      const isSpecial = isSpecialAddress(host);
      if (isSpecial) found.special += 1;
      const decision = decideUrl(rules, text);
      if (!decision.allowed) continue;
      found.allowed += 1;
      const shown = JSON.stringify(text).slice(0, 100);
      if (isSpecial) problems.push(`${shown} is allowed, and leads to ${host}`);
      if (meant === null || !/^https?:$/.test(meant.protocol)) problems.push(`${shown} is allowed`);
      else if (meant.hostname.replace(/\.$/, '') !== new URL(decision.url).hostname) {
        problems.push(`${shown} means ${meant.hostname}, but ${decision.url} was decided`);
      }
      const again = decideUrl(rules, decision.url);
      if (!again.allowed || again.url !== decision.url)
        problems.push(`${shown} is decided another way again`);
    }
  }
  return { ...found, problems };
}

if (import.meta.main) {
  const [path] = process.argv.slice(2);
  if (path === undefined) {
    console.error('wpt-urls: name the file; write node scripts/wpt-urls.ts PATH/urltestdata.json');
    process.exit(2);
  }
  const items = JSON.parse(readFileSync(path, 'utf8')) as readonly unknown[];
  const cases = items.filter((item): item is UrlCase => typeof item === 'object' && item !== null);
  const { problems, decided, allowed, special } = judgeCases(cases);
  for (const problem of problems) console.error(problem);
  console.log(
    `${cases.length} cases, ${decided} decisions: ${allowed} allowed, ${special} on special-purpose addresses, ${problems.length} problems`,
  );
  process.exitCode = problems.length === 0 && cases.length > 0 ? 0 : 1;
}
