/** Reads what a person typed as JSON, and says where it stops being JSON. */
import { jsonErrorAt, lineAndColumn } from '../src/cli/json-position.ts';
import type { Value } from '../src/core/value.ts';

export type ReadJson =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly message: string; readonly offset: number };

/** @param what the name of the text, at the start of a message */
export function readJson(text: string, what: string): ReadJson {
  const offset = jsonErrorAt(text);
  if (offset < 0) return { ok: true, value: JSON.parse(text) as Value };
  const [line, column] = lineAndColumn(text, offset).split(':');
  const found = text.slice(offset).trimStart() === '' ? 'the text ends' : `${describe(text, offset)} stands`;
  return {
    ok: false,
    message: `Correct the ${what}, it is not JSON: ${found} at line ${line}, column ${column}, where something else is expected`,
    offset,
  };
}

function describe(text: string, offset: number): string {
  const char = String.fromCodePoint(text.codePointAt(offset) ?? 0);
  return JSON.stringify(char);
}
