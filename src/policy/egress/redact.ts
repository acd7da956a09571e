/** Takes the values of secrets out of what comes back or is written down, in the encodings an echo is likely to have. */

export interface Redaction {
  readonly value: string;
  /** What is shown instead: the placeholder. */
  readonly instead: string;
}

/** A piece of base64 shorter than this is ordinary text too often. */
const SHORTEST_PIECE = 8;
const encoder = new TextEncoder();

/**
 * A value as it is, percent-encoded, as in JSON and HTML, as hexadecimal digits, and as the part of a longer base64
 * text that only it decides. What an echo does beyond that (compresses, reverses, cuts, encrypts) is not recognised.
 */
export function secretForms(value: string): readonly string[] {
  const bytes = encoder.encode(value);
  const hex = Array.from(bytes, byte => byte.toString(16).padStart(2, '0'));
  const percent = encodeURIComponent(value);
  const json = JSON.stringify(value).slice(1, -1);
  const html = value.replace(/[&<>"']/g, char => HTML[char] ?? char);
  const base64 = [0, 1, 2]
    .map(offset => base64Piece(bytes, offset))
    .filter(piece => piece.length >= SHORTEST_PIECE);
  return [
    ...new Set([
      value,
      percent,
      lowerEscapes(percent),
      strictPercent(percent),
      percent.replaceAll('%20', '+'),
      hex.map(digits => `%${digits}`).join(''),
      hex.map(digits => `%${digits.toUpperCase()}`).join(''),
      json,
      json.replaceAll('/', '\\/'),
      html,
      html.replaceAll('&#39;', '&#x27;'),
      hex.join(''),
      hex.join('').toUpperCase(),
      ...base64,
      ...base64.map(piece => piece.replaceAll('+', '-').replaceAll('/', '_')),
    ]),
  ].sort((a, b) => b.length - a.length);
}

const HTML: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function lowerEscapes(text: string): string {
  return text.replace(/%[0-9A-F]{2}/g, code => code.toLowerCase());
}

/** As Python's quote and RFC 3986 have it. */
function strictPercent(text: string): string {
  return text.replace(/[!'()*]/g, char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** What does not depend on the `offset` bytes before the value, nor on what follows it. */
function base64Piece(bytes: Uint8Array, offset: number): string {
  const padded = new Uint8Array(offset + bytes.length);
  padded.set(bytes, offset);
  const whole = btoa(String.fromCharCode(...padded)).replace(/=+$/, '');
  const from = offset === 0 ? 0 : offset + 1;
  return whole.slice(from, Math.floor((padded.length * 8) / 6));
}

interface Form {
  readonly form: string;
  readonly instead: string;
}

/** The longest first: one may contain another. */
function formsOf(redactions: readonly Redaction[]): readonly Form[] {
  return redactions
    .flatMap(({ value, instead }) => secretForms(value).map(form => ({ form, instead })))
    .sort((a, b) => b.form.length - a.form.length);
}

export interface Redactor {
  text(text: string): string;
  /** Whole pieces: a value cut by their border passes. */
  bytes(bytes: Uint8Array): Uint8Array;
  /** What is looked for, for whoever has to look in a stream. */
  readonly forms: readonly { readonly form: string; readonly instead: string }[];
}

export function createRedactor(redactions: readonly Redaction[]): Redactor {
  const forms = Object.freeze(formsOf(redactions));
  const text = (given: string): string => {
    let clean = given;
    for (const { form, instead } of forms) clean = clean.replaceAll(form, () => instead);
    return clean;
  };
  return {
    forms,
    text,
    bytes(given) {
      if (forms.length === 0) return given;
      // One character a byte: forms are ASCII, and no byte is lost on the way back.
      const before = toLatin1(given);
      const after = text(before);
      return after === before ? given : Uint8Array.from(after, char => char.charCodeAt(0));
    },
  };
}

function toLatin1(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let i = 0; i < bytes.length; i += 8192) {
    parts.push(String.fromCharCode(...bytes.subarray(i, i + 8192)));
  }
  return parts.join('');
}
