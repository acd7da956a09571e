/**
 * JSON that means one thing to everybody. Depth, keys and their number are checked on the text, before any of it becomes
 * an object: a parser that recurses never sees what is too deep, and of two equal keys none is silently taken.
 */
import { cleanLine } from '../core/text.ts';

export interface JsonLimits {
  /** UTF-16 units of the whole text. */
  readonly chars: number;
  /** Arrays and objects within each other. */
  readonly depth: number;
  /** Of all objects together, plus elements of all arrays. */
  readonly entries: number;
  /** UTF-16 units of one key. */
  readonly keyChars: number;
  /** UTF-16 units of one string. */
  readonly stringChars: number;
}

/** Names that merging and path-setting code trips over. */
export const FORBIDDEN_KEYS: readonly string[] = Object.freeze(['__proto__', 'constructor', 'prototype']);

export type StrictJson =
  | { readonly ok: true; readonly value: unknown }
  /** One line. `at` is a character of the text, from 0. */
  | { readonly ok: false; readonly problem: string; readonly at: number };

class Problem extends Error {
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** Reads JSON whose keys are distinct and harmless. Never throws. */
export function strictJson(text: string, limits: JsonLimits): StrictJson {
  try {
    if (text.length > limits.chars)
      throw new Problem(`it has ${text.length} characters, at most ${limits.chars}`, limits.chars);
    scan(text, limits);
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch (error) {
    if (error instanceof Problem) return { ok: false, problem: error.message, at: error.at };
    return { ok: false, problem: 'it is not JSON', at: 0 };
  }
}

/** Keys of one object, or `null` for an array. */
type Frame = Set<string> | null;

/** Finds strings and brackets; whether they stand where they may is `JSON.parse`'s to say. */
function scan(text: string, { depth, entries, keyChars, stringChars }: JsonLimits): void {
  const open: Frame[] = [];
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '{' || char === '[') {
      if (open.length >= depth) throw new Problem(`it is nested deeper than ${depth} levels`, i);
      open.push(char === '{' ? new Set() : null);
    } else if (char === '}' || char === ']') {
      open.pop();
    } else if (char === ',' || char === ':') {
      // An entry is counted where it is separated; what `{}` and `[]` save is not worth a special case.
      if (char === ',' && ++count > entries) throw new Problem(`it has more than ${entries} entries`, i);
    } else if (char === '"') {
      const end = stringEnd(text, i);
      const raw = end - i - 1;
      const frame = open.at(-1);
      if (frame !== undefined && frame !== null && isKey(text, end + 1)) {
        if (raw > keyChars * 6) throw new Problem(`a key has more than ${keyChars} characters`, i);
        checkKey(text.slice(i, end + 1), frame, keyChars, i);
        if (++count > entries) throw new Problem(`it has more than ${entries} entries`, i);
      } else if (raw > stringChars * 6)
        throw new Problem(`a string has more than ${stringChars} characters`, i);
      checkString(text.slice(i, end + 1), stringChars, i);
      i = end;
    }
  }
}

/** Index of the closing quote. */
function stringEnd(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '"') return i;
  }
  throw new Problem('a string does not end', start);
}

function isKey(text: string, from: number): boolean {
  let i = from;
  while (i < text.length && ' \t\n\r'.includes(text[i] as string)) i++;
  return text[i] === ':';
}

function unquote(quoted: string, at: number): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    throw new Problem('a string is not JSON', at);
  }
}

function checkKey(quoted: string, seen: Set<string>, keyChars: number, at: number): void {
  const key = unquote(quoted, at);
  const shown = JSON.stringify(cleanLine(key, 40));
  if (key.length > keyChars) throw new Problem(`a key has more than ${keyChars} characters`, at);
  if (FORBIDDEN_KEYS.includes(key)) throw new Problem(`the key ${shown} is not allowed`, at);
  if (seen.has(key)) throw new Problem(`the key ${shown} is there twice`, at);
  seen.add(key);
}

function checkString(quoted: string, stringChars: number, at: number): void {
  if (quoted.length - 2 <= stringChars && !/\\u[dD]|[\ud800-\udfff]/.test(quoted)) return;
  const string = unquote(quoted, at);
  if (string.length > stringChars) throw new Problem(`a string has more than ${stringChars} characters`, at);
  if (!string.isWellFormed()) throw new Problem('a string holds half a character (a lone surrogate)', at);
}
