/** One entry of `network.allow` or `network.deny`. */
import type { Json } from '../copy.ts';
import { hostFromText } from './host.ts';
import { canonicalMethod } from './method.ts';
import { isAmbiguousPath, looseSegmentsOf, segmentsOf } from './paths.ts';
import { describe, invalid, listOf, objectOf, quote } from './read.ts';
import type { HostMatcher } from './rules.ts';
import type { HostRule, Scheme } from './types.ts';

export interface ParsedHost {
  readonly given: string | HostRule;
  /** Without `*.`. */
  readonly name: string;
  readonly isBelow: boolean;
  readonly matcher: HostMatcher;
}

const KEYS: readonly string[] = ['host', 'ports', 'schemes', 'methods', 'paths'];
const SCHEMES: readonly string[] = ['http', 'https'];
/** Of a path; more cannot be asked for either. */
const PATH_CHARS = 1024;

/** @throws SandboxError POLICY_INVALID */
export function parseHostRule(item: Json, path: string, isDeny: boolean): ParsedHost {
  if (typeof item === 'string') {
    const { name, isBelow, port } = hostPattern(item, path, isDeny);
    const host = isBelow ? `*.${name}` : name;
    const text = port === null ? host : `${host}:${port}`;
    const ports = port === null ? null : new Set([port]);
    return {
      given: text,
      name,
      isBelow,
      matcher: { text, host, ports, schemes: null, methods: null, paths: null },
    };
  }
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    throw invalid(`${path} must be a host such as "api.example.com" or { "host": … }, got ${describe(item)}`);
  }
  return objectRule(item, path, isDeny);
}

function objectRule(item: Json, path: string, isDeny: boolean): ParsedHost {
  const given = objectOf(item, path, KEYS);
  if (typeof given['host'] !== 'string') {
    throw invalid(`${path}.host must be a string such as "api.example.com", got ${describe(given['host'])}`);
  }
  const { name, isBelow, port } = hostPattern(given['host'], `${path}.host`, isDeny);
  if (port !== null && given['ports'] !== undefined) {
    throw invalid(`${path} names a port twice; keep it in ports`);
  }
  const ports = port === null ? some(given['ports'], `${path}.ports`, portAt) : [port];
  const schemes = some(given['schemes'], `${path}.schemes`, schemeAt);
  const methods = some(given['methods'], `${path}.methods`, methodAt);
  const paths = some(given['paths'], `${path}.paths`, pathAt);
  const host = isBelow ? `*.${name}` : name;
  const parts = [
    `${schemes?.length === 1 ? `${schemes[0]}://` : ''}${host}${ports === null ? '' : `:${ports.join(',')}`}`,
    ...(methods === null ? [] : [methods.join(',')]),
    ...(paths === null ? [] : [paths.join(' ')]),
  ];
  return {
    given: Object.freeze({
      host,
      ...(ports === null ? {} : { ports: Object.freeze(ports) }),
      ...(schemes === null ? {} : { schemes: Object.freeze(schemes) }),
      ...(methods === null ? {} : { methods: Object.freeze(methods) }),
      ...(paths === null ? {} : { paths: Object.freeze(paths) }),
    }),
    name,
    isBelow,
    matcher: {
      text: parts.join(' '),
      host,
      ports: ports === null ? null : new Set(ports),
      schemes: schemes === null ? null : new Set(schemes),
      methods: methods === null ? null : new Set(methods),
      paths: paths?.map(isDeny ? looseSegmentsOf : segmentsOf) ?? null,
    },
  };
}

/** Absent is `null`; an empty list would be a rule that covers nothing, and hardly what was meant. */
function some<T>(value: Json, path: string, read: (item: Json, path: string) => T): T[] | null {
  if (value === undefined) return null;
  const items = listOf(value, path);
  if (items.length === 0)
    throw invalid(`${path} is empty, so the rule covers nothing; leave it out for the default`);
  return [...new Set(items.map((item, index) => read(item, `${path}[${index}]`)))];
}

function portAt(item: Json, path: string): number {
  if (typeof item === 'number' && Number.isInteger(item) && item >= 1 && item <= 65_535) return item;
  throw invalid(
    `${path} must be an integer from 1 to 65535, got ${typeof item === 'number' ? item : describe(item)}`,
  );
}

