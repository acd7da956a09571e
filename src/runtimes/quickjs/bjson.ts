/** The little of the engine's binary JSON that the bridge itself speaks; see protocol/value-format.ts for the format. */
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
    const units = head >>> 1;
    const wide = (head & 1) === 1;
    const end = at + (wide ? units * 2 : units);
    let out = '';
    while (at < end) {
      const chunk: number[] = [];
      for (; at < end && chunk.length < CHUNK; at += wide ? 2 : 1) {
        chunk.push(wide ? (bytes[at] as number) | ((bytes[at + 1] as number) << 8) : (bytes[at] as number));
      }
      out += String.fromCharCode(...chunk);
    }
    return out;
  };
  if (bytes[at] !== TAG_ARRAY) return [text()];
  at++;
  const count = Math.min(uleb(), bytes.length);
  return Array.from({ length: count }, text);
}

class Writer {
  bytes: number[] = [FORMAT_VERSION];

  uleb(value: number): void {
    let rest = value;
    while (rest > 127) {
      this.bytes.push((rest & 127) | 128);
      rest >>>= 7;
    }
    this.bytes.push(rest);
  }

  /** Length and units, without a tag. */
  text(text: string): void {
    let wide = false;
    for (let i = 0; i < text.length && !wide; i++) wide = text.charCodeAt(i) > 255;
    this.uleb(text.length * 2 + (wide ? 1 : 0));
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      this.bytes.push(unit & 255);
      if (wide) this.bytes.push(unit >> 8);
    }
  }
}

export function writeText(text: string): Uint8Array {
  const writer = new Writer();
  writer.uleb(0);
  writer.bytes.push(TAG_STRING);
  writer.text(text);
  return Uint8Array.from(writer.bytes);
}

export function writeNumber(value: number): Uint8Array {
  if (Number.isInteger(value) && value >= 0 && value < 2 ** 30) {
    const writer = new Writer();
    writer.uleb(0);
    writer.bytes.push(TAG_INT);
    writer.uleb(value * 2);
    return Uint8Array.from(writer.bytes);
  }
  const out = new Uint8Array(11);
  out.set([FORMAT_VERSION, 0, TAG_FLOAT]);
  new DataView(out.buffer).setFloat64(3, value, true);
  return out;
}

export const NULL_VALUE: Uint8Array = Uint8Array.of(FORMAT_VERSION, 0, TAG_NULL);

/** A flat array of strings. */
export function writeTexts(texts: readonly string[]): Uint8Array {
  const writer = new Writer();
  writer.uleb(0);
  writer.bytes.push(TAG_ARRAY);
  writer.uleb(texts.length);
  for (const text of texts) {
    writer.bytes.push(TAG_STRING);
    writer.text(text);
  }
  return Uint8Array.from(writer.bytes);
}

/** An ArrayBuffer of its own. */
export function writeBuffer(bytes: Uint8Array): Uint8Array {
  const writer = new Writer();
  writer.uleb(0);
  writer.bytes.push(TAG_BUFFER);
  writer.uleb(bytes.length);
  // Not resizable.
  writer.uleb(0xffff_ffff);
  const out = new Uint8Array(writer.bytes.length + bytes.length);
  out.set(writer.bytes);
  out.set(bytes, writer.bytes.length);
  return out;
}
