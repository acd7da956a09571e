/** What of HTML is kept. No element is on the list whose text is read by other rules (style, textarea, svg, math, noscript …). */

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

export const TAGS: ReadonlySet<string> = new Set(
  words(`
    a abbr b bdi bdo blockquote br caption cite code col colgroup dd del details dfn div dl dt em figcaption figure
    h1 h2 h3 h4 h5 h6 hr i ins kbd li mark ol p pre q s samp section small span strong sub summary sup
    table tbody td tfoot th thead time tr u ul var wbr`),
);

/** Dropped with everything in them; other elements that are not kept leave their contents. */
export const DROPPED: ReadonlySet<string> = new Set(
  words(`
    script style template noscript noembed noframes iframe frame frameset object embed applet svg math textarea title
    xmp plaintext listing select audio video canvas head`),
);

/** Elements without contents, of those that are kept. */
export const VOID: ReadonlySet<string> = new Set(words('br col hr img wbr'));

/** Kept inside a table only: elsewhere a page that shows the result would lose its own tables to them. */
export const TABLE_PARTS: ReadonlySet<string> = new Set(words('tbody td tfoot th thead tr'));

/** Of every element. */
const GLOBAL: readonly string[] = ['dir', 'lang', 'title'];

const attributes = (text: string): ReadonlySet<string> => new Set([...GLOBAL, ...words(text)]);
const PLAIN: ReadonlySet<string> = new Set(GLOBAL);
const OF_TAG: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['a', attributes('href')],
  ['code', attributes('class')],
  ['col', attributes('span')],
  ['colgroup', attributes('span')],
  ['details', attributes('open')],
  ['img', attributes('src alt width height')],
  ['li', attributes('value')],
  ['ol', attributes('start reversed')],
  ['td', attributes('align colspan rowspan')],
  ['th', attributes('align colspan rowspan scope')],
  ['time', attributes('datetime')],
]);

export const attributesOf = (tag: string): ReadonlySet<string> => OF_TAG.get(tag) ?? PLAIN;

/** Written without a value. */
export const SWITCHES: ReadonlySet<string> = new Set(['open', 'reversed']);

const SCHEMES: ReadonlySet<string> = new Set(['http', 'https', 'mailto']);

/** An address without a scheme, or with one of the list. What comes before the colon is compared as it stands. */
export function isSafeAddress(url: string): boolean {
  const colon = url.indexOf(':');
  if (colon < 0 || /[/?#]/.test(url.slice(0, colon))) return true;
  return SCHEMES.has(url.slice(0, colon));
}

const CLASS = /^language-[\w+#-]{1,40}$/;

/** Of `code`: the language it is in, which highlighters look for. */
export const languageClasses = (value: string): string =>
  value
    .split(/[ \t\n\f\r]+/)
    .filter(name => CLASS.test(name))
    .join(' ');
