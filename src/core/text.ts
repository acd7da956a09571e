/** Guest text made fit for logs, terminals and error messages. */

// C0 except tab and newline, DEL, C1, bidirectional overrides and isolates, line and paragraph separators.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this removes
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Replaces control and bidirectional characters with U+FFFD and cuts to `max` UTF-16 units. */
export function cleanText(text: string, max: number): string {
  const cut = text.length > max ? `${text.slice(0, Math.max(0, max - 1))}…` : text;
  return cut.replace(UNSAFE, '\ufffd').toWellFormed();
}

/** `cleanText` on one line: newlines and tabs become spaces. */
export function cleanLine(text: string, max: number): string {
  return cleanText(text, max).replace(/[\n\t]/g, ' ');
}
