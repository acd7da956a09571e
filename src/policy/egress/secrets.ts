/**
 * Secrets a plugin can use without having them. The guest holds a placeholder; its value takes its place in headers (or
 * the query) on the way to the hosts the policy names. Values come from a run's options, never from the policy.
 */
import { copyJson, type Json, keyPath } from '../copy.ts';
import { HostTable } from './host.ts';
import { parseHostRule } from './host-rule.ts';
import { describe, invalid, listOf, objectOf, quote } from './read.ts';
import { Asked, type HostMatcher, mismatch } from './rules.ts';
import type { Header, HostRule, Refusal, UrlClearance } from './types.ts';

export type SecretPlace = 'header' | 'query';

/** One entry of `policy.secrets`. JSON-serialisable: it says where a value may go, and does not hold it. */
export interface SecretPolicy {
  /** In the language of `network.allow`. At least one. That the host may be asked at all is `network.allow`'s to say. */
  readonly hosts: readonly (string | HostRule)[];
  /** Where a placeholder is replaced. Default: `['header']`. */
  readonly in?: readonly SecretPlace[];
  /** The only headers it may be in, any case. Default: every header. */
  readonly headers?: readonly string[];
  /** True lets the value travel without encryption. Default false. */
  readonly plaintext?: boolean;
}

/** Checked, every default filled in. Frozen. */
export interface SecretRule extends Required<Omit<SecretPolicy, 'headers'>> {
  /** Lower case; `null` for every header. */
  readonly headers: readonly string[] | null;
}

export type SecretRules = Readonly<Record<string, SecretRule>>;

const KEYS: readonly string[] = ['hosts', 'in', 'headers', 'plaintext'];
const PLACES: readonly string[] = ['header', 'query'];
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
const MOST_SECRETS = 100;
/** Shorter values cannot be told from ordinary text in what comes back. */
export const SECRET_CHARS: { readonly min: number; readonly max: number } = Object.freeze({
  min: 8,
  max: 16_384,
});

const TABLES: WeakMap<SecretRule, HostTable<HostMatcher>> = new WeakMap();

/**
 * @param value the `secrets` of a policy
 * @throws SandboxError POLICY_INVALID naming the path
 */
export function parseSecrets(value: unknown, path: string): SecretRules {
  const given = Object.entries(objectOf(copyJson(value, path, 'POLICY_INVALID'), path));
  if (given.length > MOST_SECRETS) {
    throw invalid(`${path} must have at most ${MOST_SECRETS} entries, got ${given.length}`);
  }
  const rules: Record<string, SecretRule> = {};
  for (const [name, item] of given) {
    const at = keyPath(path, name);
    if (!NAME.test(name) || name === '__proto__') {
      throw invalid(`${at} must be named with letters, digits and _, at most 64 characters`);
    }
    rules[name] = secretRule(item, at);
  }
  return Object.freeze(rules);
}

function secretRule(item: Json, path: string): SecretRule {
  if (typeof item === 'object' && item !== null && ('value' in item || 'provider' in item)) {
    throw invalid(`${path} must not hold the value, a policy is no place for it; pass it in options.secrets`);
  }
  const given = objectOf(item, path, KEYS);
  const hosts: (string | HostRule)[] = [];
  const table = new HostTable<HostMatcher>();
  for (const [index, entry] of listOf(given['hosts'], `${path}.hosts`).entries()) {
    const parsed = parseHostRule(entry, `${path}.hosts[${index}]`, false);
    hosts.push(parsed.given);
    table.add(parsed.name, parsed.isBelow, parsed.matcher);
  }
  if (hosts.length === 0)
    throw invalid(`${path}.hosts must name at least one host, such as "api.example.com"`);
  const places = strings(given['in'], `${path}.in`, text => PLACES.includes(text), PLACES.join(' or '));
  const isName = (text: string): boolean => /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/.test(text);
  const headers = strings(given['headers'], `${path}.headers`, isName, 'the name of a header');
  const { plaintext } = given;
  if (plaintext !== undefined && typeof plaintext !== 'boolean') {
    throw invalid(`${path}.plaintext must be true or false, got ${describe(plaintext)}`);
  }
  const rule: SecretRule = Object.freeze({
    hosts: Object.freeze(hosts),
    in: Object.freeze((places ?? ['header']) as SecretPlace[]),
    headers: headers === null ? null : Object.freeze(headers.map(name => name.toLowerCase())),
    plaintext: plaintext ?? false,
  });
  TABLES.set(rule, table);
  return rule;
}

function strings(value: Json, path: string, fits: (text: string) => boolean, what: string): string[] | null {
  if (value === undefined) return null;
  const items = listOf(value, path).map((item, index) => {
    if (typeof item === 'string' && fits(item)) return item;
    throw invalid(
      `${path}[${index}] must be ${what}, got ${typeof item === 'string' ? quote(item) : describe(item)}`,
    );
  });
  if (items.length === 0) throw invalid(`${path} is empty; leave it out for the default`);
  return [...new Set(items)];
}

