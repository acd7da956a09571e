/** Takes the values of secrets out of what comes back or is written down, in the encodings an echo is likely to have. */
import { replaceEscaped } from './escapes.ts';

export interface Redaction {
  readonly value: string;
  /** What is shown instead: the placeholder. */
  readonly instead: string;
}

/** A piece of base64 shorter than this is ordinary text too often. */
const SHORTEST_PIECE = 8;
const encoder = new TextEncoder();

/**
 * Fixed texts to look for, where only fixed texts can be: a value as it is, in the usual percent-encodings, in JSON and
 * HTML, as hexadecimal digits, and as the part of a longer base64 text that only it decides. The longest come first.
 */
export function secretForms(value: string): readonly string[] {
  const hex = Array.from(encoder.encode(value), byte => byte.toString(16).padStart(2, '0'));
  const whole = encodeURIComponent(value);
  const strict = whole.replace(/[!'()*]/g, char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  const percent = [
    whole,
    strict,
    strict.replaceAll('%2F', '/'),
    new URLSearchParams({ v: value }).toString().slice(2),
    hex.map(digits => `%${digits.toUpperCase()}`).join(''),
  ];
  const json = JSON.stringify(value).slice(1, -1);
  const html = value.replace(/[&<>"']/g, char => HTML[char] ?? char);
  return [
    ...new Set([
      value,
      ...percent,
      ...percent.map(text => text.replace(/%../g, code => code.toLowerCase())),
      json,
      json.replaceAll('/', '\\/'),
      html,
      html.replaceAll('&#39;', '&#x27;'),
      hex.join(''),
      hex.join('').toUpperCase(),
      ...base64Forms(value),
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

function base64Forms(value: string): readonly string[] {
  const bytes = encoder.encode(value);
  return [0, 1, 2]
    .map(offset => base64Piece(bytes, offset))
    .filter(piece => piece.length >= SHORTEST_PIECE)
    .flatMap(piece => [piece, piece.replaceAll('+', '-').replaceAll('/', '_')]);
}

/** What does not depend on the `offset` bytes before the value, nor on what follows it. */
function base64Piece(bytes: Uint8Array, offset: number): string {
  const padded = new Uint8Array(offset + bytes.length);
  padded.set(bytes, offset);
  const whole = btoa(String.fromCharCode(...padded)).replace(/=+$/, '');
  const from = offset === 0 ? 0 : offset + 1;
  return whole.slice(from, Math.floor((padded.length * 8) / 6));
}

export interface Form {
  readonly form: string;
  readonly instead: string;
}

export interface Redactor {
  text(text: string): string;
  /** Whole pieces: a value cut by their border passes. */
  bytes(bytes: Uint8Array): Uint8Array;
  /** The fixed texts to look for in a stream, the longest first. Escapes in unusual places are found by `text` only. */
  readonly forms: readonly Form[];
}

/** What an echo does beyond escaping and encoding (compress, reverse, cut, encrypt) is not recognised. */
export function createRedactor(redactions: readonly Redaction[]): Redactor {
  // The longest first: one may contain another.
  const sorted = [...redactions].sort((a, b) => b.value.length - a.value.length);
  const forms = sorted
    .flatMap(({ value, instead }) => secretForms(value).map(form => ({ form, instead })))
    .sort((a, b) => b.form.length - a.form.length);
  const text = (given: string): string => {
    let clean = given;
    for (const { form, instead } of forms) clean = clean.replaceAll(form, () => instead);
    for (const { value, instead } of sorted) clean = replaceEscaped(clean, value, instead);
    return clean;
  };
  return {
    forms,
    text,
    bytes(given) {
      if (forms.length === 0) return given;
      // One character a byte: what is looked for is ASCII, and no byte is lost on the way back.
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
