/** Base64 and hexadecimal text of a Uint8Array (ECMAScript 2026), which the engine does not have. */
import {
  Bytes,
  bufferDetached,
  charCodeAt,
  defineProperty,
  fromCharCode,
  indexOf,
  SyntaxErrorCtor,
  TypeErrorCtor,
  typedArrayBuffer,
  typedArrayLength,
  typedArrayName,
} from './primordials.ts';
import { dictionary, hidden, host, member } from './webidl.ts';

const BASE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const HEX = '0123456789abcdef';
const EQUALS = 61;
const CHUNK = 1024;

function bytesOfThis(self: unknown, where: string): Uint8Array {
  if (typedArrayName(self) !== 'Uint8Array')
    throw new TypeErrorCtor('Uint8Array.' + where + ': the receiver must be a Uint8Array');
  return self as Uint8Array;
}

function attached(bytes: Uint8Array): Uint8Array {
  if (bufferDetached(typedArrayBuffer(bytes))) throw new TypeErrorCtor('the buffer was transferred');
  return bytes;
}

/** One of the words in `among`, each between spaces; the first when none is given. No conversion: the standard has none. */
function choice(options: object | undefined, key: string, among: string, otherwise: string): string {
  const given = member(options, key);
  if (given === undefined) return otherwise;
  if (typeof given !== 'string' || indexOf(given, ' ') >= 0 || indexOf(among, ' ' + given + ' ') < 0)
    throw new TypeErrorCtor(key + ' must be one of' + among);
  return given;
}

const alphabetOf = (options: object | undefined): string =>
  choice(options, 'alphabet', ' base64 base64url ', 'base64') === 'base64' ? BASE + '+/' : BASE + '-_';

function toBase64(this: unknown, options: unknown = undefined): string {
  const bytes = bytesOfThis(this, 'toBase64');
  const given = dictionary(options, 'Uint8Array.toBase64');
  const alphabet = alphabetOf(given);
  const bare = !!member(given, 'omitPadding');
  const length = typedArrayLength(attached(bytes));
  let out = '';
  let part = '';
  for (let i = 0; i < length; i += 3) {
    const a = bytes[i] as number;
    const b = i + 1 < length ? (bytes[i + 1] as number) : 0;
    const c = i + 2 < length ? (bytes[i + 2] as number) : 0;
    part += (alphabet[a >> 2] as string) + (alphabet[((a & 3) << 4) | (b >> 4)] as string);
    if (i + 1 < length) part += alphabet[((b & 15) << 2) | (c >> 6)] as string;
    else if (!bare) part += '=';
    if (i + 2 < length) part += alphabet[c & 63] as string;
    else if (!bare) part += '=';
    // Appending to a long text copies it.
    if (part.length > CHUNK) {
      out += part;
      part = '';
    }
  }
  return out + part;
}

function toHex(this: unknown): string {
  const bytes = bytesOfThis(this, 'toHex');
  const length = typedArrayLength(attached(bytes));
  const out = new Bytes(length * 2);
  for (let i = 0; i < length; i++) {
    const byte = bytes[i] as number;
    out[2 * i] = charCodeAt(HEX, byte >> 4);
    out[2 * i + 1] = charCodeAt(HEX, byte & 15);
  }
  return host.utf8Decode(typedArrayBuffer(out), false) as string;
}

interface Decoded {
  read: number;
  written: number;
  failed: boolean;
}

const white = (code: number): boolean =>
  code === 9 || code === 10 || code === 12 || code === 13 || code === 32;

function skipWhite(text: string, from: number): number {
  let at = from;
  while (at < text.length && white(charCodeAt(text, at))) at++;
  return at;
}

