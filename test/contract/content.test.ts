/**
 * Text made safe (GW-XSS), in every environment. In a browser its own parser is the judge: what it makes of the result must
 * be inert, and must stay so when it is written out and parsed again.
 */
import { describe, expect, test } from 'vitest';
import {
  CONTENT_CHARS,
  MARKDOWN_CHARS,
  markdownToHtml,
  sanitizeCsv,
  sanitizeHtml,
  sanitizeUrl,
} from '../../src/gateway/content/index.ts';

const HTML: Readonly<Record<string, readonly string[]>> = {
  'GW-XSS-001': [
    '<script>alert(1)</script>',
    '<scr<script>ipt>alert(1)</script>',
    '<SCRIPT/x>alert(1)</SCRIPT >',
    '<script src=//evil></script>',
  ],
  'GW-XSS-002': [
    '<img src=x onerror=alert(1)>',
    '<b onmouseover=alert(1)>x</b>',
    '<details open ontoggle=alert(1)>x',
    '<a href=x onfocus=alert(1) autofocus>x</a>',
  ],
  'GW-XSS-004': [
    '<a href="java\tscript:alert(1)">x</a>',
    '<a href="java\nscript:alert(1)">x</a>',
    '<a href=" \u0001javascript:alert(1)">x</a>',
    '<a href="JaVaScRiPt:alert(1)">x</a>',
  ],
  'GW-XSS-005': [
    '<a href="&#x6A;avascript:alert(1)">',
    '<a href="&#106&#97&#118&#97script:alert(1)">x',
    '<a href="javascript&colon;alert(1)">x',
    '<a href="java&NewLine;script:alert(1)">x',
  ],
  'GW-XSS-006': [
    '<a href="data:text/html;base64,PHNjcmlwdD4=">',
    '<a href="vbscript:x">x</a>',
    '<a href="blob:https://a.example/1">x</a>',
    '<a href="filesystem:x">x</a>',
  ],
  'GW-XSS-010': [
    '<form id=x><input name=attributes></form>',
    '<form><input name=parentNode></form>',
    '<a id=x><a id=x name=y href=z>',
    '<form action=//evil><button>x</button></form>',
  ],
  'GW-XSS-011': [
    '<img name=getElementById>',
    '<a id=location href=x>',
    '<b id=createElement>x</b>',
    '<p name=cookie>x',
  ],
  'GW-XSS-012': [
    '<iframe srcdoc="&lt;script&gt;alert(1)&lt;/script&gt;">',
    '<iframe src=javascript:alert(1)>',
    '<object data=//evil></object>',
    '<embed src=//evil>',
  ],
  'GW-XSS-014': [
    '<base href=//evil>',
    '<head><base href="javascript:/">',
    '<link rel=stylesheet href=//evil>',
    '<base target=_blank>',
  ],
  'GW-XSS-015': [
    '<meta http-equiv=refresh content="0;url=javascript:alert(1)">',
    '<meta http-equiv="Content-Security-Policy" content="x">',
    '<meta charset=utf-7>',
    '<META HTTP-EQUIV=refresh CONTENT=0>',
  ],
  'GW-XSS-016': [
    '<style>@import "//evil"</style>',
    '<style>*{background:url(//evil)}</style>',
    '<svg><style>@import "//evil"</style></svg>',
    '<math><style>x',
  ],
  'GW-XSS-017': [
    '<div style="background:url(javascript:1)">',
    '<p style=position:fixed>x',
    '<td style="width:expression(alert(1))">',
    '<b STYLE="behavior:url(x)">',
  ],
  'GW-XSS-019': [
    '<IMG """><SCRIPT>alert(1)</SCRIPT>">',
    '<<script>alert(1)//<</script>',
    '<a href="x"onclick=alert(1)>x',
    '<img src="x` `<script>alert(1)</script>"` `>',
  ],
  'GW-XSS-025': [
    '{{constructor.constructor("alert(1)")()}}',
    '<b title="{{x}}">{{{y}}}</b>',
    'a{{`x`}}b',
    '<p>{<b>{</b>x}}',
  ],
  'GW-XSS-026': [
    '<x:script xmlns:x="http://www.w3.org/1999/xhtml">1</x:script>',
    '<svg:script>1</svg:script>',
    '<html:script>alert(1)</html:script>',
    '<xml><i><b>x',
  ],
  'GW-XSS-027': [
    '+ADw-script+AD4-',
    '<p>+ADw-img src=x onerror=alert(1)+AD4-',
    '\ufeff+ADw-script+AD4-',
    '+AC8APg-',
  ],
  'GW-XSS-028': [
    '<a target=_blank href=//evil>',
    '<a href=https://evil.example target=x rel=opener>x</a>',
    '<a href=https://evil.example>x',
    '<area href=//evil target=_blank>',
  ],
  'GW-XSS-029': [
    '<!--<img src="--><img src=x onerror=1>">',
    '<!--><img src=x onerror=1>-->',
    '<!-- --!><img src=x onerror=1> -->',
    '<![CDATA[<img src=x onerror=1>]]>',
  ],
  mXSS: [
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    '<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>',
    '<svg><title><a title="</title><img src=x onerror=alert(1)>">',
    '<textarea><a title="</textarea><img src=x onerror=alert(1)>">',
    '<xmp><a title="</xmp><img src=x onerror=alert(1)>">',
    '<template><script>alert(1)</script></template>',
    '<select><style></select><img src=x onerror=alert(1)></style>',
    '<a><table><a><b><i><a><table><td><b></a></td></table>',
    '<p><svg><foreignObject><p><iframe src=javascript:alert(1)>',
    '<plaintext><a title="</plaintext><img src=x onerror=1>">',
  ],
};

