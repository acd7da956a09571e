/** Where a text stops being JSON. `JSON.parse` says it for some mistakes and some lengths only. */

const SPACE = /[ \t\n\r]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON texts must escape them
const STRING = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;
const ATOM = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;

/** The offset of the first character no JSON text could have there, or -1 when the text is JSON. */
export function jsonErrorAt(text: string): number {
  let at = 0;
  const eat = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) return false;
    at += match[0].length;
    return true;
  };
  const skip = (char: string): boolean => {
    eat(SPACE);
    if (text[at] !== char) return false;
    at++;
    eat(SPACE);
    return true;
  };
  /** Closing brackets still owed; iterative because depth is the author's choice. */
  const open: string[] = [];
  eat(SPACE);
  for (;;) {
    // A value, and before it a key inside an object.
    if (open.at(-1) === '}' && !(eat(STRING) && skip(':'))) return at;
    if (skip('{')) {
      open.push('}');
      if (!skip('}')) continue;
      open.pop();
    } else if (skip('[')) {
      open.push(']');
      if (!skip(']')) continue;
      open.pop();
    } else if (!eat(STRING) && !eat(ATOM)) return at;
    // After a value: a comma, or the ends of what contains it.
    for (;;) {
      eat(SPACE);
      const closing = open.at(-1);
      if (closing === undefined) return at === text.length ? -1 : at;
      if (skip(',')) break;
      if (!skip(closing)) return at;
      open.pop();
    }
  }
}

/** `line:column`, 1-based. */
export function lineAndColumn(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return `${before.split('\n').length}:${offset - lineStart + 1}`;
}
