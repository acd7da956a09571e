/** The HTTP node sends what was said, in every environment. */
import { describe, expect, it } from 'vitest';
import type { Value } from '../../src/core/value.ts';
import { type Config, createWorkflowEngine } from '../../src/workflow.ts';
import {
  base,
  bytes,
  echo,
  type Got,
  isPage,
  out,
  policies,
  port,
  run,
  saying,
  type,
  utf8,
  workflow,
} from './workflow-http-support.ts';

describe('what is filled in', () => {
  const hostile = 'Smith & Sons&role=admin';
  it('stays in its field of a form', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const got = await echo({ headers, body: 'name={{ item.n }}&role=user' }, { n: hostile });
    expect(got.body).toBe('name=Smith%20%26%20Sons%26role%3Dadmin&role=user');
    const form = await echo({ form: { name: '{{ item.n }}', 'a b': ["it's", '{{ item.d }}', '{{ item.b }}'] } }, {
      n: hostile, d: new Date(0), b: 2n ** 64n,
    }); // biome-ignore format: a list
    expect(form.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect([...new URLSearchParams(form.body)]).toEqual([
      ['name', hostile],
      ['a b', "it's"],
      ['a b', '1970-01-01T00:00:00.000Z'],
      ['a b', '18446744073709551616'],
    ]);
    expect(form.body).toBe(new URLSearchParams([...new URLSearchParams(form.body)]).toString());
  });

  it('stays in its place of JSON, inside quotes and outside of them', async () => {
    const headers = { 'content-type': 'application/json' };
    const item = {
      a: 'Ann "A" \\ \n</script>', d: new Date(0), n: 2n ** 63n, list: [1, 'x"', new Date(1)], m: new Map<Value, Value>([[1, 'x']]), s: new Set([1]), nothing: null,
    }; // biome-ignore format: a list
    const body =
      '{"text": "Hello {{ item.a }}!", "d": {{ item.d }}, "q": "{{ item.d }}", "n": {{ item.n }}, "{{ item.a }}": {{ item.list }}, {{ item.a | append: "2" }}: {{ item.missing }}, "m": {{ item.m }}, "s": {{ item.s }}, "e": "{{ item.nothing }}"}';
    const got = await echo({ headers, body }, item);
    expect(got.body).toContain('"n": 9223372036854775808');
    expect(JSON.parse(utf8(got.body))).toEqual({
      text: `Hello ${item.a}!`, d: '1970-01-01T00:00:00.000Z', q: '1970-01-01T00:00:00.000Z', n: 2 ** 63,
      [item.a]: [1, 'x"', '1970-01-01T00:00:00.001Z'], [`${item.a}2`]: null, m: { 1: 'x' }, s: [1], e: '',
    }); // biome-ignore format: a list
    const simple = await echo({ headers, body: '{"text": "Hello {{ item.a }}!"}' }, { a: 'Ann' });
    expect(simple.body).toBe('{"text": "Hello Ann!"}');
    const json = await echo(
      { json: { t: 'Hi {{ item.a }}', n: '{{ item.n }}', 'a b': ['{{ item.d }}', 1, null] } },
      item,
    );
    expect(json.headers['content-type']).toBe('application/json');
    expect(utf8(json.body)).toBe(
      `{"t":${JSON.stringify(`Hi ${item.a}`)},"n":9223372036854775808,"a b":["1970-01-01T00:00:00.000Z",1,null]}`,
    );
  });

  it.each<[string, Value, RegExp]>([
    ['"n": {{ item.x }}', Number.NaN, /item\.x.*NaN/],
    ['"n": {{ item.x }}', { deep: [1, Number.POSITIVE_INFINITY] }, /\.deep\[1\] is Infinity/],
    ['"n": {{ item.x }}', { a: bytes(1) }, /\.a is bytes/],
    ['"n": "{{ item.x }}"', bytes(1), /is bytes/],
    ['"n": {{ item.x }}', new Date(Number.NaN), /date that is none/],
    ['"n": {{ item.x }}', new Map([[{}, 1]]), /Map/],
    ['"n": "{{ item.x }}"', '\ud800', /half a character/],
    ['"n": 1{{ item.x }}', 2, /part of a word or number/],
    ['"n": {{ item.x }}{{ item.x }}', 2, /part of a word or number/],
    ['"n": "\\{{ item.x }}"', 'n', /escape/],
    ['"n": "\\u00{{ item.x }}"', '22', /escape/],
    [' {{ item.x }}: 1', 5, /no JSON/],
  ])('in JSON %s with %s fails and says where', async (line, x, message) => {
    const config = { url: `${base}/echo`, method: 'POST', headers: { 'content-type': 'application/json' } };
    const { error } = await run({ ...config, body: `{${line}{% if false %}{% endif %}}` }, { x });
    expect(error).toMatchObject({ code: 'NODE_FAILED', message: expect.stringMatching(message) });
  });

  it('stays in its segment, its parameter and its label', async () => {
    const item = {
      p: 'x/../y?z#',
      q: 'a&b=c d+\'"%',
      d: new Date(0),
      n: 10n ** 20n,
      port,
      host: 'localhost',
    };
    const url =
      'http://{{ item.host }}:{{ item.port }}/a/{{ item.p }}/{{ item.d }}?q={{ item.q }}&d={{ item.d }}&n={{ item.n }}#{{ item.q }}';
    expect(((await out({ url }, item)) as Got).url).toBe(
      '/a/x%2F..%2Fy%3Fz%23/1970-01-01T00%3A00%3A00.000Z?q=a%26b%3Dc%20d%2B%27%22%25&d=1970-01-01T00%3A00%3A00.000Z&n=100000000000000000000',
    );
    expect(((await out({ url: '{{ item.next }}' }, { next: `${base}/next?a=b` })) as Got).url).toBe(
      '/next?a=b',
    );
  });

  it.each<[string, Value, RegExp]>([
    ['http://localhost:1/a/{{ item }}', '..', /leads out of its folder/],
    ['http://localhost:1/a/.{{ item }}/b', '.', /leads out of its folder/],
    ['http://localhost:1/a/{{ item }}/b', '', /is empty/],
    ['http://localhost:1/users/{{ item.id }}', {}, /item\.id.*is empty/],
    ['http://{{ item }}.example.com/', 'evil.com/', /no label/],
    ['http://{{ item }}.example.com/', 'a.b', /no label/],
    ['http://{{ item }}.example.com/', 'evil.com#', /no label/],
    ['http://{{ item }}.example.com/', 'user@evil', /no label/],
    ['http://api-{{ item }}/', 'x.evil.com', /no label/],
    ['http:///{{ item }}.example.com/', 'a.b', /no label/],
    ['http://{{ item }}/', 'evil.com/x?', /no host/],
    ['http://{{ item }}/', 'evil.com:81', /no host/],
    ['http://localhost:{{ item }}/', '80@evil.com', /no port/],
    ['http://localhost{{ item }}/', ':81', /no label/],
    ['{{ item }}://localhost/', 'https', /where the URL begins/],
    ['http://localhost/?a=%{{ item }}', '26', /percent-encoded/],
    ['http://localhost/{{ item }}', new Set([Number.NaN]), /NaN/],
    ['http://localhost/{{ item }}', bytes(1), /bytes/],
    ['http://localhost/?q={{ item }}', '\udc00', /half a character/],
  ])('in %s with %j fails and says where', async (url, item, message) => {
    const { error } = await run({ url: `${url}{% comment %}{% endcomment %}` }, item);
    expect(error).toMatchObject({ code: 'NODE_FAILED', message: expect.stringMatching(message) });
  });

  it('stays in its header, its parameter and its quotes', async () => {
    const headers = {
      'x-a': '{{ item.plain }}', 'x-d': '{{ item.d }}', 'x-q': 'form-data; name="{{ item.quote }}"; size={{ item.n }}',
    }; // biome-ignore format: a list
    const got = await echo({ headers }, { plain: 'a, b; c="d"', d: new Date(0), quote: 'a"; b=\\', n: 5n });
    expect(got.headers).toMatchObject({
      'x-a': 'a, b; c="d"', 'x-d': '1970-01-01T00:00:00.000Z', 'x-q': 'form-data; name="a\\"; b=\\\\"; size=5',
    }); // biome-ignore format: a list
  });

  it.each<[string, Value, RegExp]>([
    ['{{ item }}', 'a\r\nx-evil: 1', /characters a header cannot hold/],
    ['{{ item }}', 'a\nb', /characters a header cannot hold/],
    ['{{ item }}', '\u0000', /characters a header cannot hold/],
    ['{{ item }}', '€', /characters a header cannot hold/],
    ['{{ item | raw }}', 'a\r\nx: 1', /characters a header cannot hold/],
    ['a={{ item }}; b=1', '1; c=2', /put quotes around it/],
    ['a, {{ item }}', 'b, c', /put quotes around it/],
    ['{{ item }}', [bytes(1)], /\[0\] is bytes/],
  ])('in a header %s with %j fails and says where', async (value, item, message) => {
    const { error } = await run({ url: `${base}/echo`, headers: { 'x-a': value } }, item);
    expect(error).toMatchObject({ code: 'NODE_FAILED', message: expect.stringMatching(message) });
  });

  it('stays text in markup', async () => {
    const headers = { 'content-type': 'application/xml; charset=utf-8' };
    const body = '<a b="{{ item.x }}" c=\'{{ item.x }}\'>{{ item.x }}{{ item.d }}</a>';
    const got = await echo({ headers, body }, { x: `<&>"'é`, d: new Date(0) });
    const safe = '&#60;&#38;&#62;&#34;&#39;é';
    expect(utf8(got.body)).toBe(`<a b="${safe}" c='${safe}'>${safe}1970-01-01T00:00:00.000Z</a>`);
  });

  it('is what a captured text stands for, and what a filter makes of it', async () => {
    const headers = { 'content-type': 'application/json' };
    const body =
      '{% capture c %}{"a": {{ item.a }}, "b": "{{ item.a }}"}{% endcapture %}[{{ c }}, {{ c | upcase }}]';
    const got = await echo({ headers, body }, { a: 'q"' });
    expect(JSON.parse(got.body)).toEqual([{ a: 'q"', b: 'q"' }, '{"A": Q", "B": "Q""}']);
  });
});

