/** Base64 without the platform's `atob`, which no cell has: the Encoding of HTML's forgiving decoder, in both places the same. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const CHUNK = 24_576;
const INVALID = 255;

const codes = Uint8Array.from(ALPHABET, char => char.charCodeAt(0));
const values = new Uint8Array(128).fill(INVALID);
for (const [value, code] of codes.entries()) values[code] = value;

export function toBase64(bytes: Uint8Array): string {
  let text = '';
  const out = new Uint8Array((CHUNK / 3) * 4);
  for (let start = 0; start < bytes.length; start += CHUNK) {
    const end = Math.min(bytes.length, start + CHUNK);
    let at = 0;
    for (let i = start; i < end; i += 3) {
      const [a = 0, b = 0, c = 0] = [bytes[i], bytes[i + 1], bytes[i + 2]];
      out[at++] = codes[a >> 2] as number;
      out[at++] = codes[((a & 3) << 4) | (b >> 4)] as number;
      out[at++] = i + 1 < bytes.length ? (codes[((b & 15) << 2) | (c >> 6)] as number) : 61;
      out[at++] = i + 2 < bytes.length ? (codes[c & 63] as number) : 61;
    }
    text += String.fromCharCode.apply(null, out.subarray(0, at) as unknown as number[]);
  }
  return text;
}

/** White space is left out, and padding may be. @throws for everything that is no base64 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  let plain = text.replace(/[\t\n\f\r ]+/g, '');
  if (plain.length % 4 === 0) plain = plain.replace(/={1,2}$/, '');
  if (plain.length % 4 === 1) throw new Error('it has a character too many');
  const bytes = new Uint8Array(Math.floor((plain.length * 3) / 4));
  let [bits, held, at] = [0, 0, 0];
  for (let i = 0; i < plain.length; i++) {
    const code = plain.charCodeAt(i);
    const value = code < 128 ? (values[code] as number) : INVALID;
    if (value === INVALID) throw new Error('it has a character that is none of base64');
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = (held >> bits) & 0xff;
  }
  return bytes;
}
