/**
 * JSON that means one thing to everybody, and what it says exactly. Keys are distinct, an integer is never rounded, and
 * objects cost what is in them. One pass, in which nothing is made that a limit forbids.
 */
import { setEntry } from './entries.ts';
import { decimalIsKept } from './json-number.ts';
import { cleanLine } from './text.ts';

export interface JsonRules {
  /** UTF-16 units of the whole text. */
  readonly chars: number;
  /** Arrays and objects within each other; at most 1,000. */
  readonly depth: number;
  /** Of all objects together, plus elements of all arrays. Default: as many as the text holds. */
  readonly entries?: number;
  /** UTF-16 units of one key. Default: as many as the text has. */
  readonly keyChars?: number;
  /** UTF-16 units of one string. Default: as many as the text has. */
  readonly stringChars?: number;
  /** What becomes of an integer beyond ±(2^53 − 1), of at most 4,096 digits: exact, or refused. */
  readonly bigIntegers: 'refuse' | 'bigint' | 'text';
  /** True refuses `FORBIDDEN_KEYS` and strings with half a character. */
  readonly harmless?: boolean;
}

/** Names that merging and path-setting code trips over. */
export const FORBIDDEN_KEYS: readonly string[] = Object.freeze(['__proto__', 'constructor', 'prototype']);

export type JsonReading =
  | { readonly ok: true; readonly value: unknown }
  /** One line. `at` is a character of the text, from 0; `isJson` is false where no JSON text could go on so. */
  | { readonly ok: false; readonly problem: string; readonly at: number; readonly isJson: boolean };

class Problem extends Error {
  readonly at: number;
  readonly isJson: boolean;
  constructor(message: string, at: number, isJson = true) {
    super(message);
    this.at = at;
    this.isJson = isJson;
  }
}

const DEPTH = 1000;
const DIGITS = 4096;
/** An escape is six units at most. */
const ESCAPE_CHARS = 6;
/** From so many characters on V8 makes a slice that refers to the text. */
const SLICED_CHARS = 13;

/**
 * Reads JSON. Never throws. Numbers with a fraction or an exponent are the nearest double; one that would become 0 or
 * Infinity, or lose its whole part beyond ±(2^53 − 1), is refused. What it makes costs at most 48 bytes of memory to one character.
 */