describe('a body', () => {
  it('is the bytes of an item, as they are', async () => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    const expected = String.fromCharCode(...all);
    const headers = { 'content-type': 'application/pdf' };
    for (const [config, item] of [
      [{ body: '{{ item | raw }}' }, all],
      [{ body: '{{ item.file }}' }, { file: all }],
      [{ from: '$' }, all],
      [{ from: '$.file' }, { file: all }],
    ] as const) {
      const got = await echo({ headers, ...config }, item);
      expect(got.body).toBe(expected);
      expect(got.headers['content-type']).toBe('application/pdf');
    }
    expect(utf8((await echo({ from: '$.t' }, { t: 'é😀' })).body)).toBe('é😀');
    for (const x of [1, null, [all], undefined])
      expect((await run({ url: `${base}/echo`, method: 'POST', from: '$.x' }, { x })).error).toMatchObject({
        message: expect.stringContaining('neither bytes nor text'),
      });
  });

  it('has parts with fields and files, whatever they are called', async () => {
    const data = bytes(13, 10, 45, 45, 0, 255);
    const got = await echo(
      {
        multipart: [
          { name: 'field "1"\r\n', value: 'Hi {{ item.who }}' },
          { name: 'file', from: '$.data', fileName: '{{ item.name }}', type: 'image/{{ item.kind }}' },
          { name: 'raw', value: '{{ item.data }}' },
          { name: 'note', value: '{{ item.who }}', fileName: 'note.txt' },
        ],
      },
      { who: 'Zoë', data, name: 'a"b\r\nX: 1.png', kind: 'png' },
    );
    const boundary = /^multipart\/form-data; boundary=(citadel-[0-9a-f]{40})$/.exec(
      got.headers['content-type'] ?? '',
    )?.[1];
    expect(boundary).toBeDefined();
    const raw = String.fromCharCode(...data);
    const zoe = String.fromCharCode(...new TextEncoder().encode('Zoë'));
    expect(got.body).toBe(
      [
        `--${boundary}`, 'Content-Disposition: form-data; name="field %221%22%0D%0A"', '', `Hi ${zoe}`,
        `--${boundary}`, 'Content-Disposition: form-data; name="file"; filename="a%22b%0D%0AX: 1.png"', 'Content-Type: image/png', '', raw,
        `--${boundary}`, 'Content-Disposition: form-data; name="raw"; filename="blob"', 'Content-Type: application/octet-stream', '', raw,
        `--${boundary}`, 'Content-Disposition: form-data; name="note"; filename="note.txt"', 'Content-Type: application/octet-stream', '', zoe,
        `--${boundary}--`, '',
      ].join('\r\n'),
    ); // biome-ignore format: a list
  });
});

