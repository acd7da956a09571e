/** What a redirect asks for, by the Fetch standard (https://fetch.spec.whatwg.org/#http-redirect-fetch), decided like any request. */
import { decideUrl, URL_CHARS } from './decide.ts';
import type { EgressRules, Header, RedirectDecision, UrlClearance, UrlRefusal } from './types.ts';

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/** Meant for the origin they were given for. Keys of services travel in headers of many names: those it knows go, too. */
const OF_ORIGIN: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'proxy-authorization',
  'x-api-key',
  'x-auth-token',
  'x-csrf-token',
]);

/** They describe a body. */
const OF_BODY: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-type',
]);

/** What another origin than the one they were written for may be told. */
export function headersForOthers(headers: readonly Header[]): readonly Header[] {
  return headers.filter(([name]) => !OF_ORIGIN.has(name.toLowerCase()));
}

export function isRedirect(status: number): boolean {
  return REDIRECTS.includes(status);
}

/**
 * The next request of a redirect, or why it may not be made. Counting hops is the caller's.
 * @param from what was asked
 * @param location the value of the one Location header
 * @param headers of the request that was answered; secrets still placeholders
 */
export function nextHop(
  rules: EgressRules,
  from: UrlClearance,
  location: string,
  status: number,
  headers: readonly Header[],
): RedirectDecision {
  if (!isRedirect(status)) return refuse(`status ${status} is not a redirect`, 'answer with the response');
  // Before resolving: a base can hide what the parser would drop.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what the parser would drop silently
  if (location.length > URL_CHARS || /[\u0000-\u001f\u007f]/.test(location)) {
    return refuse('the redirect’s Location is not a URL', 'ask the server’s owner to correct it');
  }
  const target = URL.parse(location, from.url);
  if (target === null) {
    return refuse('the redirect’s Location is not a URL', 'ask the server’s owner to correct it');
  }
  const becomesGet =
    status === 303
      ? from.method !== 'GET' && from.method !== 'HEAD'
      : (status === 301 || status === 302) && from.method === 'POST';
  const method = becomesGet ? 'GET' : from.method;
  const clearance = decideUrl(rules, target.href, method);
  if (!clearance.allowed) return clearance;
  const crossesOrigin = new URL(clearance.url).origin !== new URL(from.url).origin;
  const able = crossesOrigin ? headersForOthers(headers) : headers;
  const kept = becomesGet ? able.filter(([name]) => !OF_BODY.has(name.toLowerCase())) : able;
  return {
    allowed: true,
    reason: 'allowed',
    hop: { url: clearance.url, method, headers: kept, keepsBody: !becomesGet, crossesOrigin },
    clearance,
  };
}

function refuse(message: string, hint: string): UrlRefusal {
  return { allowed: false, reason: 'redirect', rule: null, message, hint, url: null, host: null, port: null };
}