/** What a page must not find in what it was given. */
function unsafeIn(root: ParentNode): string[] {
  const found: string[] = [];
  const fine = ['http:', 'https:', 'mailto:'];
  for (const element of root.querySelectorAll('*')) {
    const name = element.localName;
    if (element.namespaceURI !== 'http://www.w3.org/1999/xhtml') found.push(`<${name}> of another namespace`);
    if (
      /^(?:script|style|iframe|object|embed|form|input|button|base|meta|link|svg|math|template|textarea|noscript|img)$/.test(
        name,
      ) ||
      name.includes(':')
    )
      found.push(`<${name}>`);
    for (const { name: attribute, value } of element.attributes) {
      if (/^on|^(?:style|srcdoc|id|name|target|action|formaction)$/.test(attribute))
        found.push(`${attribute} of <${name}>`);
      if (
        ['href', 'src'].includes(attribute) &&
        !fine.includes(new URL(value, 'https://base.example/').protocol)
      )
        found.push(`${attribute}=${value}`);
    }
    if (name === 'a' && element.hasAttribute('href') && !element.getAttribute('rel')?.includes('noopener'))
      found.push('a link without noopener');
  }
  return found;
}

function judge(html: string): void {
  if (typeof document === 'undefined') return;
  const parse = (text: string): HTMLElement => {
    const holder = document.createElement('div');
    document.body.append(holder);
    holder.innerHTML = text;
    holder.remove();
    return holder;
  };
  const first = parse(html);
  expect(unsafeIn(first)).toEqual([]);
  // Written out and read again, as editors and templates do.
  expect(unsafeIn(parse(first.innerHTML))).toEqual([]);
  for (const around of [
    ['<table><tr><td>', '</td></tr></table>'],
    ['<p>', '</p>'],
    ['<ul><li>', '</li></ul>'],
  ] as const)
    expect(unsafeIn(parse(`${around[0]}${html}${around[1]}`))).toEqual([]);
  expect(unsafeIn(new DOMParser().parseFromString(html, 'text/html').body)).toEqual([]);
  expect((globalThis as { alerted?: true }).alerted).toBeUndefined();
}
if (typeof document !== 'undefined') globalThis.alert = () => Object.assign(globalThis, { alerted: true });