export function parseJson(text: string, rules: JsonRules): JsonReading {
  try {
    if (typeof text !== 'string') throw new Problem(`it is no text but ${typeof text}`, 0, false);
    if (text.length > rules.chars)
      throw new Problem(`it has ${text.length} characters, at most ${rules.chars}`, rules.chars);
    return { ok: true, value: new Reader(text, rules).document() };
  } catch (error) {
    if (error instanceof Problem)
      return { ok: false, problem: error.message, at: error.at, isJson: error.isJson };
    throw error;
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON texts must escape them
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;

class Reader {
  readonly #text: string;
  readonly #rules: Required<JsonRules>;
  /** Of the next character that was not read. */
  #at = 0;
  #entries = 0;
  /** Where the reader is: keys and indices, innermost last. */
  readonly #path: (string | number)[] = [];

  constructor(text: string, rules: JsonRules) {
    this.#text = text;
    this.#rules = {
      entries: Number.POSITIVE_INFINITY,
      keyChars: Number.POSITIVE_INFINITY,
      stringChars: Number.POSITIVE_INFINITY,
      harmless: false,
      ...rules,
      depth: Math.min(DEPTH, rules.depth),
    };
  }

  document(): unknown {
    const value = this.#value(0);
    this.#space();
    if (this.#at < this.#text.length) throw this.#unexpected();
    return value;
  }

  #unexpected(): Problem {
    return this.#at >= this.#text.length
      ? new Problem('it is not JSON: it ends too early', this.#at, false)
      : new Problem('it is not JSON', this.#at, false);
  }

  /** Skips what may stand between tokens; gives the code of what comes. */
  #space(): number {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return code;
      this.#at++;
    }
  }

  #value(depth: number): unknown {
    switch (this.#space()) {
      case 34:
        return this.#string(this.#rules.stringChars, 'a string');
      case 123:
        return this.#object(depth);
      case 91:
        return this.#array(depth);
      case 116:
        return this.#word('true', true);
      case 102:
        return this.#word('false', false);
      case 110:
        return this.#word('null', null);
      default:
        return this.#number(depth);
    }
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#unexpected();
    this.#at += word.length;
    return value;
  }

  #open(depth: number): void {
    if (depth >= this.#rules.depth)
      throw new Problem(`it is nested deeper than ${this.#rules.depth} levels`, this.#at);
    this.#at++;
  }

  #count(at: number): void {
    if (++this.#entries > this.#rules.entries)
      throw new Problem(`it has more than ${this.#rules.entries} entries`, at);
  }

  #array(depth: number): unknown[] {
    this.#open(depth);
    const items: unknown[] = [];
    if (this.#space() === 93) {
      this.#at++;
      return items;
    }
    for (;;) {
      this.#count(this.#at);
      this.#path[depth] = items.length;
      items.push(this.#value(depth + 1));
      if (!this.#goesOn(93)) return items;
    }
  }

  #object(depth: number): Record<string, unknown> {
    this.#open(depth);
    const object: Record<string, unknown> = {};
    if (this.#space() === 125) {
      this.#at++;
      return object;
    }
    for (;;) {
      if (this.#space() !== 34) throw this.#unexpected();
      const start = this.#at;
      const key = this.#string(this.#rules.keyChars, 'a key');
      if (this.#rules.harmless && FORBIDDEN_KEYS.includes(key))
        throw new Problem(`the key ${shown(key)} is not allowed`, start);
      if (Object.hasOwn(object, key)) throw new Problem(`the key ${shown(key)} is there twice`, start);
      if (this.#space() !== 58) throw this.#unexpected();
      this.#at++;
      this.#count(start);
      this.#path[depth] = key;
      setEntry(object, key, this.#value(depth + 1));
      if (!this.#goesOn(125)) return object;
    }
  }

  /** Whether a comma follows, and not the end of what is open. */
  #goesOn(closing: number): boolean {
    const code = this.#space();
    if (code !== 44 && code !== closing) throw this.#unexpected();
    this.#at++;
    return code === 44;
  }

  #string(most: number, what: string): string {
    const text = this.#text;
    const start = this.#at;
    PLAIN.lastIndex = start + 1;
    PLAIN.test(text);
    let end = PLAIN.lastIndex;
    const isPlain = text.charCodeAt(end) === 34;
    while (text.charCodeAt(end) === 92 && end + 2 <= text.length) {
      PLAIN.lastIndex = end + 2;
      PLAIN.test(text);
      end = PLAIN.lastIndex;
    }
    if (end >= text.length) throw new Problem('a string does not end', start, false);
    if (text.charCodeAt(end) !== 34) throw new Problem('a string is not JSON', start, false);
    const raw = end - start - 1;
    if (raw > most * ESCAPE_CHARS || (isPlain && raw > most))
      throw new Problem(`${what} has more than ${most} characters`, start);
    this.#at = end + 1;
    const string = this.#unquoted(start, isPlain);
    if (this.#rules.harmless && !string.isWellFormed())
      throw new Problem('a string holds half a character (a lone surrogate)', start);
    if (string.length > most) throw new Problem(`${what} has more than ${most} characters`, start);
    return string;
  }

  #unquoted(start: number, isPlain: boolean): string {
    // A long slice would keep the whole text alive.
    if (isPlain && this.#at - start < SLICED_CHARS) return this.#text.slice(start + 1, this.#at - 1);
    try {
      return JSON.parse(this.#text.slice(start, this.#at)) as string;
    } catch {
      throw new Problem('a string is not JSON', start, false);
    }
  }

  /** Most numbers are short integers. Gives -1, and reads nothing, for others. */
  #shortInteger(): number {
    const text = this.#text;
    let at = this.#at;
    let value = 0;
    for (let code = text.charCodeAt(at); code >= 48 && code <= 57; code = text.charCodeAt(++at))
      value = value * 10 + code - 48;
    const digits = at - this.#at;
    const next = text.charCodeAt(at);
    const goesOn = next === 46 || next === 101 || next === 69;
    if (digits === 0 || digits > 15 || goesOn || (digits > 1 && text.charCodeAt(this.#at) === 48)) return -1;
    this.#at = at;
    return value;
  }

  #number(depth: number): number | bigint | string {
    const short = this.#shortInteger();
    if (short >= 0) return short;
    const start = this.#at;
    NUMBER.lastIndex = start;
    const match = NUMBER.exec(this.#text);
    if (match === null) throw this.#unexpected();
    const [literal, fraction, exponent] = match;
    this.#at += literal.length;
    const value = Number(literal);
    const isWhole = fraction === undefined && exponent === undefined;
    if (Math.abs(value) <= Number.MAX_SAFE_INTEGER && (isWhole || value !== 0)) return value;
    if (!isWhole) {
      if (decimalIsKept(literal, value)) return value;
      throw new Problem(
        `${this.#where(depth)} is ${cleanLine(literal, 40)}, which no number of JavaScript is; write it as a text`,
        start,
      );
    }
    if (literal.length > DIGITS)
      throw new Problem(`${this.#where(depth)} is an integer of more than ${DIGITS} digits`, start);
    if (this.#rules.bigIntegers === 'bigint') return BigInt(literal);
    if (this.#rules.bigIntegers === 'text') return literal;
    throw new Problem(
      `${this.#where(depth)} is ${cleanLine(literal, 40)}, beyond ±(2^53 − 1), where numbers leave out integers; write it as a text`,
      start,
    );
  }

  #where(depth: number): string {
    const steps = this.#path
      .slice(0, depth)
      .map(step => (typeof step === 'number' ? `[${step}]` : `.${cleanLine(step, 40)}`));
    return cleanLine(steps.join('').replace(/^\./, ''), 300) || 'the value';
  }
}

const shown = (key: string): string => JSON.stringify(cleanLine(key, 40));
