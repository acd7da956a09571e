/** Stands in for @exodus/bytes' percentEncodeAfterEncoding, for UTF-8 only: see scripts/url-aliases.ts. */
import { utf8Encode } from '../../../cell/utf8.ts';

/** C0 controls, DEL and bytes past ASCII are always encoded; `set` names the other characters. */
export function percentEncodeAfterEncoding(_encoding: string, text: string, set: string): string {
  const bytes = utf8Encode(text);
  let out = '';
  for (const byte of bytes) {
    const char = String.fromCharCode(byte);
    const plain = byte > 0x1f && byte < 0x7f && !set.includes(char);
    out += plain ? char : `%${byte < 16 ? '0' : ''}${byte.toString(16).toUpperCase()}`;
  }
  return out;
}
