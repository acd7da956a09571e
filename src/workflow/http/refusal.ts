/** Answers that say no: what of them the failure tells, and when to come again. */

import { setEntry } from '../../core/entries.ts';
import { type ErrorResponse, SandboxError } from '../../core/errors.ts';
import { parseJson } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import type { Header } from '../../platform/net.ts';
import { charsetOf } from './charset.ts';
import { essenceOf, isJsonType, isTextType, parametersOf } from './media.ts';
import { headerOf, headerTable } from './read.ts';

/** Of a refusal's body. */
export const REFUSAL_BYTES: number = 64 * 1024;
const HEADERS = 100;
const HEADER_CHARS = 4_096;
const DEPTH = 100;
const DAY_MS = 86_400_000;

/** RFC 9110: seconds, or one of the three forms of a date. Null for what is neither; at most a day. */
export function retryAfterMs(value: string, now: number): number | null {
  const text = value.trim();
  if (/^\d{1,10}$/.test(text)) return Math.min(DAY_MS, Number(text) * 1_000);
  const isDate =
    /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text) ||
    /^[A-Z][a-z]+day, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/.test(text) ||
    /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/.test(text);
  const due = isDate ? Date.parse(text.endsWith('GMT') ? text : `${text} GMT`) : Number.NaN;
  return Number.isNaN(due) ? null : Math.min(DAY_MS, Math.max(0, due - now));
}

function capped(headers: readonly Header[]): Record<string, string | readonly string[]> {
  const table: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(headerTable(headers)).slice(0, HEADERS))
    setEntry(
      table,
      name,
      typeof value === 'string' ? value.slice(0, HEADER_CHARS) : value.map(one => one.slice(0, HEADER_CHARS)),
    );
  return table;
}

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8_192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  return btoa(text);
}

/** Text, or null for what is none. A character that the cut went through is left out. */
function textOrNull(bytes: Uint8Array, type: string, isCut: boolean): string | null {
  const essence = essenceOf(type);
  const stated = parametersOf(type).get('charset') ?? '';
  if (isTextType(essence, stated) === false) return null;
  try {
    const { label } = charsetOf(bytes, { asked: '', stated, essence });
    return new TextDecoder(label, { fatal: true }).decode(bytes, { stream: isCut });
  } catch {
    return null;
  }
}

function bodyOf(bytes: Uint8Array, type: string, isCut: boolean): Pick<ErrorResponse, 'body' | 'encoding'> {
  const text = textOrNull(bytes, type, isCut);
  if (text === null) return { body: base64(bytes), encoding: 'base64' };
  if (isJsonType(essenceOf(type)) && !isCut) {
    const read = parseJson(text, { chars: text.length, depth: DEPTH, bigIntegers: 'text' });
    if (read.ok) return { body: read.value, encoding: 'json' };
  }
  return { body: text, encoding: 'text' };
}

/** The failure of an answer that is one. */
export function refusalOf(
  status: number,
  headers: readonly Header[],
  bytes: Uint8Array,
  isCut: boolean,
): SandboxError {
  const type = headerOf(headers, 'content-type');
  const wait = retryAfterMs(headerOf(headers, 'retry-after'), Date.now());
  const again = wait === null ? '' : `; it asks to come again in ${Math.ceil(wait / 1_000)} s`;
  return new SandboxError('HTTP_FAILED', cleanLine(`the server answered ${status}${again}`, 200), {
    response: Object.freeze({
      status,
      headers: capped(headers),
      ...bodyOf(bytes, type, isCut),
      isCut,
      retryAfterMs: wait,
    }),
  });
}
