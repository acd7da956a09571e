import { bytesOf, copyBytes } from './buffers.ts';
import {
  apply, Bytes, charCodeAt,fromCharCode, indexOf, min, RangeErrorCtor, StringCtor, slice, startsWith, TypeErrorCtor,toLowerCase, toWellFormed, 
  typedArrayByteLength, typedArraySet, 
} from './primordials.ts'; // biome-ignore format: a list
import { claim, dictionary, expose, host, list, member, toStr } from './webidl.ts';

const UTF8 = ' unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8 ';
const UTF16LE = ' csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le ';
const LATIN1 =
  ' ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 iso_8859-1' +
  ' iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252 ';
/** What windows-1252 has where Latin-1 has control characters: 0x80 to 0x9F. */
const C1 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

function trimmed(label: string): string {
  const white = '\t\n\f\r ';
  let from = 0;
  let to = label.length;
  while (from < to && indexOf(white, label[from] as string) >= 0) from++;
  while (to > from && indexOf(white, label[to - 1] as string) >= 0) to--;
  return slice(label, from, to);
}

function encodingOf(label: string): string {
  const name = ' ' + toLowerCase(trimmed(label)) + ' ';
  // A name is one word: the blanks keep parts of names out.
  const known = (names: string): boolean =>
    name.length > 2 && indexOf(name, ' ', 1) === name.length - 1 && indexOf(names, name) >= 0;
  if (known(UTF8)) return 'utf-8';
  if (known(UTF16LE)) return 'utf-16le';
  if (known(LATIN1)) return 'windows-1252';
  throw new RangeErrorCtor('TextDecoder: the encoding ' + slice(label, 0, 100) + ' is not supported');
}

/** How many bytes at the end begin a character that later bytes may complete. */
function openTail(bytes: Uint8Array, length: number): number {
  for (let back = 1; back <= 3 && back <= length; back++) {
    const byte = bytes[length - back] as number;
    if ((byte & 0xc0) === 0x80) continue;
    const size =
      byte >= 0xc2 && byte <= 0xdf ? 2 : (byte & 0xf0) === 0xe0 ? 3 : byte >= 0xf0 && byte <= 0xf4 ? 4 : 1;
    if (size <= back) return 0;
    if (back > 1) {
      const second = bytes[length - back + 1] as number;
      const low = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80;
      const high = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf;
      if (second < low || second > high) return 0;
    }
    return back;
  }
  return 0;
}

/** Characters from units; `apply` takes them in groups, since each argument needs stack. */
function textOf(length: number, unitAt: (i: number) => number): string {
  let text = '';
  for (let from = 0; from < length; from += 512) {
    const units: number[] = list();
    const end = min(512, length - from);
    for (let i = 0; i < end; i++) units[i] = unitAt(from + i);
    text += apply(fromCharCode, StringCtor, units);
  }
  return text;
}

class TextDecoder {
  readonly #encoding: string;
  readonly #fatal: boolean;
  readonly #ignoreBom: boolean;
  /** Bytes of an unfinished character, between calls with `stream`. */
  #kept: Uint8Array = new Bytes(0);
  #bomPassed = false;
  #streaming = false;

  constructor(label: unknown = 'utf-8', options: unknown = undefined) {
    claim();
    const name = toStr(label);
    const given = dictionary(options, 'TextDecoder');
    this.#fatal = !!member(given, 'fatal');
    this.#ignoreBom = !!member(given, 'ignoreBOM');
    this.#encoding = encodingOf(name);
  }

  get encoding(): string {
    return this.#encoding;
  }
  get fatal(): boolean {
    return this.#fatal;
  }
  get ignoreBOM(): boolean {
    return this.#ignoreBom;
  }

  decode(input: unknown = undefined, options: unknown = undefined): string {
    if (!this.#streaming) {
      this.#kept = new Bytes(0);
      this.#bomPassed = false;
    }
    const given = input === undefined ? new Bytes(0) : bytesOf(input);
    if (given === undefined)
      throw new TypeErrorCtor('TextDecoder.decode: the input must be an ArrayBuffer or a view');
    const stream = !!member(dictionary(options, 'TextDecoder.decode'), 'stream');
    this.#streaming = stream;
    let bytes = given;
    const kept = typedArrayByteLength(this.#kept);
    if (kept > 0) {
      bytes = new Bytes(kept + typedArrayByteLength(given));
      typedArraySet(bytes, this.#kept);
      typedArraySet(bytes, given, kept);
      this.#kept = new Bytes(0);
    }
    const text =
      this.#encoding === 'utf-8'
        ? this.#utf8(bytes, stream)
        : this.#encoding === 'utf-16le'
          ? this.#utf16(bytes, stream)
          : latin1(bytes);
    if (text === null) {
      // After an error the next call starts afresh.
      this.#streaming = false;
      throw new TypeErrorCtor('TextDecoder.decode: the data is not valid ' + this.#encoding);
    }
    if (this.#bomPassed || this.#ignoreBom || text === '' || this.#encoding === 'windows-1252') return text;
    this.#bomPassed = true;
    return startsWith(text, '\ufeff') ? slice(text, 1) : text;
  }

  #keep(bytes: Uint8Array, from: number): Uint8Array {
    const length = typedArrayByteLength(bytes);
    const tail = new Bytes(length - from);
    for (let i = from; i < length; i++) tail[i - from] = bytes[i] as number;
    this.#kept = tail;
    const head = new Bytes(from);
    for (let i = 0; i < from; i++) head[i] = bytes[i] as number;
    return head;
  }

  #utf8(bytes: Uint8Array, stream: boolean): string | null {
    const length = typedArrayByteLength(bytes);
    const tail = stream ? openTail(bytes, length) : 0;
    const whole = tail > 0 ? this.#keep(bytes, length - tail) : bytes;
    return host.utf8Decode(copyBytes(whole), this.#fatal);
  }

  #utf16(bytes: Uint8Array, stream: boolean): string | null {
    const length = typedArrayByteLength(bytes);
    const unitAt = (i: number): number => (bytes[2 * i] as number) | ((bytes[2 * i + 1] as number) << 8);
    let units = length >> 1;
    const odd = length !== units * 2;
    if (stream) {
      if (units > 0 && (unitAt(units - 1) & 0xfc00) === 0xd800) units--;
      if (units * 2 < length) this.#keep(bytes, units * 2);
    }
    const text = textOf(units, unitAt) + (odd && !stream ? '\ufffd' : '');
    const sound = toWellFormed(text);
    return this.#fatal && (sound !== text || (odd && !stream)) ? null : sound;
  }
}

function latin1(bytes: Uint8Array): string {
  return textOf(typedArrayByteLength(bytes), i => {
    const byte = bytes[i] as number;
    return byte >= 0x80 && byte < 0xa0 ? charCodeAt(C1, byte - 0x80) : byte;
  });
}

export function installTextDecoder(): void {
  expose('TextDecoder', TextDecoder);
}
