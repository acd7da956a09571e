/**
 * A result as a tree. The value is a plugin's choice: it may be huge, deep, or use one object in a million places. So
 * a container draws its entries when it is opened, a page at a time, and everything is text.
 */
import { cleanText } from '../src/core/text.ts';
import type { Value } from '../src/core/value.ts';
import { button, element } from './dom.ts';

const PAGE = 100;
const STRING_CHARS = 2_000;
const KEY_CHARS = 200;
const BYTES_SHOWN = 64;
/** Opened without being asked: the outermost container, and small ones below it. */
const OPEN_DEPTH = 3;
const OPEN_ENTRIES = 12;

type Entry = readonly [label: Node | null, value: Value];

interface Container {
  readonly name: string;
  readonly size: number;
  entries(): Iterator<Entry>;
}

function cut(text: string, max: number): string {
  return text.length > max
    ? `${text.slice(0, max)}… (${(text.length - max).toLocaleString('en')} more characters)`
    : text;
}

/** As JSON where it needs no more than quotes: what looks like code stays text. */
function quoted(text: string, max: number): string {
  const shown = cut(text, max);
  return cleanText(JSON.stringify(shown), shown.length * 6 + 2);
}

function hex(bytes: Uint8Array): string {
  const shown = Array.from(bytes.subarray(0, BYTES_SHOWN), byte => byte.toString(16).padStart(2, '0')).join(
    ' ',
  );
  const rest = bytes.length - BYTES_SHOWN;
  return `Uint8Array(${bytes.length}) ${shown}${rest > 0 ? ` … (${rest.toLocaleString('en')} more bytes)` : ''}`;
}

const leafNode = (kind: string, text: string): HTMLElement => element('span', `value ${kind}`, text);

function leafView(value: Value): HTMLElement | null {
  if (value === null) return leafNode('atom', 'null');
  if (typeof value === 'string') return leafNode('string', quoted(value, STRING_CHARS));
  if (typeof value === 'bigint') return leafNode('number', `${cut(value.toString(), STRING_CHARS)}n`);
  if (typeof value === 'number') return leafNode('number', Object.is(value, -0) ? '-0' : String(value));
  if (typeof value !== 'object') return leafNode('atom', String(value));
  if (value instanceof Date) {
    return leafNode('date', Number.isNaN(value.getTime()) ? 'Invalid Date' : `Date ${value.toISOString()}`);
  }
  if (value instanceof Uint8Array) return leafNode('bytes', hex(value));
  return null;
}

const keyNode = (text: string): Node =>
  element('span', 'key', /^[\w$]{1,100}$/.test(text) ? text : quoted(text, KEY_CHARS));

function* mapEntries(map: ReadonlyMap<Value, Value>): Generator<Entry> {
  for (const [key, value] of map) yield [leafView(key) ?? containerNode(key, OPEN_DEPTH, []), value];
}
function* setEntries(set: ReadonlySet<Value>): Generator<Entry> {
  for (const value of set) yield [null, value];
}
function* listEntries(list: readonly Value[]): Generator<Entry> {
  for (const [index, value] of list.entries()) yield [element('span', 'key faint', String(index)), value];
}
function* objectEntries(object: Readonly<Record<string, Value>>, keys: readonly string[]): Generator<Entry> {
  for (const key of keys) yield [keyNode(key), object[key]];
}

function containerOf(value: Value): Container {
  if (value instanceof Map) return { name: 'Map', size: value.size, entries: () => mapEntries(value) };
  if (value instanceof Set) return { name: 'Set', size: value.size, entries: () => setEntries(value) };
  if (Array.isArray(value)) {
    const list = value as readonly Value[];
    return { name: 'Array', size: list.length, entries: () => listEntries(list) };
  }
  const object = value as Readonly<Record<string, Value>>;
  const keys = Object.keys(object);
  return { name: 'Object', size: keys.length, entries: () => objectEntries(object, keys) };
}

/** Draws the next page of entries; `left` is how many there are from here on. */
function fill(list: HTMLElement, entries: Iterator<Entry>, left: number, depth: number, arrow: string): void {
  let drawn = 0;
  for (; drawn < PAGE && drawn < left; drawn++) {
    const next = entries.next();
    if (next.done === true) return;
    const [label, value] = next.value;
    list.append(element('li', '', ...labelled(label === null ? [] : [label, arrow], value, depth)));
  }
  const rest = left - drawn;
  if (rest === 0) return;
  const more = element('li', '');
  more.append(
    button(`Show ${Math.min(PAGE, rest)} of ${rest.toLocaleString('en')} more`, 'link', () => {
      more.remove();
      fill(list, entries, rest, depth, arrow);
    }),
  );
  list.append(more);
}

/** A container takes its label into its own first line, unless the label opens too. */
function labelled(
  label: readonly (Node | string)[],
  value: Value,
  depth: number,
): readonly (Node | string)[] {
  const leaf = leafView(value);
  if (leaf !== null) return [...label, leaf];
  return label[0] instanceof HTMLDetailsElement
    ? [...label, containerNode(value, depth, [])]
    : [containerNode(value, depth, label)];
}

function containerNode(value: Value, depth: number, label: readonly (Node | string)[]): HTMLElement {
  const { name, size, entries } = containerOf(value);
  const title = `${name} (${size.toLocaleString('en')})`;
  if (size === 0) return element('span', '', ...label, leafNode('atom', title));
  const list = element('ul', '');
  const details = element('details', 'tree', element('summary', '', ...label, title), list);
  const draw = (): void => {
    if (list.childElementCount === 0) fill(list, entries(), size, depth + 1, name === 'Map' ? ' → ' : ': ');
  };
  details.addEventListener('toggle', draw);
  if (depth === 0 || (depth < OPEN_DEPTH && size <= OPEN_ENTRIES)) {
    draw();
    details.open = true;
  }
  return details;
}

export function valueView(value: Value): HTMLElement {
  return leafView(value) ?? containerNode(value, 0, []);
}
