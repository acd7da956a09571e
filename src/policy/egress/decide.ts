/** Whether a URL may be asked, and whether an address may be connected to. */
import { cleanLine } from '../../core/text.ts';
import { parseAddress } from './address.ts';
import { canonicalHost } from './host.ts';
import { type Destination, judge } from './judge.ts';
import { canonicalMethod } from './method.ts';
import {
  Asked,
  type CompiledRules,
  compiledOf,
  DEFAULT_METHODS,
  defaultPort,
  denies,
  type HostMatcher,
  type Mismatch,
  mismatch,
} from './rules.ts';
import type { AddressDecision, DenyReason, EgressRules, UrlDecision, UrlRefusal } from './types.ts';

/** UTF-16 units, as given and canonical: about what servers take. */
export const URL_CHARS = 8192;

// biome-ignore lint/suspicious/noControlCharactersInRegex: what the parser would drop silently, or a bridge cut at
const CONTROL = /[\u0000-\u001f\u007f]/;

/**
 * Parses the text once. From then on only the answer's `url` is used.
 * @param method in any case; default GET
 */
export function decideUrl(rules: EgressRules, rawUrl: string, method = 'GET'): UrlDecision {
  const compiled = compiledOf(rules);
  if (rawUrl.length > URL_CHARS) return tooLong();
  if (CONTROL.test(rawUrl)) {
    return refuse('url-control', 'the URL contains control characters', 'take them out of the URL');
  }
  const url = URL.parse(rawUrl);
  if (url === null) {
    return refuse('url-invalid', 'this is not an absolute URL', 'write it as https://host/path');
  }
  const scheme = url.protocol.slice(0, -1);
  if (scheme !== 'http' && scheme !== 'https') {
    const shown = cleanLine(scheme, 30);
    return refuse('scheme', `the scheme ${shown} is not allowed`, 'only http and https can be allowed');
  }
  const at: Place = { url: null, host: null, port: null };
  if (url.username !== '' || url.password !== '') {
    return refuse('url-credentials', 'the URL contains credentials', 'send them in a header', at);
  }
  const host = canonicalHost(url.hostname);
  if (host === null) {
    return refuse(
      'host-invalid',
      'the URL’s host is not a name or an address',
      'name a host DNS can know',
      at,
    );
  }
  if (host.kind === 'name' && host.name !== url.hostname) url.hostname = host.name;
  const whole = url.href;
  const hash = whole.indexOf('#');
  const href = hash < 0 ? whole : whole.slice(0, hash);
  if (href.length > URL_CHARS) return tooLong();
  const port = url.port === '' ? defaultPort(scheme) : Number(url.port);
  const place: Place = { url: href, host: host.kind === 'name' ? host.name : host.text, port };
  if (port === 0) return refuse('port', 'port 0 is not allowed', 'name a port from 1 to 65535', place);
  const known = canonicalMethod(method);
  if (known === null) {
    const message = 'this method is not allowed';
    return refuse('method', message, 'use a method of HTTP other than CONNECT and TRACE', place);
  }
  const asked = new Asked(scheme, port, known, url.pathname);
  if (host.kind === 'name') return decideName(compiled, host.name, asked, place, href);

  const decision = judge(compiled, parseAddress(host.text), host.text, { scheme, port, name: null });
  if (!decision.allowed) {
    const { reason, rule, message, hint } = decision;
    return { ...place, allowed: false, reason, rule, message, hint };
  }
  if (!DEFAULT_METHODS.includes(known)) {
    return refuse(
      'method',
      `${known} is not allowed for an address`,
      'use a name and a rule with methods',
      place,
    );
  }
  const rule = decision.rule ?? decision.address;
  return {
    allowed: true,
    reason: 'allowed',
    rule,
    url: href,
    method: known,
    scheme,
    host: host.text,
    port,
    name: null,
  };
}

/**
 * @param address text or bytes, as a resolver answers; every one of its answers has to pass
 * @param destination of a cleared URL
 */
