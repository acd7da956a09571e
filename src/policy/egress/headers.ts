/** Headers a guest may set. */
import { cleanLine } from '../../core/text.ts';
import type { Header, HeaderDecision, Refusal } from './types.ts';

/** https://www.rfc-editor.org/rfc/rfc9110#name-tokens */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** What the Fetch standard refuses in a value (NUL, CR, LF), the other control characters, and what Latin-1 cannot hold. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
const UNFIT = /[\u0000-\u0008\u000a-\u001f\u007f]|[^\u0000-\u00ff]/;

/** Lines; a limit of bytes alone would let a guest send thousands of empty ones. */
export const HEADER_LINES = 100;
const NAME_CHARS = 256;

/** Why a header is refused, and what to do instead. */
const FORBIDDEN: ReadonlyMap<string, string> = new Map([
  ...each(
    ['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'expect', 'http2-settings'],
    'the connection is not the plugin’s; leave it out',
  ),
  ...each(['content-length'], 'it follows from the body; leave it out'),
  ...each(['host'], 'it follows from the URL; leave it out'),
  ...each(['cookie', 'origin', 'referer'], 'add it to network.allowHeaders'),
  ...each(['cookie2', 'set-cookie', 'set-cookie2'], 'leave it out'),
  // They make a server treat the request as one that no rule was asked about.
  ...each(
    ['x-http-method', 'x-http-method-override', 'x-method-override'],
    'send the request with the method that is meant',
  ),
  ...each(['x-original-url', 'x-rewrite-url'], 'send the request to the path that is meant'),
  ...each(
    ['forwarded', 'via', 'x-forwarded-host', 'x-forwarded-server', 'x-original-host', 'x-host'],
    'send the request to the host that is meant',
  ),
]);

function each(names: readonly string[], advice: string): (readonly [string, string])[] {
  return names.map(name => [name, advice] as const);
}

/**
 * @param mostBytes of all lines as they are sent
 * @param granted lower-case names that are allowed although refused by default: a policy's `allowHeaders`
 */
export function checkHeaders(
  headers: readonly Header[],
  mostBytes: number,
  granted: readonly string[] = [],
): HeaderDecision {
  if (headers.length > HEADER_LINES) {
    return refuse(`the request has ${headers.length} headers`, `send at most ${HEADER_LINES}`);
  }
  let bytes = 0;
  const checked: Header[] = [];
  for (const [name, value] of headers) {
    const shown = cleanLine(name, 60);
    if (name.length > NAME_CHARS || !TOKEN.test(name)) {
      return refuse(`${JSON.stringify(shown)} is not a header’s name`, 'use letters, digits and -');
    }
    const lower = name.toLowerCase();
    const advice = adviceAgainst(lower);
    if (advice !== null && !granted.includes(lower)) {
      return refuse(`the header ${shown} may not be set`, advice);
    }
    if (UNFIT.test(value)) {
      const message = `the value of the header ${shown} has characters a header cannot hold`;
      return refuse(message, 'send Latin-1 text without control characters, or encode it');
    }
    // The blanks around a value are not part of it.
    const trimmed = value.replace(/^[\t ]+|[\t ]+$/g, '');
    bytes += name.length + trimmed.length + 4;
    if (bytes > mostBytes) {
      return refuse(
        `the headers have more than ${mostBytes} bytes`,
        'send less, or raise network.limits.requestHeaderBytes',
      );
    }
    checked.push(Object.freeze([name, trimmed] as const));
  }
  return { allowed: true, reason: 'allowed', headers: Object.freeze(checked) };
}

function adviceAgainst(lower: string): string | null {
  if (lower.startsWith('proxy-')) return 'there is no proxy the plugin could speak to; leave it out';
  if (lower.startsWith('sec-')) return 'browsers set it; leave it out';
  return FORBIDDEN.get(lower) ?? null;
}

function refuse(message: string, hint: string): Refusal {
  return { allowed: false, reason: 'header', rule: null, message, hint };
}
