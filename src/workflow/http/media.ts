/** What headers say of a body: its type, its charset, its name. */

/** Lower case, without parameters; empty for what is no media type. */
export function essenceOf(type: string): string {
  const essence = type.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/.test(essence) ? essence : '';
}

/** The parameters of a header after its first word; names in lower case, the first of a name counts. */
export function parametersOf(header: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const pattern = /;[\t ]*([^\s=;"]+)[\t ]*=[\t ]*(?:"((?:[^"\\]|\\.)*)"?|([^;]*))/gy;
  pattern.lastIndex = header.indexOf(';') < 0 ? header.length : header.indexOf(';');
  for (;;) {
    const match = pattern.exec(header);
    if (match === null) break;
    const name = (match[1] ?? '').toLowerCase();
    const value = match[2] === undefined ? (match[3] ?? '').trim() : match[2].replace(/\\(.)/gs, '$1');
    if (!found.has(name)) found.set(name, value);
    // Whatever stands before the next parameter.
    const next = header.indexOf(';', pattern.lastIndex);
    if (next < 0) break;
    pattern.lastIndex = next;
  }
  return found;
}

export const isJsonType = (essence: string): boolean =>
  essence.endsWith('/json') || essence.endsWith('+json');

/** A JSON text on each line. */
export const isLinesType = (essence: string): boolean =>
  /^application\/(?:x-)?(?:ndjson|jsonl|jsonlines|json-lines)$/.test(essence) || essence === 'text/x-ndjson';

export const isMarkupType = (essence: string): boolean =>
  essence === 'text/html' || essence.endsWith('/xml') || essence.endsWith('+xml');

const TEXT_TYPES: ReadonlySet<string> = new Set(
  [
    ...['javascript', 'ecmascript', 'x-javascript', 'typescript', 'graphql', 'x-www-form-urlencoded', 'yaml'],
    ...['x-yaml', 'toml', 'sql', 'x-sh', 'xml-dtd', 'jwt', 'x-pem-file', 'pem-certificate-chain'],
    ...['sdp', 'n-triples', 'n-quads', 'trig', 'x-subrip', 'vnd.apple.mpegurl', 'x-mpegurl'],
  ].map(name => `application/${name}`),
);

/** Never text, whatever charset a careless server adds. */
const isBinaryType = (essence: string): boolean =>
  (/^(?:image|audio|video|font|model)\//.test(essence) && !isMarkupType(essence)) ||
  /^application\/(?:octet-stream|pdf|wasm|msword|java-archive|protobuf|cbor|msgpack|x-(?:tar|protobuf|msgpack|sqlite3|executable|msdownload))$/.test(
    essence,
  ) ||
  /^application\/(?:[a-z0-9.-]*(?:zip|gzip|bzip2|7z|rar|zstd|brotli|xz)[a-z0-9.-]*|(?:vnd\.(?:openxmlformats|oasis\.opendocument|ms-)|x-font)[a-z0-9.-]*)$/.test(
    essence,
  );

/**
 * True for text, false for what is none; null when the type says neither.
 * @param charset the one its header names, empty for none
 */
export function isTextType(essence: string, charset: string): boolean | null {
  if (isBinaryType(essence) || charset.toLowerCase() === 'binary') return false;
  if (charset !== '') return true;
  if (essence === '') return null;
  return (
    essence.startsWith('text/') ||
    isJsonType(essence) ||
    isLinesType(essence) ||
    isMarkupType(essence) ||
    /\+(?:yaml|json-seq)$/.test(essence) ||
    TEXT_TYPES.has(essence)
  );
}

const NAME_CHARS = 200;
/** Control, bidirectional and invisible characters. */
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this removes
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffd]/g;
/** Names that Windows gives to devices, whatever follows the first dot. */
const DEVICES = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;

/**
 * A name that stays in the folder it is written to, on every system: without a path, without control and bidirectional characters,
 * without what Windows cannot hold; empty when nothing is left.
 */
export function safeFileName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  const clean = last
    .toWellFormed()
    .replace(UNSAFE, '')
    .replace(/[<>:"|?*]/g, '_')
    .replace(/^[\s.]+|[\s.]+$/g, '');
  const whole = DEVICES.test(clean) ? `_${clean}` : clean;
  if (whole.length <= NAME_CHARS) return whole;
  const end = /\.[A-Za-z0-9]{1,16}$/.exec(whole)?.[0] ?? '';
  return `${whole.slice(0, NAME_CHARS - end.length)}${end}`.toWellFormed().replace(/\ufffd/g, '');
}

/** RFC 5987: `UTF-8''na%C3%AFve.txt`; null for what is not written so. */
function extended(value: string): string | null {
  const match = /^(utf-8|iso-8859-1)'[^']*'((?:[!#$&+.^_`|~0-9A-Za-z-]|%[0-9A-Fa-f]{2})*)$/i.exec(value);
  if (match === null) return null;
  const bytes = Uint8Array.from((match[2] ?? '').match(/%..|./g) ?? [], part =>
    part.length === 3 ? Number.parseInt(part.slice(1), 16) : part.charCodeAt(0),
  );
  if (/^iso/i.test(match[1] ?? '')) return String.fromCharCode(...bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Names in UTF-8 are sent raw by many servers, and arrive as Latin-1. */
function repaired(value: string): string {
  if (!/[\u0080-\u00ff]/.test(value) || /[\u0100-\uffff]/.test(value)) return value;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(
      Uint8Array.from(value, char => char.charCodeAt(0)),
    );
  } catch {
    return value;
  }
}

/** The name `content-disposition` gives the body, made safe; empty when there is none. RFC 6266. */
export function fileNameOf(disposition: string): string {
  const parameters = parametersOf(disposition.includes(';') ? disposition : `;${disposition}`);
  const long = extended(parameters.get('filename*') ?? '');
  return safeFileName(long ?? repaired(parameters.get('filename') ?? ''));
}
