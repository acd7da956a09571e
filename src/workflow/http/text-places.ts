/** Texts with an inner order, from pieces: JSON, forms, markup and header values. A value never changes what is around it. */
import { Budget } from '../../core/budget.ts';
import { failure } from '../failure.ts';
import { jsonOf, textOf } from '../written.ts';
import type { Piece } from './fill.ts';

/** What a place has to know of the text before a value, fed piece by piece. */
interface Reader {
  /** Text of the author's, or raw: it went by. */
  pass(text: string): void;
  /** @param where for failures @param next the piece after it */
  write(value: unknown, where: string, next: Piece | undefined): string;
}

const fail = (where: string, problem: string): Error => failure('NODE_FAILED', `${where} ${problem}`);

/** Puts pieces together, at most so many characters. */
function join(pieces: readonly Piece[], place: string, chars: number, reader: Reader): string {
  const budget = new Budget(chars, () =>
    failure('NODE_FAILED', `${place} comes to more than ${chars} characters`),
  );
  const parts: string[] = [];
  for (const [index, piece] of pieces.entries()) {
    let text: string;
    if (piece.kind === 'value' && !piece.isRaw)
      text = reader.write(piece.value, `${place}: ${piece.name}`, pieces[index + 1]);
    else {
      text = piece.kind === 'text' ? piece.text : textOf(piece.value, `${place}: ${piece.name}`, chars);
      reader.pass(text);
    }
    budget.spend(text.length);
    parts.push(text);
  }
  return parts.join('');
}

const ignore = (): void => {};

/** Text without an order of its own. */
export function fillText(pieces: readonly Piece[], place: string, chars: number): string {
  return join(pieces, place, chars, { pass: ignore, write: (value, where) => textOf(value, where, chars) });
}

const VALUE_BEGINS = /^[[{:,\s]?$/;
const VALUE_ENDS = /^(?:[\]},:\s]|$)/;

/** JSON: inside quotes the text of a value, outside of them the value. */
export function fillJson(pieces: readonly Piece[], place: string, chars: number): string {
  let inString = false;
  /** In an escape: -1 after its backslash, then the hexadecimal digits that are missing. */
  let missing = 0;
  let last = '';
  return join(pieces, place, chars, {
    pass(text) {
      for (let i = 0; i < text.length; i++) {
        const char = text[i];
        if (!inString) inString = char === '"';
        else if (missing === -1) missing = char === 'u' ? 4 : 0;
        else if (missing > 0) missing -= 1;
        else if (char === '\\') missing = -1;
        else if (char === '"') inString = false;
      }
      last = text.at(-1) ?? last;
    },
    write(value, where, next) {
      if (missing !== 0) throw fail(where, 'stands in the middle of an escape');
      if (inString) return JSON.stringify(textOf(value, where, chars)).slice(1, -1);
      const after = next === undefined ? '' : next.kind === 'text' ? next.text : 'value';
      if (!VALUE_BEGINS.test(last) || !VALUE_ENDS.test(after))
        throw fail(where, 'is a part of a word or number: put quotes around the whole text');
      last = 'value';
      return jsonOf(value, where, chars);
    },
  });
}

/** A form, as in `a={{ item.a }}&b=2`. */
export function fillForm(pieces: readonly Piece[], place: string, chars: number): string {
  let end = '';
  return join(pieces, place, chars, {
    pass(text) {
      end = `${end}${text.slice(-2)}`.slice(-2);
    },
    write(value, where) {
      if (/%[0-9A-Fa-f]?$/.test(end))
        throw fail(where, 'stands in the middle of a percent-encoded character');
      end = '';
      return encodeURIComponent(textOf(value, where, chars));
    },
  });
}

/** HTML and XML: text, and values of attributes in quotes. */
export function fillMarkup(pieces: readonly Piece[], place: string, chars: number): string {
  let state: 'text' | 'tag' | '"' | "'" = 'text';
  return join(pieces, place, chars, {
    pass(text) {
      for (const char of text) {
        if (state === 'text') state = char === '<' ? 'tag' : 'text';
        else if (state !== 'tag') state = char === state ? 'tag' : state;
        else if (char === '>') state = 'text';
        else if (char === '"' || char === "'") state = char;
      }
    },
    write(value, where) {
      if (state === 'tag')
        throw fail(where, 'stands in a tag, outside of quotes: put quotes around the attribute’s value');
      return textOf(value, where, chars).replace(/[&<>"']/g, char => `&#${char.charCodeAt(0)};`);
    },
  });
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: what no header can hold
const UNFIT = /[\u0000-\u0008\u000a-\u001f\u007f]|[^\u0000-\u00ff]/;

/** The value of a header: one line, and no more parameters, list entries or quotes than the author wrote. */
export function fillHeader(pieces: readonly Piece[], place: string, chars: number): string {
  const isStructured = pieces.some(piece => piece.kind === 'text' && /[",;=]/.test(piece.text));
  let inQuotes = false;
  let isEscaped = false;
  const text = join(pieces, place, chars, {
    pass(text) {
      for (const char of text) {
        if (isEscaped) isEscaped = false;
        else if (inQuotes && char === '\\') isEscaped = true;
        else if (char === '"') inQuotes = !inQuotes;
      }
    },
    write(value, where) {
      const written = textOf(value, where, chars);
      if (UNFIT.test(written))
        throw fail(where, 'has characters a header cannot hold: encode them, or take them out');
      if (!isStructured) return written;
      if (isEscaped) throw fail(where, 'stands in the middle of an escape');
      if (inQuotes) return written.replace(/["\\]/g, '\\$&');
      if (/[",;\\]/.test(written))
        throw fail(where, 'has one of " , ; \\ in it: put quotes around it, or encode it');
      return written;
    },
  });
  if (UNFIT.test(text)) throw fail(place, 'has characters a header cannot hold');
  return text;
}
