/** Addresses of a stranger, before they become a link. */

const SCHEMES: readonly string[] = ['http:', 'https:', 'mailto:'];
const URL_CHARS = 2048;

/**
 * The address in its canonical form; `null` when it is none that a link may have: absolute, http, https or mailto, without
 * credentials, at most 2,048 characters, and nothing in it that is only visible to a program.
 */
export function sanitizeUrl(text: string): string | null {
  if (typeof text !== 'string' || text.length > URL_CHARS) return null;
  // The URL parser drops tabs and newlines, and strips what is around: whoever reads the text sees another one.
  if (/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\\]/u.test(text)) return null;
  const url = URL.parse(text.trim());
  if (url === null || !SCHEMES.includes(url.protocol) || url.username !== '' || url.password !== '')
    return null;
  return url.href.length > URL_CHARS ? null : url.href.replaceAll("'", '%27').replaceAll('{{', '%7B%7B');
}