/** Whether a value is fit to be a secret: long enough to be recognised, and printable ASCII, so that a header can hold it. */
export function isSecretValue(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length >= SECRET_CHARS.min &&
    value.length <= SECRET_CHARS.max &&
    /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value)
  );
}

/**
 * What the guest sees. Letters, digits and `_` only, so that no encoding on its way to a header or a query changes it.
 * @param random at least 16 bytes, fresh for each sandbox and trust domain at least: a placeholder means nothing elsewhere
 */
export function placeholderFor(name: string, random: Uint8Array): string {
  if (random.length < 16) throw new TypeError('a placeholder needs 16 random bytes');
  return `citadel_secret_${name}_${Array.from(random, byte => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** One secret of one run. */
export interface RunSecret {
  readonly name: string;
  readonly rule: SecretRule;
  readonly placeholder: string;
}

/** The secrets a request mentions; what it has to be filled with. */
export function secretsIn<T extends RunSecret>(
  secrets: readonly T[],
  url: string,
  headers: readonly Header[],
): readonly T[] {
  return secrets.filter(
    ({ placeholder }) => mentions(url, placeholder) || headers.some(header => holds(header, placeholder)),
  );
}

/** Why a request may not have what it mentions; `null` when it may. */
export function refuseSecret(
  { name, rule, placeholder }: RunSecret,
  request: UrlClearance,
  headers: readonly Header[],
): Refusal | null {
  const { host, scheme, port, method } = request;
  const url = new URL(request.url);
  const asked = new Asked(scheme, port, method, url.pathname);
  const found = request.name === null ? [] : (TABLES.get(rule)?.find(request.name) ?? []);
  if (!found.some(matcher => mismatch(matcher, asked) === null)) {
    return refuse(
      `the secret ${name} may not be sent there`,
      `add ${JSON.stringify(host)} to secrets.${name}.hosts`,
    );
  }
  if (scheme !== 'https' && !rule.plaintext) {
    return refuse(
      `the secret ${name} may only be sent over https`,
      `set secrets.${name}.plaintext to true, if ${host} has no https`,
    );
  }
  if (mentions(request.url, placeholder)) {
    if (mentions(request.url.slice(0, request.url.length - url.search.length), placeholder)) {
      return refuse(`the secret ${name} may not be part of a path or a host`, 'send it in a header');
    }
    if (!rule.in.includes('query')) {
      return refuse(`the secret ${name} may not be part of a URL`, `add "query" to secrets.${name}.in`);
    }
  }
  for (const header of headers) {
    if (!holds(header, placeholder)) continue;
    const [field] = header;
    if (mentions(field, placeholder)) {
      return refuse(`the secret ${name} may not be a header’s name`, 'send it in a header’s value');
    }
    if (!rule.in.includes('header')) {
      return refuse(`the secret ${name} may not be sent in a header`, `add "header" to secrets.${name}.in`);
    }
    if (rule.headers !== null && !rule.headers.includes(field.toLowerCase())) {
      const wanted = JSON.stringify(field.toLowerCase());
      return refuse(
        `the secret ${name} may not be sent in this header`,
        `add ${wanted} to secrets.${name}.headers`,
      );
    }
  }
  return null;
}

/** A request with a value in its place. To be called for what `refuseSecret` let pass only. */
export function fillSecret(
  { placeholder }: RunSecret,
  value: string,
  url: string,
  headers: readonly Header[],
): { readonly url: string; readonly headers: readonly Header[] } {
  return {
    url: url.replaceAll(placeholder, () => encodeURIComponent(value)),
    headers: headers.map(([name, text]): Header => {
      const basic = basicText(name, text);
      if (basic?.includes(placeholder) === true) {
        return [name, `Basic ${btoa(basic.replaceAll(placeholder, () => value))}`];
      }
      return [name, text.replaceAll(placeholder, () => value)];
    }),
  };
}

function refuse(message: string, hint: string): Refusal {
  return { allowed: false, reason: 'secret', rule: null, message, hint };
}

/** In any case: a host is lower case by now, and a header’s name has none. */
function mentions(text: string, placeholder: string): boolean {
  return text.toLowerCase().includes(placeholder.toLowerCase());
}

function holds([name, value]: Header, placeholder: string): boolean {
  return (
    value.includes(placeholder) ||
    mentions(name, placeholder) ||
    basicText(name, value)?.includes(placeholder) === true
  );
}

/** What clients make of a user's name and a password. */
function basicText(name: string, value: string): string | null {
  if (!/authorization$/i.test(name)) return null;
  const [, coded] = /^basic +([A-Za-z0-9+/]+=*)$/i.exec(value.trim()) ?? [];
  if (coded === undefined) return null;
  try {
    return atob(coded);
  } catch {
    return null;
  }
}
