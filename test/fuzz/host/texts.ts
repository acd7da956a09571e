/** Texts of each language the host reads, made of pieces that have cost somebody dearly, repeated. */
import type { Random } from '../../unit/protocol/random.ts';

export type Language =
  | 'html'
  | 'markdown'
  | 'csv'
  | 'sql'
  | 'json'
  | 'template'
  | 'path'
  | 'date'
  | 'javascript'
  | 'url'
  | 'plain';

const PIECES: Readonly<Record<Language, readonly string[]>> = {
  html: [
    ...[
      '<b>x</b>',
      '<b>',
      '</b>',
      '<a>',
      '<p>',
      '<table>',
      '<td>',
      '<i><b>',
      '<!--',
      '-->',
      '<',
      '&',
      '&amp;',
    ],
    ...['&lt', '<a href=x>', '<a href="javascript:1">', '<svg>', '<math>', '<select>', '<a b>', ' a=1', '<x'],
    ...[
      '</',
      '<!',
      '<?',
      '"',
      "'",
      '{{',
      '<li>',
      '<ul>',
      '<br>',
      '<img src=x>',
      '<a a0 a1 a2 a3>',
      '\0',
      '&#x41;',
    ],
    ...['<font>', '<nobr>', '<form>', '<option>', '<template>', '<details open>', 'é', '<ruby><rt>'],
  ],
  markdown: [
    ...[
      '![',
      '[',
      ']',
      '](',
      '*',
      '**',
      '_',
      '`',
      '```\n',
      '- ',
      '-\n',
      '> ',
      '>',
      '1. ',
      '|',
      '|-|\n',
      '|a',
      '\n',
    ],
    ...[
      '<',
      '&',
      '&amp;',
      '# ',
      '\\',
      '~~',
      'http://a',
      '[a](b)',
      '[a]: b\n',
      '[^1]',
      '    x\n',
      '\t',
      '***\n',
    ],
    ...['<!--', '*a_', 'a**b', '![a](', '<http://a>', '---\n', '"', "'", '\n\n', '  - a\n'],
  ],
  csv: [
    ',',
    '\n',
    '"',
    '""',
    'a',
    '=1',
    ';',
    '\r\n',
    '"a"b',
    '"a,b"',
    'a,b\n',
    '1,',
    '\t',
    '-1',
    ' ',
    'é',
    '\r',
  ],
  sql: [
    ...[
      '/*',
      '*/',
      '--\n',
      '(',
      ')',
      ',',
      '1',
      "'a'",
      '+1',
      '||a',
      ' and 1',
      ' or 1=2',
      'select ',
      ' from t',
      '[',
      '$1',
    ],
    ...[
      ' union select 1',
      ' where a=1',
      'not ',
      '-',
      '"',
      "'",
      'case when 1 then ',
      ' end',
      'a.',
      'x',
      ';',
      '::int',
    ],
    ...[
      ' in (1)',
      ' between 1 and 2',
      '(select 1)',
      ' join t on 1',
      'with a as (select 1) ',
      'cast(1 as int)',
      '\n',
    ],
  ],
  json: [
    ...[
      '[',
      ']',
      '{',
      '}',
      '"a":',
      ',',
      '1',
      '"a"',
      '{}',
      '[]',
      '{"1023":1}',
      '1e400',
      '123456789012345678901',
    ],
    ...[
      '"\\u0061"',
      'null',
      '[1],',
      '{"a":1},',
      '"__proto__":',
      ' ',
      '-0',
      '0.1',
      '"2573":null,',
      '\n',
      '0,',
    ],
  ],
  template: [
    ...[
      '{{ item.s }}',
      '{{item}}',
      '{% for i in (1..1000) %}',
      '{% endfor %}',
      '{% if a %}',
      '{% endif %}',
      '{{',
      '{%',
    ],
    ...[
      '{% assign a = "x" %}',
      '{% assign a = a | append: a %}',
      '{{ a | split: "" | join: "x" }}',
      '{% capture b %}',
    ],
    ...[
      '{% endcapture %}',
      '{{ item.s | replace: "a", item.s }}',
      '{% for r in item.rows %}{{ r }}{% endfor %}',
      'x',
    ],
    ...[
      '{{ item.rows | sort | uniq | size }}',
      '{% tablerow i in (1..500) %}x{% endtablerow %}',
      '{% raw %}',
      '{{ a.b',
    ],
    ...[
      '{% comment %}',
      '{{ item | json }}',
      '{{ "2020" | date: "%500Y" }}',
      '{% cycle "a" %}',
      '| upcase ',
      '[0]',
    ],
    ...[
      '{{ item.rows | where: "a", 1 | map: "a" | join }}',
      '{% case a %}',
      '{{ item.s | escape | url_encode }}',
    ],
    ...[
      '{% render "x" %}',
      '{{ item.rows | concat: item.rows | size }}',
      '{{ item.s | truncate: 5, item.s }}',
    ],
  ],
  path: [
    ...[
      '..*',
      '[*]',
      '[*,*]',
      '.a',
      "['a']",
      '[0]',
      '[0:5]',
      '[?@]',
      '[?@.a]',
      '[?@.a==1]',
      '[?count(@..*)>0]',
      '..a',
    ],
    ...[
      "[?match(@,'a.*a.*b')]",
      "[?search(@,'(a|b)*c')]",
      '[-1]',
      '[::2]',
      '[?length(@)>1]',
      '[?!@.a]',
      '[?(@.a)]',
      '.',
    ],
  ],
  date: [...'yMdHhmsSZzLaEGoOWkcTtDF']
    .flatMap(letter => [letter, letter.repeat(2), letter.repeat(4)])
    .concat('-', '!', "'"),
  javascript: [
    ...[
      ';',
      '1,',
      '(',
      '[',
      '{',
      '}',
      'a',
      'a.b',
      '=>',
      '`${',
      'function f(){',
      'class A{',
      'if(1)',
      '/a/',
      '"a"',
      '+',
      '!',
    ],
    ...[
      'let a=1;',
      'import "a";',
      'export default 1;',
      'x?.',
      'async()=>',
      '//\n',
      '/*',
      'a:',
      'new ',
      'yield ',
      '<a>',
      '\n',
    ],
  ],
  url: [
    'a',
    '/',
    '..',
    '?',
    '#',
    '%',
    '%41',
    '@',
    ':',
    'http://',
    '[',
    ']',
    '\\',
    '\t',
    'é',
    '.',
    'xn--',
    '&a=b',
    ' ',
  ],
  plain: ['a', '-', 'é', '\u{1F600}', '0', ' ', '\n', '\0', '2020-01-01', '2020-01-01T00:00:00Z', '$', 'ab'],
};

