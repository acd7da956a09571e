/** The JSON form of a {@link Value}; docs/cli.md has the table of tags. Fit for terminals: nothing unprintable. */
import { SandboxError } from '../core/errors.ts';
import { cleanText } from '../core/text.ts';

/**
 * A result may use one object in many places, which JSON writes out each time: 30 nested pairs become a billion
 * texts. In UTF-16 units.
 */
const MAX_TEXT = 128 * 1024 * 1024;

/** Parts are joined so many at a time: a million short ones would cost ten times their text. */
const PARTS = 65_536;

class Writer {
  readonly #chunks: string[] = [];
  #parts: string[] = [];
  readonly #indent: string;
  /** Line break and indentation by depth: as a new string for every line they would outweigh the rest. */
  readonly #lines: string[] = [];
  #length = 0;

  constructor(indent: number) {
    this.#indent = ' '.repeat(indent);
  }

  text(): string {
    this.#join();
    return this.#chunks.join('');
  }

  #join(): void {
    this.#chunks.push(this.#parts.join(''));
    this.#parts = [];
  }

  put(part: string): void {
    this.#length += part.length;
    if (this.#length > MAX_TEXT) {
      throw new SandboxError('OUTPUT_TOO_LARGE', `the result is longer than ${MAX_TEXT} characters of JSON`);
    }
    if (this.#parts.push(part) === PARTS) this.#join();
  }

  /** Depth is at most 500, twice that with tags: the decoder's rule. */
  value(value: unknown, depth: number): void {
    if (typeof value === 'object' && value !== null) this.#object(value, depth);
    else if (typeof value === 'string') this.put(quoted(value));
    else if (typeof value === 'bigint') this.#tag('$bigint', value.toString(), depth);
    else if (value === undefined) this.#tag('$undefined', true, depth);
    else if (typeof value !== 'number' || (Number.isFinite(value) && !Object.is(value, -0))) {
      this.put(String(value));
    } else this.#tag('$number', Object.is(value, -0) ? '-0' : String(value), depth);
  }

  #object(value: object, depth: number): void {
    if (Array.isArray(value)) this.#list(value, depth);
    else if (value instanceof Date) this.#tag('$date', dateText(value), depth);
    else if (value instanceof Uint8Array) this.#tag('$bytes', Buffer.from(value).toString('base64'), depth);
    else if (value instanceof Map) this.#tag('$map', [...value], depth);
    else if (value instanceof Set) this.#tag('$set', [...value], depth);
    else {
      const entries = Object.entries(value);
      // What looks like a tag is data: say so, and the form stays lossless.
      const mimic = entries.length === 1 && entries[0]?.[0].startsWith('$') === true;
      if (!mimic) this.#fields(entries, depth);
      else {
        this.#block('{', '}', 1, depth, (_, inner) => {
          this.#key('$object');
          this.#fields(entries, inner);
        });
      }
    }
  }

  #tag(name: string, content: unknown, depth: number): void {
    this.#fields([[name, content]], depth);
  }

  #list(items: readonly unknown[], depth: number): void {
    this.#block('[', ']', items.length, depth, (index, inner) => this.value(items[index], inner));
  }

  #fields(entries: readonly (readonly [string, unknown])[], depth: number): void {
    this.#block('{', '}', entries.length, depth, (index, inner) => {
      const [key, value] = entries[index] as readonly [string, unknown];
      this.#key(key);
      this.value(value, inner);
    });
  }

  #key(key: string): void {
    this.put(`${quoted(key)}:${this.#indent === '' ? '' : ' '}`);
  }

  #block(
    open: string,
    close: string,
    count: number,
    depth: number,
    item: (index: number, inner: number) => void,
  ): void {
    this.put(open);
    for (let index = 0; index < count; index++) {
      if (index > 0) this.put(',');
      this.#line(depth + 1);
      item(index, depth + 1);
    }
    if (count > 0) this.#line(depth);
    this.put(close);
  }

  #line(depth: number): void {
    if (this.#indent === '') return;
    this.#lines[depth] ??= `\n${this.#indent.repeat(depth)}`;
    this.put(this.#lines[depth]);
  }
}

function dateText(date: Date): string | null {
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** As `JSON.stringify`, with what `cleanText` would replace written as an escape. */
function quoted(text: string): string {
  const json = JSON.stringify(text);
  if (cleanText(json, json.length) === json) return json;
  return Array.from(json, char =>
    cleanText(char, char.length) === char ? char : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  ).join('');
}

/**
 * @param indent 0 is one line
 * @throws SandboxError OUTPUT_TOO_LARGE when shared parts, written out, are more than 128 Mi characters
 */
export function toJson(value: unknown, indent: number): string {
  const writer = new Writer(indent);
  writer.value(value, 0);
  return writer.text();
}