for (const [id, payloads] of Object.entries(HTML)) {
  test.each(payloads)(`${id} is inert: %s`, payload => {
    for (const text of [
      payload,
      `<p>a${payload}b</p>`,
      `<table><tr><td>${payload}`,
      `${payload}${payload}`,
    ]) {
      const safe = sanitizeHtml(text);
      expect(sanitizeHtml(safe)).toBe(safe);
      expect(safe).not.toMatch(/<(?:script|style|iframe|svg|math|form|img)|<[^>]*\son\w+\s*=|\{\{/i);
      judge(safe);
      judge(sanitizeHtml(text, { images: false }));
      judge(markdownToHtml(text));
      judge(markdownToHtml(`[x](${text}) ![y](${text}) <${text}>`));
    }
  });
}

test('GW-XSS-024 ordinary HTML keeps its text and its form', () => {
  expect(sanitizeHtml('<b>bold & fine</b> 1<2')).toBe('<b>bold &#x26; fine</b> 1&#x3C;2');
  const page =
    '<h1>Title</h1><p>O\'Brien said: <em>"5 > 3"</em> &mdash; <a href="https://a.example/?x=1&amp;y=2" title="t">link</a></p>' +
    '<table><thead><tr><th scope="col">a</th></tr></thead><tbody><tr><td colspan="2">1</td></tr></tbody></table>' +
    '<pre><code class="language-js">let a = b;</code></pre><ol start="3"><li>x</li></ol><blockquote lang="de">q</blockquote>';
  const safe = sanitizeHtml(page);
  for (const part of [
    '<h1>Title</h1>',
    "O'Brien",
    '<em>"5 > 3"</em>',
    '—',
    'href="https://a.example/?x=1&#x26;y=2"',
    'scope="col"',
    'colspan="2"',
    'class="language-js"',
    'start="3"',
    'lang="de"',
  ])
    expect(safe).toContain(part);
  if (typeof document !== 'undefined') {
    const holder = document.createElement('div');
    holder.innerHTML = safe;
    const original = document.createElement('div');
    original.innerHTML = page;
    expect(holder.textContent).toBe(original.textContent);
  }
});

test('images are dropped unless they are asked for, and then only from the web', () => {
  const text =
    '<img src="https://a.example/x.png" alt="x" onerror=y><img src="javascript:1"><img src="data:image/svg+xml,x">';
  expect(sanitizeHtml(text)).toBe('');
  const safe = sanitizeHtml(text, { images: true });
  expect(safe).toContain('src="https://a.example/x.png"');
  expect(safe).toContain('no-referrer');
  expect(safe).not.toMatch(/javascript|data:|onerror/);
});

describe('GW-XSS-030 too much', () => {
  test.each([
    ['unclosed tags', '<div id="x">'.repeat(80_000)],
    ['unclosed formatting', '<b>'.repeat(100_000)],
    ['formatting that is cloned', `${'<b><p>'.repeat(49)}${'<p>x'.repeat(40_000)}`],
    ['length', 'a'.repeat(CONTENT_CHARS + 1)],
    ['many elements', '<br>'.repeat(49_998)],
    ['depth', '<div>'.repeat(100)],
  ])('%s is refused', (_, text) => {
    expect(() => sanitizeHtml(text)).toThrow(expect.objectContaining({ code: 'OUTPUT_REFUSED' }));
  });

  test('as much as may be is let through', () => {
    expect(sanitizeHtml('a'.repeat(CONTENT_CHARS))).toHaveLength(CONTENT_CHARS);
    expect(sanitizeHtml('<br>'.repeat(49_997))).toHaveLength(4 * 49_997);
    // What the parser makes around a fragment counts, too.
    expect(sanitizeHtml(`${'<div>'.repeat(99)}x`)).toContain('x');
    expect(markdownToHtml('a'.repeat(MARKDOWN_CHARS))).toContain('aaa');
    expect(() => markdownToHtml('a'.repeat(MARKDOWN_CHARS + 1))).toThrow(
      expect.objectContaining({ code: 'OUTPUT_REFUSED' }),
    );
  });
});

test('Markdown keeps what it means', () => {
  const html = markdownToHtml(
    '# T\n\n**b** `c` [x](https://a.example)\n\n| a |\n|---|\n| 1 |\n\n```js\n1<2\n```',
  );
  for (const part of [
    '<h1>T</h1>',
    '<strong>b</strong>',
    '<code>c</code>',
    'href="https://a.example"',
    '<td>1</td>',
    'language-js',
    '1&#x3C;2',
  ])
    expect(html).toContain(part);
});

test.each<[string, string | null]>([
  ['https://a.example/x?y=1#z', 'https://a.example/x?y=1#z'],
  [' HTTP://A.example ', 'http://a.example/'],
  ['mailto:a@b.example', 'mailto:a@b.example'],
  ['javascript:alert(1)', null],
  ['java\nscript:alert(1)', null],
  ['\u0001javascript:alert(1)', null],
  ['data:text/html,x', null],
  ['//evil.example', null],
  ['/path', null],
  ['https://user:pass@a.example', null],
  ['https://a.example\\@evil.example', null],
  ['https://a.example/\u202egpj.exe', null],
  ['x'.repeat(3000), null],
  ['', null],
])('a link of %j is %j', (text, expected) => {
  expect(sanitizeUrl(text)).toBe(expected);
});

test('cells of a table that a spreadsheet would run are not run, and numbers stay numbers', () => {
  const risky = [
    '=1+1',
    '+cmd|x',
    '-2+3',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    ' =1',
    '＝1+1',
    '\u200b=1',
    '%0A=1',
    '|cmd',
    '-x',
    '+1+1',
  ];
  for (const cell of risky) {
    const out = sanitizeCsv(`"${cell}",b`);
    expect(out.replace(/^"/, '')[0]).toBe("'");
  }
  const plain = 'name,n\r\nO\'Brien,-5\r\nx,+1.5e3\r\n"a,b","-1,234.50"\r\n"say ""hi""",50%';
  expect(sanitizeCsv(plain)).toBe(plain);
  expect(sanitizeCsv('a;b')).toBe('"a;b"');
  expect(() => sanitizeCsv('"a')).toThrow(expect.objectContaining({ code: 'OUTPUT_REFUSED' }));
});