const FRAMES: Partial<Readonly<Record<Language, readonly (readonly [string, string])[]>>> = {
  json: [
    ['[', ']'],
    ['{"a":', '}'],
    ['[', '0]'],
  ],
  sql: [
    ['select ', ' from t'],
    ['select 1 from t where ', ''],
    ['select * from t -- ', ''],
    ['with recursive a as (', ') select 1'],
  ],
  path: [
    ['$', ''],
    ['$[?', ']'],
  ],
  csv: [
    ['a,b\n', ''],
    ['', '\n'],
  ],
  javascript: [
    ['export default ', ''],
    ['', ''],
    ['(', ')'],
  ],
};

/** One in three is large; of the others small ones are as likely as large ones (log-uniform from 1 to `max`). */
export function sizeUpTo(random: Random, max: number): number {
  if (random.int(3) === 0)
    return Math.max(1, Math.floor(max / 4) + random.int(Math.max(1, Math.floor(max * 0.75))));
  return Math.max(1, Math.floor(2 ** ((random.int(1_000_000) / 1_000_000) * Math.log2(max))));
}

export function hostileText(random: Random, language: Language, max: number): string {
  const size = sizeUpTo(random, max);
  const pieces = PIECES[language];
  const [before, after] =
    random.int(3) === 0 ? ['', ''] : random.pick(FRAMES[language] ?? [['', ''] as const]);
  const room = Math.max(0, size - before.length - after.length);
  let text = '';
  switch (random.int(4)) {
    case 0: {
      const unit = random.pick(pieces);
      text = unit.repeat(Math.floor(room / unit.length));
      break;
    }
    case 1: {
      const unit = random.pick(pieces) + random.pick(pieces) + random.pick(pieces);
      text = unit.repeat(Math.floor(room / unit.length));
      break;
    }
    case 2: {
      // Opened all first, closed all after.
      const [open, close] = [random.pick(pieces), random.pick(pieces)];
      const times = Math.floor(room / (open.length + close.length));
      text = open.repeat(times) + random.pick(pieces) + close.repeat(times);
      break;
    }
    default: {
      const some = Array.from({ length: 200 }, () => random.pick(pieces)).join('');
      text = some.repeat(Math.ceil(room / some.length)).slice(0, room);
    }
  }
  return before + text + after;
}
