/**
 * The little of the engine's binary JSON that the bridge itself speaks; see protocol/value-format.ts for the format.
 * Sizes are a guest's choice, so everything is written into one buffer of known length: a growing array of the
 * cell's own heap could end the whole process.
 */
import {
  FORMAT_VERSION,
  TAG_ARRAY,
  TAG_BUFFER,
  TAG_FLOAT,
  TAG_INT,
  TAG_NULL,
  TAG_STRING,
} from '../../protocol/value-format.ts';

const CHUNK = 8192;
const MAX_LEB_BYTES = 5;
const { fromCharCode } = String;

/** Reads a string, or a flat array of strings; anything else reads as ''. Keeps NUL and lone surrogates. */
export function readTexts(bytes: Uint8Array): string[] {
  let at = 2;
  const uleb = (): number => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    return value >>> 0;
  };
  const text = (): string => {
    if (bytes[at++] !== TAG_STRING) return '';
    const head = uleb();
    const wide = (head & 1) === 1;
    const size = (head >>> 1) * (wide ? 2 : 1);
    const body = bytes.subarray(at, at + size);
    at += size;
    return wide ? wideText(body) : narrowText(body);
  };
  if (bytes[at] !== TAG_ARRAY) return [text()];
  at++;
  const count = Math.min(uleb(), bytes.length);
  return Array.from({ length: count }, text);
}

function narrowText(bytes: Uint8Array): string {
  let out = '';
  for (let from = 0; from < bytes.length; from += CHUNK) {
    out += fromCharCode.apply(null, bytes.subarray(from, from + CHUNK) as unknown as number[]);
  }
  return out;
}

function wideText(bytes: Uint8Array): string {
  let out = '';
  const units = new Uint16Array(Math.min(CHUNK, bytes.length >> 1));
  for (let from = 0; from + 1 < bytes.length; from += CHUNK * 2) {
    const count = Math.min(CHUNK, (bytes.length - from) >> 1);
    for (let i = 0; i < count; i++) {
      const at = from + i * 2;
      units[i] = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
    }
    out += fromCharCode.apply(null, units.subarray(0, count) as unknown as number[]);
  }
  return out;
}

function isWide(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 255) return true;
  return false;
}

/** Writes into a buffer that was made large enough. */
class Writer {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #at = 2;

  /** `body`: an upper bound of what follows the header. */
  constructor(body: number) {
    this.#bytes = new Uint8Array(2 + body);
    // No atoms: these values have no keys.
    this.#bytes[0] = FORMAT_VERSION;
  }

  static textBytes(text: string): number {
    return 1 + MAX_LEB_BYTES + text.length * 2;
  }

  byte(value: number): this {
    this.#bytes[this.#at++] = value;
    return this;
  }

  uleb(value: number): this {
    let rest = value >>> 0;
    while (rest > 127) {
      this.byte((rest & 127) | 128);
      rest >>>= 7;
    }
    return this.byte(rest);
  }

  text(text: string): this {
    const wide = isWide(text);
    this.byte(TAG_STRING).uleb(text.length * 2 + (wide ? 1 : 0));
    const bytes = this.#bytes;
    let at = this.#at;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      bytes[at++] = unit;
      if (wide) bytes[at++] = unit >> 8;
    }
    this.#at = at;
    return this;
  }

  raw(bytes: Uint8Array): this {
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
    return this;
  }

  take(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }
}

export function writeText(text: string): Uint8Array {
  return new Writer(Writer.textBytes(text)).text(text).take();
}

export function writeNumber(value: number): Uint8Array {
  if (Number.isInteger(value) && value >= 0 && value < 2 ** 30) {
    return new Writer(1 + MAX_LEB_BYTES)
      .byte(TAG_INT)
      .uleb(value * 2)
      .take();
  }
  const out = new Uint8Array(11);
  out.set([FORMAT_VERSION, 0, TAG_FLOAT]);
  new DataView(out.buffer).setFloat64(3, value, true);
  return out;
}

export const NULL_VALUE: Uint8Array = Uint8Array.of(FORMAT_VERSION, 0, TAG_NULL);

/** A flat array of strings. */
export function writeTexts(texts: readonly string[]): Uint8Array {
  let size = 1 + MAX_LEB_BYTES;
  for (const text of texts) size += Writer.textBytes(text);
  const writer = new Writer(size).byte(TAG_ARRAY).uleb(texts.length);
  for (const text of texts) writer.text(text);
  return writer.take();
}

/** An ArrayBuffer of its own. */
export function writeBuffer(bytes: Uint8Array): Uint8Array {
  return new Writer(1 + MAX_LEB_BYTES * 2 + bytes.length)
    .byte(TAG_BUFFER)
    .uleb(bytes.length)
    .uleb(0xffff_ffff) // not resizable
    .raw(bytes)
    .take();
}
