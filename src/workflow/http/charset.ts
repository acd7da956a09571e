/** Bytes as text, by what they and their headers say: https://encoding.spec.whatwg.org/ */
import { failure } from '../failure.ts';

export interface CharsetHints {
  /** The author's, on top of everything but the bytes' own mark. */
  readonly asked: string;
  /** The header's. */
  readonly stated: string;
  readonly essence: string;
}

/** Where the HTML standard looks for `<meta>`. */
const PRESCAN_BYTES = 1_024;

/** By its mark, which counts more than any word about it. */
function marked(bytes: Uint8Array): string | null {
  const [a, b, c] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return 'utf-8';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  return a === 0xff && b === 0xfe ? 'utf-16le' : null;
}

/** A declaration that can be read at all is written in ASCII. */
function declared(label: string): string {
  if (/^\s*(?:utf-?16|ucs-2|iso-10646-ucs-2|unicode)/i.test(label)) return 'utf-8';
  return /^\s*x-user-defined\s*$/i.test(label) ? 'windows-1252' : label;
}

function ofHtml(bytes: Uint8Array): string | null {
  const start = String.fromCharCode(...bytes.subarray(0, PRESCAN_BYTES)).replace(/<!--.*?(?:-->|$)/gs, '');
  for (const [, attributes = ''] of start.matchAll(/<meta[\s/]([^>]*)/gi)) {
    const table = new Map<string, string>();
    for (const [, name = '', a, b, c] of attributes.matchAll(
      /([^\s"'/=>]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g,
    )) {
      const key = name.toLowerCase();
      if (!table.has(key)) table.set(key, a ?? b ?? c ?? '');
    }
    const charset = table.get('charset');
    if (charset !== undefined && charset !== '') return declared(charset);
    if (!/^content-type$/i.test(table.get('http-equiv') ?? '')) continue;
    const found = /charset\s*=\s*["']?([^\s"';]+)/i.exec(table.get('content') ?? '');
    if (found?.[1] !== undefined) return declared(found[1]);
  }
  return null;
}

function ofXml(bytes: Uint8Array): string | null {
  if (bytes[0] === 0x3c && bytes[1] === 0 && bytes[2] === 0x3f) return 'utf-16le';
  if (bytes[0] === 0 && bytes[1] === 0x3c && bytes[2] === 0) return 'utf-16be';
  const start = String.fromCharCode(...bytes.subarray(0, PRESCAN_BYTES));
  const found = /^<\?xml\s[^>]*?\bencoding\s*=\s*["']([A-Za-z0-9._:-]+)["']/.exec(start);
  return found?.[1] === undefined ? null : declared(found[1]);
}

/** The label that counts, and who says so. */
export function charsetOf(
  bytes: Uint8Array,
  { asked, stated, essence }: CharsetHints,
): { label: string; by: string } {
  const own = marked(bytes);
  if (own !== null) return { label: own, by: 'its first bytes' };
  if (asked !== '') return { label: asked, by: 'config.charset' };
  if (stated !== '') return { label: stated, by: 'its content-type' };
  const isHtml = essence === 'text/html' || essence === 'application/xhtml+xml';
  const inside =
    (isHtml ? ofHtml(bytes) : null) ?? (isHtml && essence === 'text/html' ? null : ofXmlType(bytes, essence));
  return inside === null ? { label: 'utf-8', by: 'default' } : { label: inside, by: 'its own declaration' };
}

const ofXmlType = (bytes: Uint8Array, essence: string): string | null =>
  essence.endsWith('/xml') || essence.endsWith('+xml') ? ofXml(bytes) : null;

/** What C1 controls are in windows-1252: some versions of Node.js decode them as ISO-8859-1, although the standard has no such encoding. */
const C1 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';
let isRepaired: boolean | null = null;

function repair(text: string): string {
  isRepaired ??= new TextDecoder('windows-1252').decode(new Uint8Array([0x80])) !== '€';
  return isRepaired
    ? text.replace(/[\u0080-\u009f]/g, char => C1[char.charCodeAt(0) - 0x80] as string)
    : text;
}

/** True when there is such an encoding, and this platform has it. */
export function isKnownCharset(label: string): boolean {
  try {
    void new TextDecoder(label);
    return true;
  } catch {
    return false;
  }
}

/**
 * @param isLenient U+FFFD for what is malformed, as the author asked
 * @throws SandboxError NODE_FAILED for an unknown label, and for bytes that are malformed
 */
export function decodeText(bytes: Uint8Array, hints: CharsetHints, isLenient: boolean): string {
  const { label, by } = charsetOf(bytes, hints);
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(label, { fatal: !isLenient });
  } catch {
    throw failure(
      'NODE_FAILED',
      `set config.charset, or config.parse to bytes: the response’s charset ${JSON.stringify(label.slice(0, 60))}, by ${by}, is none that can be decoded here`,
    );
  }
  try {
    const text = decoder.decode(bytes);
    return decoder.encoding === 'windows-1252' ? repair(text) : text;
  } catch {
    throw failure(
      'NODE_FAILED',
      `set config.charset, config.malformed to replace, or config.parse to bytes: the response is no ${decoder.encoding}, by ${by}`,
    );
  }
}
