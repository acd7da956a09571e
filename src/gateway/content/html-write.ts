/** From a browser's tree to text: only what is on the lists, written anew. */
import { type DefaultTreeAdapterTypes, html } from 'parse5';
import {
  attributesOf,
  DROPPED,
  isSafeAddress,
  languageClasses,
  SWITCHES,
  TABLE_PARTS,
  TAGS,
  VOID,
} from './html-lists.ts';

type Node = DefaultTreeAdapterTypes.ChildNode;
type Element = DefaultTreeAdapterTypes.Element;

/** A page opened by a link must not reach the one it was opened from, nor learn its address. */
const LINK = ' rel="noopener noreferrer nofollow ugc"';
const IMAGE = ' loading="lazy" referrerpolicy="no-referrer"';
/** Parts are joined so many at a time. */
const PARTS = 4096;

export class HtmlWriter {
  readonly #images: boolean;
  #text = '';
  #parts: string[] = [];
  /** That are open. */
  #tables = 0;

  constructor(images: boolean) {
    this.#images = images;
  }

  write(nodes: readonly Node[]): string {
    this.#nodes(nodes);
    return this.#text + this.#parts.join('');
  }

  #put(part: string): void {
    if (this.#parts.push(part) < PARTS) return;
    this.#text += this.#parts.join('');
    this.#parts = [];
  }

  #nodes(nodes: readonly Node[]): void {
    for (const node of nodes) {
      if ('value' in node) this.#put(escapeText(node.value));
      else if ('tagName' in node) this.#element(node);
    }
  }

  #element(element: Element): void {
    const { tagName: tag, childNodes } = element;
    if (DROPPED.has(tag) || element.namespaceURI !== html.NS.HTML) return;
    if (!this.#isKept(tag)) {
      this.#nodes(childNodes);
      return;
    }
    this.#put(`<${tag}${this.#attributes(element)}>`);
    if (VOID.has(tag)) return;
    const [first] = childNodes;
    // A reader drops the first line break of a pre.
    if (tag === 'pre' && first !== undefined && 'value' in first && first.value.startsWith('\n'))
      this.#put('\n');
    if (tag === 'table') this.#tables++;
    this.#nodes(childNodes);
    if (tag === 'table') this.#tables--;
    this.#put(`</${tag}>`);
  }

  #isKept(tag: string): boolean {
    if (TABLE_PARTS.has(tag)) return this.#tables > 0;
    return TAGS.has(tag) || (this.#images && tag === 'img');
  }

  #attributes({ tagName: tag, attrs }: Element): string {
    let text = '';
    if (attrs.length > 0) {
      const allowed = attributesOf(tag);
      for (const { name, value } of attrs) if (allowed.has(name)) text += attribute(name, value);
    }
    if (tag === 'a' && text.includes(' href="')) text += LINK;
    return tag === 'img' ? text + IMAGE : text;
  }
}

function attribute(name: string, value: string): string {
  if (SWITCHES.has(name)) return ` ${name}`;
  if ((name === 'href' || name === 'src') && !isSafeAddress(value)) return '';
  return ` ${name}="${escapeValue(name === 'class' ? languageClasses(value) : value)}"`;
}

/** Frameworks that compile a page's text look for two braces in a row: an invisible character comes between them. */
const withoutTemplates = (text: string): string =>
  text.includes('{{') || text.includes('}}')
    ? text.replace(/\{(?=\{)/g, '{\u2060').replace(/\}(?=\})/g, '}\u2060')
    : text;

const escapeText = (text: string): string =>
  withoutTemplates(text).replaceAll('&', '&#x26;').replaceAll('<', '&#x3C;');

const ESCAPES: Readonly<Record<string, string>> = {
  '\0': '&#x0;',
  '"': '&#x22;',
  '&': '&#x26;',
  "'": '&#x27;',
  '`': '&#x60;',
};

const escapeValue = (text: string): string =>
  withoutTemplates(text).replace(/[\0"&'`]/g, char => ESCAPES[char] as string);
