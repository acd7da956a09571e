/** Guest text made fit for logs, terminals and error messages. */

// C0 except tab and newline, DEL, C1, bidirectional controls, line and paragraph separators, invisible characters and
// tags. The joiners U+200C and U+200D stay: scripts and emoji need them.
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this removes
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** Replaces control and bidirectional characters with U+FFFD and cuts to `max` UTF-16 units. */
export function cleanText(text: string, max: number): string {
  const cut = text.length > max ? `${text.slice(0, Math.max(0, max - 1))}…` : text;
  return cut.replace(UNSAFE, '\ufffd').toWellFormed();
}

/** `cleanText` on one line: newlines and tabs become spaces. */
export function cleanLine(text: string, max: number): string {
  return cleanText(text, max).replace(/[\n\t]/g, ' ');
}
