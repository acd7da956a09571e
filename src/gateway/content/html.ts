/**
 * HTML of a stranger, made fit to be put into a page. It is parsed as a browser parses it, only what is on the lists below
 * is kept, and the result is written anew. No element is kept whose text is read by other rules (style, textarea, svg, math,
 * noscript …): that is what makes a second parser see something else than the first.
 */
import type { Element, Nodes, Root } from 'hast';
import { fromParse5 } from 'hast-util-from-parse5';
import { type Schema, sanitize } from 'hast-util-sanitize';
import { toHtml } from 'hast-util-to-html';
import { checkLength, parseHtml, refused } from './tree.ts';

/** Of reading and writing until nothing changes; two are the rule. */
const ROUNDS = 5;

export interface HtmlOptions {
  /**
   * True keeps images of http and https addresses. Default false: a page that shows an image asks its server for it, which
   * is a way out that no network rule sees.
   */
  readonly images?: boolean;
}

const TAGS: readonly string[] = [
  ...[
    'a',
    'abbr',
    'b',
    'bdi',
    'bdo',
    'blockquote',
    'br',
    'caption',
    'cite',
    'code',
    'col',
    'colgroup',
    'dd',
    'del',
  ],
  ...[
    'details',
    'dfn',
    'div',
    'dl',
    'dt',
    'em',
    'figcaption',
    'figure',
    'h1',
    'h2',
    'h3',
    'h4',
    'h5',
    'h6',
    'hr',
    'i',
  ],
  ...[
    'ins',
    'kbd',
    'li',
    'mark',
    'ol',
    'p',
    'pre',
    'q',
    's',
    'samp',
    'section',
    'small',
    'span',
    'strong',
    'sub',
  ],
  ...[
    'summary',
    'sup',
    'table',
    'tbody',
    'td',
    'tfoot',
    'th',
    'thead',
    'time',
    'tr',
    'u',
    'ul',
    'var',
    'wbr',
  ],
];

/** Dropped with everything in them; other elements that are not kept leave their contents. */
const DROPPED: readonly string[] = [
  ...[
    'script',
    'style',
    'template',
    'noscript',
    'noembed',
    'noframes',
    'iframe',
    'frame',
    'frameset',
    'object',
    'embed',
  ],
  ...[
    'applet',
    'svg',
    'math',
    'textarea',
    'title',
    'xmp',
    'plaintext',
    'listing',
    'select',
    'audio',
    'video',
    'canvas',
    'head',
  ],
];

/** Of both: names as the tree has them. */
const SCHEMA: Schema = {
  tagNames: [...TAGS],
  strip: [...DROPPED],
  attributes: {
    '*': ['dir', 'lang', 'title'],
    a: ['href'],
    code: [['className', /^language-[\w+#-]{1,40}$/]],
    col: ['span'],
    colgroup: ['span'],
    details: ['open'],
    li: ['value'],
    ol: ['start', 'reversed'],
    td: ['align', 'colSpan', 'rowSpan'],
    th: ['align', 'colSpan', 'rowSpan', 'scope'],
    time: ['dateTime'],
  },
  protocols: { href: ['http', 'https', 'mailto'], src: ['http', 'https'] },
  allowComments: false,
  allowDoctypes: false,
};

const WITH_IMAGES: Schema = {
  ...SCHEMA,
  tagNames: [...TAGS, 'img'],
  attributes: { ...SCHEMA.attributes, img: ['src', 'alt', 'width', 'height'] },
  required: { img: { loading: 'lazy', referrerPolicy: 'no-referrer' } },
};

/**
 * Makes HTML safe to be shown: no scripts, no handlers, no styles, no forms, no addresses but http, https and mailto.
 * Text is kept.
 * @param html at most CONTENT_CHARS characters, 100 levels and 50,000 elements
 * @throws SandboxError OUTPUT_REFUSED
 */
export function sanitizeHtml(html: string, { images = false }: HtmlOptions = {}): string {
  checkLength(html, 'the HTML');
  const schema = images ? WITH_IMAGES : SCHEMA;
  let text = written(html, schema);
  // HTML that was nested wrongly is put right anew each time it is read. What is returned reads as it is written.
  for (let round = 0; round < ROUNDS; round++) {
    const again = written(text, schema);
    if (again === text) return text;
    text = again;
  }
  throw refused('the HTML is nested so that every reading of it differs');
}

function written(html: string, schema: Schema): string {
  const clean = sanitize(fromParse5(parseHtml(html)) as Nodes, schema);
  finish(clean);
  return toHtml(clean as Root, { allowDangerousHtml: false, allowDangerousCharacters: false });
}

function finish(node: Nodes): void {
  if (node.type === 'text') node.value = withoutTemplates(node.value);
  if (node.type === 'element') finishElement(node);
  if ('children' in node) for (const child of node.children) finish(child);
}

function finishElement({ tagName, properties }: Element): void {
  for (const [name, value] of Object.entries(properties))
    if (typeof value === 'string') properties[name] = withoutTemplates(value);
  // A page opened by a link must not reach the one it was opened from, nor learn its address.
  if (tagName === 'a' && properties['href'] !== undefined)
    properties['rel'] = ['noopener', 'noreferrer', 'nofollow', 'ugc'];
}

/** Frameworks that compile a page's text look for two braces in a row: an invisible character comes between them. */
function withoutTemplates(text: string): string {
  return text.replace(/\{(?=\{)|\}(?=\})/g, '$&\u2060');
}
