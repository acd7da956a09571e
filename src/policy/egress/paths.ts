/** Paths compared by whole segments, whatever of them is percent-encoded. */

const HEX = /%([0-9a-f]{2})/gi;

/** Bytes as Latin-1 characters: comparing needs no UTF-8, and nothing fails to decode. */
function unescapeOnce(text: string): string {
  return text.replace(HEX, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Servers decode once, some twice; a text that takes more is meant to mislead. */
const MOST_ROUNDS = 4;

/** Decoded until nothing is left to decode; `null` when that takes too long. */
function unescapeAll(text: string): string | null {
  let decoded = text;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const before = decoded;
    decoded = unescapeOnce(decoded);
    if (decoded === before) return decoded;
  }
  return null;
}

/**
 * Somebody could read it as another path: an encoded separator or NUL, or a dot segment that only shows after decoding
 * or after its `;parameters` are taken off.
 */
export function isAmbiguousPath(pathname: string): boolean {
  if (!/[%;\\]/.test(pathname)) return false;
  return pathname.split('/').some(segment => {
    const decoded = unescapeAll(segment);
    if (decoded === null || /[/\\\0]/.test(decoded)) return true;
    const [bare = ''] = decoded.split(';');
    return bare === '.' || bare === '..';
  });
}

/** Segments of a canonical path: of `/v1/` they are `v1` and an empty one. */
export function segmentsOf(pathname: string): readonly string[] {
  return pathname.slice(1).split('/').map(unescapeOnce);
}

/** `/v1` covers `/v1`, `/v1/` and all below; `/v1/` covers `/v1/` and all below; `/` covers everything. */
export function coversPath(prefix: readonly string[], path: readonly string[]): boolean {
  const { length } = prefix;
  if (path.length < length) return false;
  const compared = prefix[length - 1] === '' ? length - 1 : length;
  for (let i = 0; i < compared; i++) if (prefix[i] !== path[i]) return false;
  return true;
}

/**
 * For denying, where the doubt counts against the request: letters' case, empty segments, parameters and repeated
 * encoding are all taken to make no difference.
 */
export function looseSegmentsOf(pathname: string): readonly string[] {
  return (unescapeAll(pathname) ?? pathname)
    .toLowerCase()
    .split(/[/\\]/)
    .map(segment => segment.replace(/;.*$/s, ''))
    .filter(segment => segment !== '');
}

export function coversLoosely(prefix: readonly string[], path: readonly string[]): boolean {
  return prefix.every((segment, i) => path[i] === segment);
}
