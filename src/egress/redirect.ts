/** What the next hop asks for: the rules of the Fetch standard. */
import type { Header } from '../platform/net.ts';
import type { EgressRequest } from './types.ts';

/** What one hop sends. */
export interface Hop {
  /** As the guest or a server gave it. */
  readonly url: string;
  readonly method: string;
  /** With placeholders: a secret is filled in for each hop anew, or not. */
  readonly headers: readonly Header[];
  readonly body: NonNullable<EgressRequest['body']> | null;
}

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/** They are meant for the origin they were given for. */
const OF_ORIGIN: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization']);

/** They describe a body. */
const OF_BODY: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-type',
]);

/** Where a response sends its client, `null` when nowhere. */
export function locationOf(status: number, headers: readonly Header[]): readonly string[] | null {
  if (!REDIRECTS.includes(status)) return null;
  const found = headers.filter(([name]) => name.toLowerCase() === 'location').map(([, value]) => value);
  return found.length === 0 ? null : [...new Set(found)];
}

/**
 * @param base the canonical URL that was asked
 * @returns `null` when the redirect cannot be followed: no URL, two URLs, or a body that is gone
 */
export function nextHop(hop: Hop, base: string, status: number, locations: readonly string[]): Hop | null {
  const [location] = locations;
  if (location === undefined || locations.length > 1 || !URL.canParse(location, base)) return null;
  const target = new URL(location, base);
  const becomesGet =
    status === 303
      ? hop.method !== 'GET' && hop.method !== 'HEAD'
      : (status === 301 || status === 302) && hop.method === 'POST';
  const body = becomesGet ? null : hop.body;
  // A stream was read by the first hop.
  if (body !== null && !(body instanceof Uint8Array)) return null;
  const isForeign = target.origin !== new URL(base).origin;
  return {
    url: target.href,
    method: becomesGet ? 'GET' : hop.method,
    headers: hop.headers.filter(([name]) => {
      const lower = name.toLowerCase();
      return !(isForeign && OF_ORIGIN.has(lower)) && !(becomesGet && OF_BODY.has(lower));
    }),
    body,
  };
}
