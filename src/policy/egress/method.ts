/** HTTP methods. */

/** https://www.rfc-editor.org/rfc/rfc9110#name-tokens */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$/;
/** They make a tunnel of the connection, or echo its headers. */
const NEVER: readonly string[] = ['CONNECT', 'TRACE', 'TRACK'];

/** In capitals, as every registered method is. `null` when it is none, or one that is never allowed. */
export function canonicalMethod(text: string): string | null {
  if (!TOKEN.test(text)) return null;
  const method = text.toUpperCase();
  return NEVER.includes(method) ? null : method;
}
