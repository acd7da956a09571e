/** Checks `policy.network` and compiles it. A rule that could be misread is an error here, never a rule that matches nothing. */
import { copyJson, type Json } from '../copy.ts';
import { parseCidr } from './cidr.ts';
import { HostTable, hostFromText } from './host.ts';
import { type ParsedHost, parseHostRule } from './host-rule.ts';
import { resolveNetworkLimits } from './limits.ts';
import { describe, invalid, listOf, objectOf, quote } from './read.ts';
import { attach, type HostMatcher, type IpMatcher } from './rules.ts';
import type { EgressRules, HostRule } from './types.ts';

const KEYS: readonly string[] = ['allow', 'deny', 'allowIp', 'denyIp', 'allowHeaders', 'dnsPinned', 'limits'];

/** A guest's own cookies, and what tells a server where a request comes from: refused unless granted. */
export const GRANTABLE_HEADERS: readonly string[] = Object.freeze(['cookie', 'origin', 'referer']);

/**
 * @param value the `network` of a policy; undefined allows nothing
 * @param path what messages call it, for example 'policy.network'
 * @throws SandboxError POLICY_INVALID or LIMIT_OUT_OF_RANGE, naming the path and what to write instead
 */
export function parseNetworkPolicy(value: unknown, path: string): EgressRules {
  const given = objectOf(copyJson(value, path, 'POLICY_INVALID'), path, KEYS);
  const allow = hostRules(given['allow'], `${path}.allow`, false);
  const deny = hostRules(given['deny'], `${path}.deny`, true);
  const allowIp = ipRules(given['allowIp'], `${path}.allowIp`, true);
  const denyIp = ipRules(given['denyIp'], `${path}.denyIp`, false);
  const rules: EgressRules = Object.freeze({
    allow: Object.freeze(allow.given),
    deny: Object.freeze(deny.given),
    allowIp: Object.freeze(allowIp.map(({ rule }) => rule)),
    denyIp: Object.freeze(denyIp.map(({ rule }) => rule)),
    allowHeaders: Object.freeze(headerNames(given['allowHeaders'], `${path}.allowHeaders`)),
    dnsPinned: booleanAt(given['dnsPinned'], `${path}.dnsPinned`),
    limits: resolveNetworkLimits(given['limits'], `${path}.limits`),
  });
  return attach(rules, { allow: allow.table, deny: deny.table, allowIp, denyIp });
}

interface HostRules {
  readonly given: (string | HostRule)[];
  readonly table: HostTable<HostMatcher>;
}

function hostRules(value: Json, path: string, isDeny: boolean): HostRules {
  const given: (string | HostRule)[] = [];
  const table = new HostTable<HostMatcher>();
  const seen = new Set<string>();
  for (const [index, item] of listOf(value, path).entries()) {
    const parsed: ParsedHost = parseHostRule(item, `${path}[${index}]`, isDeny);
    if (seen.has(parsed.matcher.text)) continue;
    seen.add(parsed.matcher.text);
    given.push(parsed.given);
    table.add(parsed.name, parsed.isBelow, parsed.matcher);
  }
  return { given, table };
}

const BRACKETED = /^\[([^\]]*)\](?::(\d{1,5}))?$/;
const WITH_PORT = /^([\d./]+):(\d{1,5})$/;

function ipRules(value: Json, path: string, takesPort: boolean): IpMatcher[] {
  const found = new Map<string, IpMatcher>();
  for (const [index, item] of listOf(value, path).entries()) {
    const rule = ipRule(item, `${path}[${index}]`, takesPort);
    found.set(rule.rule, rule);
  }
  return [...found.values()];
}

function ipRule(item: Json, path: string, takesPort: boolean): IpMatcher {
  if (typeof item !== 'string')
    throw invalid(`${path} must be a string such as "10.1.0.0/16", got ${describe(item)}`);
  const [, block = item, digits] = BRACKETED.exec(item) ?? WITH_PORT.exec(item) ?? [];
  const port = digits === undefined ? null : Number(digits);
  if (port !== null && !takesPort) throw invalid(`${path} holds for every port; write ${quote(block)}`);
  if (port !== null && (port < 1 || port > 65_535)) {
    throw invalid(`${path} must have a port from 1 to 65535, got ${quote(item)}`);
  }
  const cidr = parseCidr(block);
  if ('problem' in cidr) throw invalid(`${path} ${ipAdvice(item, block, cidr)}`);
  const text =
    port === null ? cidr.text : cidr.text.includes(':') ? `[${cidr.text}]:${port}` : `${cidr.text}:${port}`;
  return { ...cidr, rule: text, port };
}

function ipAdvice(
  item: string,
  block: string,
  why: Exclude<ReturnType<typeof parseCidr>, { bits: number }>,
): string {
  const [base = ''] = block.split('/');
  switch (why.problem) {
    case 'host-bits':
      return `names an address inside its block; write "${why.network}" for the block or ${quote(base)} for the address`;
    case 'mapped':
      return `must not be an IPv4-mapped address, got ${quote(item)}; write the IPv4 address it stands for`;
    case 'too-many-bits':
      return `has too many bits after the slash, got ${quote(item)}; an IPv4 address has 32, an IPv6 address 128`;
    default:
      return hostFromText(base)?.kind === 'name'
        ? `must be an address or a block, got the name ${quote(item)}; names go into network.allow and network.deny`
        : `must be an address or a block such as "10.1.0.0/16", "127.0.0.1:8080" or "[::1]:8080", got ${quote(item)}`;
  }
}

function booleanAt(value: Json, path: string): boolean {
  if (value === undefined) return false;
  if (typeof value !== 'boolean') throw invalid(`${path} must be true or false, got ${describe(value)}`);
  return value;
}

function headerNames(value: Json, path: string): string[] {
  const names = listOf(value, path).map((item, index) => {
    const name = typeof item === 'string' ? item.toLowerCase() : '';
    if (!GRANTABLE_HEADERS.includes(name)) {
      const got = typeof item === 'string' ? quote(item) : describe(item);
      throw invalid(
        `${path}[${index}] must be one of ${GRANTABLE_HEADERS.join(', ')}, got ${got}; other headers are either free or never allowed`,
      );
    }
    return name;
  });
  return [...new Set(names)];
}