function schemeAt(item: Json, path: string): Scheme {
  if (typeof item === 'string' && SCHEMES.includes(item)) return item as Scheme;
  throw invalid(
    `${path} must be "http" or "https", got ${typeof item === 'string' ? quote(item) : describe(item)}`,
  );
}

function methodAt(item: Json, path: string): string {
  const method = typeof item === 'string' ? canonicalMethod(item) : null;
  if (method !== null) return method;
  throw invalid(
    `${path} must be an HTTP method other than CONNECT and TRACE, got ${typeof item === 'string' ? quote(item) : describe(item)}`,
  );
}

function pathAt(item: Json, path: string): string {
  if (typeof item !== 'string')
    throw invalid(`${path} must be a string such as "/v1", got ${describe(item)}`);
  const wrong = (why: string): Error => invalid(`${path} ${why}, got ${quote(item)}`);
  if (!item.startsWith('/')) throw wrong('must start with /');
  if (item.length > PATH_CHARS) throw wrong(`must have at most ${PATH_CHARS} characters`);
  if (/[?#]/.test(item)) throw wrong('must be a path alone, without ? and #');
  if (item.includes('*')) throw wrong('must be a prefix, without *: "/v1" covers everything below it');
  const url = URL.parse(`http://host${item}`);
  const isPlain = url !== null && url.host === 'host' && !/\p{Cc}|\\|\/\//u.test(item);
  const hasDots = item.split('/').some(segment => /^(?:\.|%2e){1,2}$/i.test(segment));
  if (!isPlain || hasDots || isAmbiguousPath(url.pathname)) {
    throw wrong('must be plain: no empty or dot segments, no encoded slashes');
  }
  return url.pathname;
}

interface Pattern {
  readonly name: string;
  readonly isBelow: boolean;
  readonly port: number | null;
}

function hostPattern(text: string, path: string, isDeny: boolean): Pattern {
  const wrong = (message: string): Error => invalid(`${path} ${message}, got ${quote(text)}`);
  if (text === '') throw invalid(`${path} is empty; write a host such as "api.example.com"`);
  if (text.includes('://'))
    throw invalid(`${path} must be a host, not a URL, got ${quote(text)}; ${fromUrl(text)}`);
  const { host, port } = splitPort(text);
  if (host === '*' || host === '*.') {
    throw wrong('would mean every host; list the hosts, such as "api.example.com" or "*.example.com"');
  }
  if (hostFromText(bare(host).replace(/\/\d+$/, ''))?.kind === 'address' || /^\[|::/.test(text)) {
    throw wrong(`is an address; write it in network.${isDeny ? 'denyIp' : 'allowIp'}`);
  }
  if (host.includes('/')) {
    throw wrong('must be a host alone; write { "host": …, "paths": ["/…"] } to limit its paths');
  }
  if (port !== null && (port < 1 || port > 65_535)) throw wrong('must have a port from 1 to 65535');
  const isBelow = host.startsWith('*.');
  const base = isBelow ? host.slice(2) : host;
  if (base.includes('*')) throw wrong('may have * only as its first label, as in "*.example.com"');
  const found = hostFromText(base);
  if (found?.kind !== 'name')
    throw wrong('must be a host such as "api.example.com", "*.example.com" or "api.example.com:8443"');
  if (isBelow && !isDeny && !found.name.includes('.')) {
    throw wrong(
      `would allow all of .${found.name}; name at least two labels after *., such as "*.example.com"`,
    );
  }
  return { name: found.name, isBelow, port };
}

const bare = (host: string): string => (host.startsWith('*.') ? host.slice(2) : host);

function splitPort(text: string): { host: string; port: number | null } {
  const [, host = text, digits] = /^([^:]*):(\d{1,5})$/.exec(text) ?? [];
  return { host, port: digits === undefined ? null : Number(digits) };
}

/** What whoever wrote a URL meant. */
function fromUrl(text: string): string {
  const url = URL.parse(text);
  const scheme = url?.protocol.slice(0, -1) ?? '';
  if (url === null || url.hostname === '' || !SCHEMES.includes(scheme))
    return 'write a host such as "api.example.com"';
  const rule = {
    host: url.host,
    schemes: [scheme],
    ...(url.pathname === '/' ? {} : { paths: [url.pathname] }),
  };
  return `write ${quote(url.host)}, or ${JSON.stringify(rule).slice(0, 200)}`;
}
