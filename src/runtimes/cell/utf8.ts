/** UTF-8 for the cell's realm, which has no TextEncoder: the Encoding standard's coder, byte for byte. */

const CHUNK = 8_192;
// Taken at load: the engine's bundle runs before anything else in the realm.
const { fromCharCode } = String;
const { apply } = Reflect;

/** Lone surrogates become U+FFFD. */
export function utf8Encode(text: string): Uint8Array<ArrayBuffer> {
  const { length } = text;
  let size = length;
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    // A pair is four bytes in two units: one more for each half.
    if (unit > 0x7f) size += unit > 0x7ff && !isPairHalf(text, i, unit) ? 2 : 1;
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (let i = 0; i < length; i++) {
    let point = text.charCodeAt(i);
    if (point >= 0xd800 && point <= 0xdfff) {
      const low = point < 0xdc00 && i + 1 < length ? text.charCodeAt(i + 1) : 0;
      if (low >= 0xdc00 && low <= 0xdfff) {
        point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
        i++;
      } else point = 0xfffd;
    }
    if (point < 0x80) {
      bytes[at++] = point;
      continue;
    }
    if (point < 0x800) bytes[at++] = 0xc0 | (point >> 6);
    else {
      if (point < 0x10000) bytes[at++] = 0xe0 | (point >> 12);
      else {
        bytes[at++] = 0xf0 | (point >> 18);
        bytes[at++] = 0x80 | ((point >> 12) & 0x3f);
      }
      bytes[at++] = 0x80 | ((point >> 6) & 0x3f);
    }
    bytes[at++] = 0x80 | (point & 0x3f);
  }
  return bytes;
}

function isPairHalf(text: string, at: number, unit: number): boolean {
  if (unit < 0xd800 || unit > 0xdfff) return false;
  const high = unit < 0xdc00 ? unit : text.charCodeAt(at - 1);
  const low = unit < 0xdc00 ? text.charCodeAt(at + 1) : unit;
  return high >= 0xd800 && high <= 0xdbff && low >= 0xdc00 && low <= 0xdfff;
}

/**
 * Decodes; a byte order mark is kept. Each maximal ill-formed part becomes one U+FFFD.
 * @returns null for ill-formed bytes when `fatal`.
 */
export function utf8Decode(bytes: Uint8Array, fatal: boolean): string | null {
  const { length } = bytes;
  const units = new Uint16Array(Math.min(CHUNK, length) + 2);
  let text = '';
  let filled = 0;
  let i = 0;
  while (i < length) {
    if (filled >= CHUNK) {
      text += apply(fromCharCode, undefined, units.subarray(0, filled));
      filled = 0;
    }
    const first = bytes[i++] as number;
    if (first < 0x80) {
      units[filled++] = first;
      continue;
    }
    let more =
      first >= 0xc2 && first <= 0xdf
        ? 1
        : (first & 0xf0) === 0xe0
          ? 2
          : first >= 0xf0 && first <= 0xf4
            ? 3
            : 0;
    let point = more === 1 ? first & 0x1f : more === 2 ? first & 0x0f : first & 0x07;
    // The second byte's range excludes overlong forms, surrogates and what lies past U+10FFFF.
    let low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    let high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    let ok = more > 0;
    while (more > 0) {
      const next = bytes[i];
      if (next === undefined || next < low || next > high) {
        ok = false;
        break;
      }
      point = (point << 6) | (next & 0x3f);
      low = 0x80;
      high = 0xbf;
      i++;
      more--;
    }
    if (!ok) {
      if (fatal) return null;
      units[filled++] = 0xfffd;
    } else if (point < 0x10000) units[filled++] = point;
    else {
      units[filled++] = 0xd800 + ((point - 0x10000) >> 10);
      units[filled++] = 0xdc00 + ((point - 0x10000) & 0x3ff);
    }
  }
  return text + apply(fromCharCode, undefined, units.subarray(0, filled));
}