export function decideAddress(
  rules: EgressRules,
  address: string | Uint8Array,
  destination: Destination,
): AddressDecision {
  const shown = typeof address === 'string' ? address : 'these bytes';
  return judge(compiledOf(rules), parseAddress(address), shown, destination);
}

type Place = Pick<UrlRefusal, 'url' | 'host' | 'port'>;

const NOWHERE: Place = { url: null, host: null, port: null };

function refuse(reason: DenyReason, message: string, hint: string, place: Place = NOWHERE): UrlRefusal {
  return { ...place, allowed: false, reason, rule: null, message, hint };
}

function tooLong(): UrlRefusal {
  const message = `the URL has more than ${URL_CHARS} characters`;
  return refuse('url-too-long', message, 'send the data in the body of the request');
}

function decideName(
  compiled: CompiledRules,
  name: string,
  asked: Asked,
  place: Place,
  url: string,
): UrlDecision {
  for (const rule of compiled.deny.find(name)) {
    if (!denies(rule, asked)) continue;
    const message = `${name} is denied by the policy`;
    const hint = `take ${JSON.stringify(rule.text)} out of network.deny`;
    return { ...place, allowed: false, reason: 'host-denied', rule: rule.text, message, hint };
  }
  let nearest: Near | null = null;
  for (const rule of compiled.allow.find(name)) {
    const what = mismatch(rule, asked);
    if (what === null) {
      const { scheme, method, port } = asked;
      return {
        allowed: true,
        reason: 'allowed',
        rule: rule.text,
        url,
        method,
        scheme,
        host: name,
        port,
        name,
      };
    }
    if (nearest === null || ORDER.indexOf(what) > ORDER.indexOf(nearest.what)) nearest = { rule, what };
  }
  if (nearest !== null) return notQuite(nearest, name, asked, place);
  const wanted = asked.port === defaultPort(asked.scheme) ? name : `${name}:${asked.port}`;
  return refuse(
    'host-unlisted',
    `${name} is not allowed by the policy`,
    `add ${JSON.stringify(wanted)} to network.allow${isLocal(name) ? ' and its address to network.allowIp' : ''}`,
    place,
  );
}

const ORDER: readonly Mismatch[] = ['scheme', 'port', 'path', 'method'];

interface Near {
  readonly rule: HostMatcher;
  readonly what: Mismatch;
}

/** A rule names the host, but not this request. */
function notQuite({ rule, what }: Near, name: string, asked: Asked, place: Place): UrlRefusal {
  const listed = `network.allow’s rule ${JSON.stringify(rule.text)}`;
  switch (what) {
    case 'scheme': {
      const message = `${asked.scheme} is not allowed for ${name}`;
      return refuse(
        'scheme',
        message,
        `add ${JSON.stringify(asked.scheme)} to the schemes of ${listed}`,
        place,
      );
    }
    case 'port': {
      const message = `port ${asked.port} is not allowed for ${name}`;
      return refuse(
        'port',
        message,
        `add ${JSON.stringify(`${name}:${asked.port}`)} to network.allow`,
        place,
      );
    }
    case 'path': {
      if (asked.segments === null) {
        return refuse(
          'path',
          'this path could be read as another',
          'leave out encoded slashes and dot segments',
          place,
        );
      }
      const message = `this path is not allowed for ${name}`;
      return refuse('path', message, `add a prefix of the path to the paths of ${listed}`, place);
    }
    case 'method': {
      const message = `${asked.method} is not allowed for ${name}`;
      return refuse(
        'method',
        message,
        `add ${JSON.stringify(asked.method)} to the methods of ${listed}`,
        place,
      );
    }
  }
}

/** Names that hardly ever lead to a public address. */
function isLocal(name: string): boolean {
  return !name.includes('.') || /\.(?:localhost|local|internal|home\.arpa|lan|test)$/.test(name);
}