/** The standard's FromBase64, into `out`, as far as that has room. */
function readBase64(text: string, alphabet: string, handling: string, out: Uint8Array): Decoded {
  const room = typedArrayLength(out);
  const done: Decoded = { read: 0, written: 0, failed: false };
  const fail = (): Decoded => {
    done.failed = true;
    return done;
  };
  /** The two or three letters of an unfinished group. */
  const last = (bits: number, count: number, strict: boolean): boolean => {
    if (strict && (bits & (count === 2 ? 15 : 3)) !== 0) return false;
    out[done.written++] = count === 2 ? bits >> 4 : bits >> 10;
    if (count === 3) out[done.written++] = (bits >> 2) & 255;
    return true;
  };
  if (room === 0) return done;
  let bits = 0;
  let count = 0;
  let at = 0;
  for (;;) {
    at = skipWhite(text, at);
    if (at === text.length) {
      if (count > 0) {
        if (handling === 'stop-before-partial') return done;
        if (handling === 'strict' || count === 1) return fail();
        last(bits, count, false);
      }
      done.read = at;
      return done;
    }
    const code = charCodeAt(text, at);
    at++;
    if (code === EQUALS) {
      if (count < 2) return fail();
      at = skipWhite(text, at);
      if (count === 2) {
        if (at === text.length) return handling === 'stop-before-partial' ? done : fail();
        if (charCodeAt(text, at) === EQUALS) at = skipWhite(text, at + 1);
      }
      if (at < text.length || !last(bits, count, handling === 'strict')) return fail();
      done.read = at;
      return done;
    }
    const value = code < 128 ? indexOf(alphabet, fromCharCode(code)) : -1;
    if (value < 0) return fail();
    const left = room - done.written;
    if ((left === 1 && count === 2) || (left === 2 && count === 3)) return done;
    bits = (bits << 6) | value;
    if (++count < 4) continue;
    out[done.written++] = (bits >> 16) & 255;
    out[done.written++] = (bits >> 8) & 255;
    out[done.written++] = bits & 255;
    bits = count = 0;
    done.read = at;
    if (done.written === room) return done;
  }
}

function nibble(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 && code < 128 ? letter - 87 : -1;
}

function readHex(text: string, out: Uint8Array): Decoded {
  const room = typedArrayLength(out);
  const done: Decoded = { read: 0, written: 0, failed: text.length % 2 !== 0 };
  while (!done.failed && done.written < room && done.read < text.length) {
    const high = nibble(charCodeAt(text, done.read));
    const low = nibble(charCodeAt(text, done.read + 1));
    if (high < 0 || low < 0) done.failed = true;
    else {
      out[done.written++] = high * 16 + low;
      done.read += 2;
    }
  }
  return done;
}

function textArgument(text: unknown, where: string): string {
  if (typeof text !== 'string')
    throw new TypeErrorCtor('Uint8Array.' + where + ': the argument must be a string');
  return text;
}

function decodeBase64(
  text: string,
  options: unknown,
  where: string,
  into: () => Uint8Array,
): [Decoded, Uint8Array] {
  const given = dictionary(options, 'Uint8Array.' + where);
  const alphabet = alphabetOf(given);
  const handling = choice(given, 'lastChunkHandling', ' loose strict stop-before-partial ', 'loose');
  const out = into();
  return [readBase64(text, alphabet, handling, out), out];
}

function refuse(what: string): never {
  throw new SyntaxErrorCtor('the text is no ' + what);
}

function exactly(out: Uint8Array, length: number): Uint8Array {
  const made = new Bytes(length);
  for (let i = 0; i < length; i++) made[i] = out[i] as number;
  return made;
}

function fromBase64(given: unknown, options: unknown = undefined): Uint8Array {
  const text = textArgument(given, 'fromBase64');
  const both = decodeBase64(text, options, 'fromBase64', () => new Bytes(((text.length * 3) >> 2) + 3));
  if (both[0].failed) refuse('base64');
  return exactly(both[1], both[0].written);
}

function fromHex(given: unknown): Uint8Array {
  const text = textArgument(given, 'fromHex');
  const out = new Bytes(text.length >> 1);
  if (readHex(text, out).failed) refuse('hexadecimal');
  return out;
}

function setFromBase64(this: unknown, given: unknown, options: unknown = undefined): object {
  const bytes = bytesOfThis(this, 'setFromBase64');
  const text = textArgument(given, 'setFromBase64');
  const done = decodeBase64(text, options, 'setFromBase64', () => attached(bytes))[0];
  if (done.failed) refuse('base64');
  return { read: done.read, written: done.written };
}

function setFromHex(this: unknown, given: unknown): object {
  const bytes = bytesOfThis(this, 'setFromHex');
  const text = textArgument(given, 'setFromHex');
  const done = readHex(text, attached(bytes));
  if (done.failed) refuse('hexadecimal');
  return { read: done.read, written: done.written };
}

export function installByteText(): void {
  const { prototype } = Bytes;
  const method = (name: string, value: unknown, length: number): void => {
    defineProperty(value as object, 'length', { __proto__: null, value: length } as PropertyDescriptor);
    hidden(name === 'fromBase64' || name === 'fromHex' ? Bytes : prototype, name, value);
  };
  method('toBase64', toBase64, 0);
  method('toHex', toHex, 0);
  method('setFromBase64', setFromBase64, 1);
  method('setFromHex', setFromHex, 1);
  method('fromBase64', fromBase64, 1);
  method('fromHex', fromHex, 1);
}
