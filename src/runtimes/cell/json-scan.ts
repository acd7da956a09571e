/**
 * Reads a JSON text without making anything of it: whether it is one, how deep, and what it would take in memory. `JSON.parse` can
 * be neither stopped nor bounded, so it gets only what was counted before. The grammar is that of RFC 8259.
 */
import { HOST_BYTES } from '../../core/budget.ts';
import { MAX_DEPTH } from '../../protocol/value-format.ts';
import { utf8Decode } from './utf8.ts';

export type JsonScan =
  | 'not-json'
  | 'too-deep'
  | 'too-large'
  | {
      /** There are integers beyond ±(2⁵³ − 1), which a number of JavaScript would round. */
      readonly hasBigIntegers: boolean;
      /** There are numbers that no number of JavaScript comes near, such as 1e400. */
      readonly hasHuge: boolean;
    };

/** Bytes between two calls of `step`. */
const STEP_BYTES = 64 * 1024;
/** Digits that are a safe integer whatever they are. */
const SAFE_DIGITS = 15;
/** Decimal digits of the largest BigInt that crosses. */
const MAX_DIGITS = 315_652;
/** With its sign. */
export const MAX_INTEGER_CHARS: number = MAX_DIGITS + 1;

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const WORDS: ReadonlyMap<number, readonly number[]> = new Map(
  ['true', 'false', 'null'].map(word => [word.charCodeAt(0), [...word].map(c => c.charCodeAt(0))] as const),
);
const ESCAPES: ReadonlySet<number | undefined> = new Set([...'"\\/bfnrt'].map(c => c.charCodeAt(0)));

class NotJson extends Error {}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= ZERO && byte <= ZERO + 9;

class Scanner {
  hasBigIntegers = false;
  hasHuge = false;
  deepest = 0;
  readonly #bytes: Uint8Array;
  readonly #step: () => void;
  #at = 0;
  #nextStep: number = STEP_BYTES;
  /** Of what it may take. It is read to its end all the same: a text that is none is not too large. */
  left: number;
  /** 1 where an object is open. */
  #open: Uint8Array = new Uint8Array(MAX_DEPTH);
  #depth = 0;

  constructor(bytes: Uint8Array, mostBytes: number, step: () => void) {
    this.#bytes = bytes;
    this.left = mostBytes;
    this.#step = step;
  }

  scan(): void {
    do {
      this.#value();
      // What ends here, up to the next value.
      while (this.#depth > 0) {
        const isObject = this.#open[this.#depth - 1] === 1;
        const byte = this.#next();
        if (byte === COMMA) {
          this.#spend(HOST_BYTES.slot);
          if (isObject) this.#key();
          break;
        }
        if (byte !== (isObject ? CLOSE_OBJECT : CLOSE_ARRAY)) throw new NotJson();
        this.#depth--;
      }
    } while (this.#depth > 0);
    if (this.#next() !== undefined) throw new NotJson();
  }

  #spend(bytes: number): void {
    this.left -= bytes;
    if (this.#at < this.#nextStep) return;
    this.#nextStep = this.#at + STEP_BYTES;
    this.#step();
  }

  /** The next byte that is no white space, and past it. */
  #next(): number | undefined {
    for (;;) {
      const byte = this.#bytes[this.#at++];
      if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) continue;
      return byte;
    }
  }

