/**
 * Finds a text in which any character may be escaped: which ones a server escapes, how, and in which letters, is its own
 * affair. By hand, since as a regular expression a long value is too large to compile, and shows up in the error.
 */

const NAMED: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
};

/** Percent (once or twice), JavaScript and HTML, of one ASCII character; sticky. */
const ESCAPE =
  /%(?:25)?([0-7][0-9a-f])|\\(?:x|u00)([0-7][0-9a-f])|&#0{0,8}(\d{1,3});|&#x0{0,8}([0-7]?[0-9a-f]);|\\([ -~])|(&[a-z]{2,4};)/iy;

interface Unit {
  readonly char: string;
  readonly length: number;
}

/** The escaped character that begins at `at`; `null` when none does. */
function escapeAt(text: string, at: number): Unit | null {
  ESCAPE.lastIndex = at;
  const match = ESCAPE.exec(text);
  if (match === null) return null;
  const [{ length }, percent, script, decimal, hex, plain, named] = match;
  const digits = percent ?? script ?? hex;
  const char =
    digits !== undefined
      ? String.fromCharCode(Number.parseInt(digits, 16))
      : decimal !== undefined
        ? String.fromCharCode(Number(decimal))
        : (plain ?? NAMED[(named ?? '').toLowerCase()] ?? '');
  return { char, length };
}

/** How much of `text` from `at` on stands for `value`; 0 when it does not. */
function lengthAt(text: string, at: number, value: string): number {
  let end = at;
  for (const char of value) {
    const next = text[end];
    // A character that begins escapes may be one, or stand for itself.
    const unit = next === '%' || next === '\\' || next === '&' ? escapeAt(text, end) : null;
    if (unit?.char === char) end += unit.length;
    else if (next === char || (next === '+' && char === ' ')) end += 1;
    else return 0;
  }
  return end - at;
}

/** @param value printable ASCII */
export function replaceEscaped(text: string, value: string, instead: string): string {
  if (!/[%\\&+]/.test(text)) return text;
  const [first = ''] = value;
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char !== first && char !== '%' && char !== '\\' && char !== '&') continue;
    const length = lengthAt(text, at, value);
    if (length === 0) continue;
    parts.push(text.slice(from, at), instead);
    from = at + length;
    at = from - 1;
  }
  return from === 0 ? text : parts.join('') + text.slice(from);
}
