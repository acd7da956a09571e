/** A URL from pieces: each value stays in its segment, its parameter, its label, its port. */
import { failure } from '../failure.ts';
import { textOf } from '../written.ts';
import type { Piece } from './fill.ts';

/** What a URL may come to; the policy says so again. */
const URL_CHARS = 8_192;
const MOST_PIECES = 1_000;

type Part = 'scheme' | 'host' | 'port' | 'path' | 'query' | 'fragment';

const fail = (name: string, problem: string): Error =>
  failure('NODE_FAILED', `config.url: ${name} ${problem}`);

/** Any number of slashes leads to the host, says the URL standard. */
function afterScheme(text: string): string | null {
  const begin = /^\s*[A-Za-z][A-Za-z0-9+.-]*:[/\\]{2,}/.exec(text);
  return begin === null ? null : text.slice(begin[0].length);
}

/** Where the next character stands, after the author's text so far. */
function partAt(before: string): Part {
  const rest = afterScheme(before);
  if (rest === null) return 'scheme';
  if (rest.includes('#')) return 'fragment';
  if (rest.includes('?')) return 'query';
  if (/[/\\]/.test(rest)) return 'path';
  // Behind the brackets of an address, when there are some.
  return /^(?:\[[^\]]*\]|[^:[]*):/.test(rest) ? 'port' : 'host';
}

/** One label, or a name or address when nothing of the author's follows in the host. */
function hostText(text: string, isLabel: boolean, name: string): string {
  if (text === '') throw fail(name, 'is empty, and a part of the host');
  const fits = isLabel
    ? /^[\p{L}\p{M}\p{N}_-]+$/u.test(text)
    : /^[\p{L}\p{M}\p{N}_.-]+$/u.test(text) || /^\[[0-9A-Fa-f:.]+\]$/.test(text);
  if (!fits)
    throw fail(name, `is no ${isLabel ? 'label of a host' : 'host'}: ${JSON.stringify(text.slice(0, 60))}`);
  return text;
}

const isDots = (segment: string): boolean => /^(?:\.|%2e){1,2}$/i.test(segment);

/** The value's segment, with what the author wrote before and after it. */
function checkSegment(whole: string, at: number, length: number, name: string): void {
  const start = Math.max(whole.lastIndexOf('/', at - 1), whole.lastIndexOf('\\', at - 1)) + 1;
  const after = whole.slice(at + length).search(/[/\\?#]/);
  const segment = whole.slice(start, after < 0 ? whole.length : at + length + after);
  if (segment === '')
    throw fail(name, 'is empty, and a whole segment of the path: the address would be another one');
  if (isDots(segment))
    throw fail(name, `makes the segment ${JSON.stringify(segment)}, which leads out of its folder`);
}

/** The one value a whole template is: an address of its own. */
function wholeUrl(value: unknown, name: string): string {
  const text = textOf(value, `config.url: ${name}`, URL_CHARS);
  if (URL.parse(text) === null) throw fail(name, 'is no absolute URL');
  return text;
}

/** @throws SandboxError NODE_FAILED for a value that does not fit its place */
export function fillUrl(pieces: readonly Piece[]): string {
  const [only] = pieces;
  if (pieces.length === 1 && only?.kind === 'value') return wholeUrl(only.value, only.name);
  if (pieces.length > MOST_PIECES) throw fail('what it comes to', `has more than ${MOST_PIECES} pieces`);
  let text = '';
  const filled: { at: number; length: number; name: string }[] = [];
  for (const [index, piece] of pieces.entries()) {
    if (piece.kind === 'text') {
      text += piece.text;
      continue;
    }
    const { name } = piece;
    const value = textOf(piece.value, `config.url: ${name}`, URL_CHARS);
    if (piece.isRaw) {
      text += value;
      continue;
    }
    const part = partAt(text);
    let written: string;
    switch (part) {
      case 'scheme':
        throw fail(name, 'stands where the URL begins: write https:// before it, or fill it in with | raw');
      case 'host': {
        const next = pieces[index + 1];
        const ends = next === undefined || (next.kind === 'text' && /^[/\\?#:]/.test(next.text));
        const isLabel = !ends || !/(?:^|\.)$/.test(afterScheme(text) ?? '');
        written = hostText(value, isLabel, name);
        break;
      }
      case 'port':
        if (!/^\d{1,5}$/.test(value)) throw fail(name, `is no port: ${JSON.stringify(value.slice(0, 60))}`);
        written = value;
        break;
      default:
        if (/%[0-9A-Fa-f]?$/.test(text))
          throw fail(name, 'stands in the middle of a percent-encoded character');
        written = encodeURIComponent(value);
        if (part === 'path') filled.push({ at: text.length, length: written.length, name });
    }
    text += written;
    if (text.length > URL_CHARS) throw fail('what it comes to', `has more than ${URL_CHARS} characters`);
  }
  for (const { at, length, name } of filled) checkSegment(text, at, length, name);
  return text;
}
