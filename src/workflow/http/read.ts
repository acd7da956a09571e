/** What a response holds, as a value: text by its charset, JSON without rounding, bytes for what is neither. */
import { setEntry } from '../../core/entries.ts';
import { SandboxError } from '../../core/errors.ts';
import type { Value } from '../../core/value.ts';
import type { Header } from '../../platform/net.ts';
import { breathe } from '../breathe.ts';
import { failure } from '../failure.ts';
import { str } from '../fields.ts';
import type { Call } from '../kind.ts';
import type { Services } from '../services.ts';
import type { Config } from '../types.ts';
import { decodeText } from './charset.ts';
import { essenceOf, fileNameOf, isJsonType, isLinesType, isTextType, parametersOf } from './media.ts';

/** Lines of one answer. */
const LINES = 5_000_000;

export interface Reading {
  /** `auto`, `json`, `ndjson`, `text` or `bytes`. */
  readonly parse: string;
  readonly charset: string;
  readonly isLenient: boolean;
  readonly integers: 'bigint' | 'text';
}

export const readingOf = (config: Config): Reading => ({
  parse: str(config, 'parse', 'auto'),
  charset: str(config, 'charset'),
  isLenient: str(config, 'malformed', 'fail') === 'replace',
  integers: str(config, 'integers', 'bigint') === 'text' ? 'text' : 'bigint',
});

/** The last one said: that is the one browsers take. */
export const headerOf = (headers: readonly Header[], wanted: string): string =>
  headers.findLast(([name]) => name.toLowerCase() === wanted)?.[1] ?? '';

/** By lower-case name. A name that occurs more than once has its values joined by commas, `set-cookie` is always a list. */
export function headerTable(headers: readonly Header[]): Record<string, string | readonly string[]> {
  const table: Record<string, string | string[]> = {};
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    const before = Object.hasOwn(table, key) ? table[key] : undefined;
    if (Array.isArray(before)) before.push(value);
    else if (key === 'set-cookie') setEntry(table, key, [value]);
    else setEntry(table, key, before === undefined ? value : `${before}, ${value}`);
  }
  return table;
}

/** The sniffing of a body nobody named a type for: text has no control characters but blanks and escapes. */
function looksLikeText(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27)) return false;
  try {
    void new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

const hasMark = ([a, b]: Uint8Array): boolean => (a === 0xfe && b === 0xff) || (a === 0xff && b === 0xfe);

/** Short texts at once; long ones where they can be ended. */
export type ReadJson = (text: string, what: string) => Promise<Value>;

export function jsonReader(
  { tools }: Services,
  { integers }: Reading,
  { signal }: Pick<Call, 'signal'>,
): ReadJson {
  const read = tools.open('json', { integers });
  return async (text, what) => {
    try {
      return await read(text, { signal });
    } catch (error) {
      if (!(error instanceof SandboxError) || error.code !== 'NODE_FAILED') throw error;
      throw failure('NODE_FAILED', `set config.parse to text to see it: ${what} is ${error.message}`);
    }
  };
}

async function lines(text: string, read: ReadJson): Promise<Value[]> {
  const found: Value[] = [];
  let number = 0;
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at);
    const line = text.slice(at, end < 0 ? text.length : end);
    at = end < 0 ? text.length : end + 1;
    number += 1;
    if (line.trim() !== '') found.push(await read(line, `line ${number} of the response`));
    if (number > LINES) throw failure('NODE_FAILED', `the response has more than ${LINES} lines`);
    await breathe();
  }
  return found;
}

/** @throws SandboxError NODE_FAILED for what is not what it has to be */
export async function readValue(
  bytes: Uint8Array,
  headers: readonly Header[],
  reading: Reading,
  read: ReadJson,
): Promise<Value> {
  const { parse } = reading;
  if (parse === 'bytes') return bytes;
  const type = headerOf(headers, 'content-type');
  const essence = essenceOf(type);
  const stated = parametersOf(type).get('charset') ?? '';
  const isLines = parse === 'ndjson' || (parse === 'auto' && isLinesType(essence));
  const isJson = parse === 'json' || (parse === 'auto' && isJsonType(essence));
  if (isLines && bytes.length === 0) return [];
  if (bytes.length === 0) return isJson ? null : '';
  if (parse === 'auto') {
    const isText = reading.charset !== '' || isTextType(essence, stated);
    if (isText === false || (isText === null && !hasMark(bytes) && !looksLikeText(bytes))) return bytes;
  }
  const text = decodeText(bytes, { asked: reading.charset, stated, essence }, reading.isLenient);
  if (isLines) return await lines(text, read);
  if (!isJson) return text;
  // A mark or blanks alone are an empty answer too.
  return text.trim() === '' ? null : await read(text, 'the response');
}

/** What is known of bytes beside them. */
export const fileOf = (headers: readonly Header[]): { readonly type: string; readonly name: string } => ({
  type: essenceOf(headerOf(headers, 'content-type')),
  name: fileNameOf(headerOf(headers, 'content-disposition')),
});
