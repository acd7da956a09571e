/** Stands in for whatwg-url's lib/encoding.js: see scripts/url-aliases.ts. */
import { utf8Decode, utf8Encode } from '../../../cell/utf8.ts';

export { utf8Encode };

export function utf8DecodeWithoutBOM(bytes: Uint8Array): string {
  return utf8Decode(bytes, false) as string;
}