describe('pages', () => {
  const page = (body: string, link = ''): string =>
    saying(body, [...type('application/json'), ...(link === '' ? [] : [`link: ${link}`])]);

  it('are followed by their links, cursors and numbers', async () => {
    const last = page('{"items":[3]}');
    const second = page('{"items":[2]}', `<${last}>; title="a, b"; rel="last next"`);
    const first = page('{"items":[1]}', `<${base}/other>; rel=prev, <${second}>; rel="next"`);
    expect(await out({ url: first, pages: { by: 'link' } })).toEqual([1, 2, 3].map(n => ({ items: [n] })));
    expect(await out({ url: first, pages: { by: 'link', items: '$.items[*]' }, into: 'all' }, { a: 1 })).toEqual({
      a: 1, all: [1, 2, 3],
    }); // biome-ignore format: a list
    const ends = page('{"items":["b"],"next":null}');
    const begins = page(JSON.stringify({ items: ['a'], next: ends }));
    expect(await out({ url: begins, pages: { by: 'cursor', at: '$.next', items: '$.items[*]' } })).toEqual([
      'a',
      'b',
    ]);
    const echoes = (await out({
      url: `${base}/echo?x=a%20b&page=9`, pages: { by: 'number', param: 'page', start: 0, step: 50, items: '$.url', most: 3, more: 'leave' },
    })) as string[]; // biome-ignore format: a list
    expect(echoes).toEqual(['/echo?x=a%20b&page=0', '/echo?x=a%20b&page=50', '/echo?x=a%20b&page=100']);
  });

  it('are not more than they may be, lead nowhere else than the policy allows, and not in circles', async () => {
    const codes = async (config: Config): Promise<unknown> => (await run(config)).error;
    const two = page('[1]', `<${page('[2]')}>; rel=next`);
    expect(await out({ url: two, pages: { by: 'link', most: 2 } })).toEqual([[1], [2]]);
    expect(await codes({ url: two, pages: { by: 'link', most: 1 } })).toMatchObject({ message: expect.stringContaining('pages.most') });
    expect(await out({ url: two, pages: { by: 'link', most: 1, more: 'leave' } })).toEqual([[1]]);
    expect(await out({ url: two, pages: { by: 'link', maxBytes: 6 } })).toEqual([[1], [2]]);
    expect(await codes({ url: two, pages: { by: 'link', maxBytes: 5 } })).toMatchObject({ message: expect.stringContaining('pages.maxBytes') });
    const away = page('[1]', '<https://evil.example/x>; rel=next');
    expect(await codes({ url: away, pages: { by: 'link' } })).toMatchObject({ code: 'POLICY_DENIED' });
    const round = page('{"c":"x"}');
    expect(await codes({ url: round, pages: { by: 'cursor', at: '$.c', param: 'c' } })).toMatchObject({ message: expect.stringContaining('back to a page') });
  }); // biome-ignore format: long lines
});

it('a page that sees no cookies is told so, and what sees them keeps them', async () => {
  await using engine = createWorkflowEngine({ policies });
  const given = workflow({ url: `${base}/echo`, cookies: 'run' });
  const { valid, problems } = engine.check(given);
  if (!isPage) {
    expect(valid).toBe(true);
    return;
  }
  expect(problems).toMatchObject([{ code: 'permission', path: 'config.cookies', message: expect.stringContaining('egress proxy') }]);
  await expect(engine.run(given)).rejects.toMatchObject({ code: 'WORKFLOW_INVALID' });
}); // biome-ignore format: long lines