  /** A value without containers inside it, after all containers that open before it. */
  #value(): void {
    for (;;) {
      const byte = this.#next();
      if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
        if (this.#opens(byte === OPEN_OBJECT)) continue;
        return;
      }
      if (byte === QUOTE) this.#text();
      else if (byte === MINUS || isDigit(byte)) this.#number(byte as number);
      else this.#word(byte);
      return;
    }
  }

  /** Answers whether a value follows; an empty container is over already. */
  #opens(isObject: boolean): boolean {
    if (this.#depth >= this.deepest) this.deepest = this.#depth + 1;
    this.#spend(HOST_BYTES.slot + (isObject ? HOST_BYTES.object : HOST_BYTES.array));
    const byte = this.#next();
    if (byte === (isObject ? CLOSE_OBJECT : CLOSE_ARRAY)) return false;
    this.#at--;
    if (this.#depth === this.#open.length) {
      const larger = new Uint8Array(2 * this.#depth);
      larger.set(this.#open);
      this.#open = larger;
    }
    this.#open[this.#depth++] = isObject ? 1 : 0;
    if (isObject) this.#key();
    return true;
  }

  #key(): void {
    if (this.#next() !== QUOTE) throw new NotJson();
    this.#spend(HOST_BYTES.entry + (isDigit(this.#bytes[this.#at]) ? HOST_BYTES.indexed : 0));
    this.#text();
    if (this.#next() !== COLON) throw new NotJson();
  }

  #text(): void {
    const bytes = this.#bytes;
    const start = this.#at;
    let at = start;
    for (;;) {
      const byte = bytes[at++];
      if (byte === QUOTE) break;
      // Control characters, and the end.
      if (byte === undefined || byte < 0x20) throw new NotJson();
      if (byte !== BACKSLASH) continue;
      const escaped = bytes[at++];
      if (escaped === 0x75) {
        for (const end = at + 4; at < end; at++) {
          const digit = bytes[at] ?? 0;
          if (!isDigit(digit) && !((digit | 0x20) >= 0x61 && (digit | 0x20) <= 0x66)) throw new NotJson();
        }
      } else if (!ESCAPES.has(escaped)) throw new NotJson();
    }
    this.#at = at;
    // A character above U+00FF makes all of them two bytes; it takes two bytes here at least.
    this.#spend(HOST_BYTES.text + 2 * (at - start));
  }

  #number(first: number): void {
    const start = this.#at - 1;
    const bytes = this.#bytes;
    let at = start + (first === MINUS ? 1 : 0);
    const digitsFrom = at;
    while (isDigit(bytes[at])) at++;
    const digits = at - digitsFrom;
    if (digits === 0 || (digits > 1 && bytes[digitsFrom] === ZERO)) throw new NotJson();
    let isInteger = true;
    if (bytes[at] === DOT) {
      isInteger = false;
      const from = ++at;
      while (isDigit(bytes[at])) at++;
      if (at === from) throw new NotJson();
    }
    let exponentDigits = 0;
    if (((bytes[at] ?? 0) | 0x20) === 0x65) {
      isInteger = false;
      at++;
      if (bytes[at] === 0x2b || bytes[at] === MINUS) at++;
      const from = at;
      while (isDigit(bytes[at])) at++;
      exponentDigits = at - from;
      if (exponentDigits === 0) throw new NotJson();
    }
    this.#at = at;
    this.#spend(HOST_BYTES.float + (digits > SAFE_DIGITS ? digits : 0));
    if (isInteger && digits > SAFE_DIGITS) {
      if (digits > MAX_DIGITS) this.hasHuge = true;
      else if (!Number.isSafeInteger(this.#numberOf(start, at))) this.hasBigIntegers = true;
    } else if (!isInteger && (exponentDigits > 2 || digits > 290))
      this.hasHuge ||= !Number.isFinite(this.#numberOf(start, at));
  }

  #numberOf(start: number, end: number): number {
    return Number(utf8Decode(this.#bytes.subarray(start, end), true));
  }

  #word(first: number | undefined): void {
    const word = first === undefined ? undefined : WORDS.get(first);
    if (word === undefined) throw new NotJson();
    for (let i = 1; i < word.length; i++) if (this.#bytes[this.#at++] !== word[i]) throw new NotJson();
    this.#spend(0);
  }
}

/**
 * @param mostBytes what the value may take in memory, as estimated
 * @param step called every 64 KiB; what it throws ends the scan
 */
export function scanJson(bytes: Uint8Array, mostBytes: number, step: () => void): JsonScan {
  const scanner = new Scanner(bytes, mostBytes, step);
  try {
    scanner.scan();
  } catch (error) {
    if (error instanceof NotJson) return 'not-json';
    throw error;
  }
  if (scanner.deepest > MAX_DEPTH) return 'too-deep';
  if (scanner.left < 0) return 'too-large';
  return { hasBigIntegers: scanner.hasBigIntegers, hasHuge: scanner.hasHuge };
}
