/** The HTTP node says what was sent, and sends what was said, in every environment. */
import { describe, expect, inject, it } from 'vitest';
import type { Value } from '../../src/core/value.ts';
import { capabilities } from '../../src/index.ts';
import {
  type Config,
  createWorkflowEngine,
  type RunRecord,
  type Workflow,
  type WorkflowNode,
} from '../../src/workflow.ts';

const port = inject('originPort');
const base = `http://localhost:${port}`;
const policies = {
  default: { network: { allow: [`localhost:${port}`], allowIp: ['127.0.0.1', '::1'] } },
};
const isPage = capabilities().platform === 'browser';

function workflow(config: Config, more: Partial<WorkflowNode> = {}, routes = false): Workflow {
  return {
    version: 1,
    nodes: [
      { id: 'in', kind: 'input' },
      { id: 'h', kind: 'http', config, ...more },
      ...(routes ? [{ id: 'bad', kind: 'logic.collect' }] : []),
    ],
    edges: [{ from: 'in', to: 'h' }, ...(routes ? [{ from: 'h', out: 'error', to: 'bad' }] : [])],
  };
}

async function run(config: Config, item: Value = {}, more: Partial<WorkflowNode> = {}): Promise<RunRecord> {
  await using engine = createWorkflowEngine({ policies });
  return await engine.run(workflow(config, more), { input: [item], vars: { base } });
}

async function out(...args: Parameters<typeof run>): Promise<unknown> {
  const record = await run(...args);
  if (record.status !== 'success') throw new Error(`${record.error?.code}: ${record.error?.message}`);
  return (record.output['h'] as unknown[])[0];
}

const hexOf = (bytes: Uint8Array | string): string =>
  [...(typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes)]
    .map(byte => byte.toString(16).padStart(2, '0'))
    .join('');

/** Where a server says this. */
function saying(body: Uint8Array | string, headers: readonly string[] = [], more = ''): string {
  const named = headers.map(line => `&h=${encodeURIComponent(line)}`).join('');
  return `${base}/say?hex=${hexOf(body)}${named}${more}`;
}
const bytes = (...of: number[]): Uint8Array => new Uint8Array(of);
const latin1 = (text: string): Uint8Array => Uint8Array.from(text, char => char.charCodeAt(0));
const type = (value: string): string[] => [`content-type: ${value}`];

/** What the server got. */
interface Got {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** As Latin-1. */
  readonly body: string;
}
const echo = async (config: Config, item?: Value): Promise<Got> =>
  (await out({ url: `${base}/echo`, method: 'POST', ...config }, item)) as Got;
const utf8 = (text: string): string => new TextDecoder('utf-8', { fatal: true }).decode(latin1(text));

describe('text', () => {
  it.each<[string, string[], Uint8Array, string]>([
    ['ISO-8859-1', type('text/plain; charset=ISO-8859-1'), latin1('Regi\u00e3o'), 'Região'],
    ['windows-1252 by its other name', type('text/plain;charset="latin1"'), bytes(0x80, 0x99), '€™'],
    ['GBK', type('text/html; charset=gbk'), bytes(0xc4, 0xe3, 0xba, 0xc3), '你好'],
    ['GB18030', type('text/plain; charset=gb18030'), bytes(0x81, 0x30, 0x81, 0x30), '\u0080'],
    ['Shift_JIS', type('text/plain; charset=Shift_JIS'), bytes(0x82, 0xb1, 0x81, 0x60), 'こ～'],
    ['EUC-JP', type('text/plain; charset=euc-jp'), bytes(0xa4, 0xb3), 'こ'],
    ['ISO-2022-JP', type('text/plain; charset=iso-2022-jp'), bytes(0x1b, 0x24, 0x42, 0x24, 0x33, 0x1b, 0x28, 0x42), 'こ'],
    ['EUC-KR', type('text/plain; charset=euc-kr'), bytes(0xc7, 0xd1), '한'],
    ['Big5', type('text/plain; charset=big5'), bytes(0xa7, 0x41), '你'],
    ['windows-1251', type('text/plain; charset=windows-1251'), bytes(0xcf, 0xf0, 0xe8), 'При'],
    ['KOI8-R', type('text/plain; charset=koi8-r'), bytes(0xf0, 0xd2, 0xc9), 'При'],
    ['ISO-8859-15', type('text/plain; charset=iso-8859-15'), bytes(0xa4), '€'],
    ['UTF-16LE', type('text/plain; charset=utf-16le'), bytes(0x6f, 0, 0xe9, 0), 'oé'],
    ['UTF-16BE', type('text/plain; charset=utf-16be'), bytes(0, 0x6f, 0, 0xe9), 'oé'],
    ['the mark, whatever the header says', type('text/plain; charset=latin1'), bytes(0xff, 0xfe, 0xe9, 0), 'é'],
    ['the mark of UTF-8, taken off', type('text/csv'), bytes(0xef, 0xbb, 0xbf, 0x61), 'a'],
    ['a mark without any type', [], bytes(0xfe, 0xff, 0, 0xe9), 'é'],
    ['<meta charset>', type('text/html'), latin1('<!-- <meta charset=utf-8> --><meta charset="windows-1252">\u00e9'), '<!-- <meta charset=utf-8> --><meta charset="windows-1252">é'],
    ['<meta http-equiv>', type('text/html'), latin1('<META content="text/html; charset=koi8-r" HTTP-EQUIV=Content-Type>\u00f0'), '<META content="text/html; charset=koi8-r" HTTP-EQUIV=Content-Type>П'],
    ['the XML declaration', type('application/xml'), latin1('<?xml version="1.0" encoding="iso-8859-2"?><a>\u00b1</a>'), '<?xml version="1.0" encoding="iso-8859-2"?><a>ą</a>'],
    ['no charset', type('text/plain'), new TextEncoder().encode('é😀'), 'é😀'],
    ['a type of data that is text', type('application/graphql'), new TextEncoder().encode('é'), 'é'],
  ])('by %s', async (_, headers, body, expected) => {
    expect(await out({ url: saying(body, headers) })).toBe(expected);
  }); // biome-ignore format: a table

  it.each<[string, string[], Uint8Array, Config, RegExp]>([
    ['Latin-1 that nobody names', type('text/plain'), latin1('caf\u00e9'), {}, /malformed.*no utf-8/],
    ['half a character', type('text/html'), bytes(0xe2, 0x82), {}, /no utf-8/],
    ['half a unit of UTF-16', type('text/plain; charset=utf-16le'), bytes(0x6f), {}, /utf-16le/],
    ['what Shift_JIS does not know', type('text/plain; charset=shift_jis'), bytes(0x82), {}, /shift_jis/],
    ['a charset that is none', type('text/plain; charset=utf-7'), latin1('a'), {}, /"utf-7".*content-type/],
    ['a charset made unreadable on purpose', type('text/plain; charset=iso-2022-kr'), latin1('a'), {}, /iso-2022-kr/],
    ['a charset in <meta> that is none', type('text/html'), latin1('<meta charset=klingon>'), {}, /klingon.*declaration/],
  ])('of %s fails by name', async (_, headers, body, config, message) => {
    expect((await run({ url: saying(body, headers), ...config })).error).toMatchObject({
      code: 'NODE_FAILED',
      message: expect.stringMatching(message),
    });
  }); // biome-ignore format: a table

  it('is read as the author says, and replaces only when he asks for it', async () => {
    const url = saying(latin1('caf\u00e9'), type('text/plain'));
    expect(await out({ url, charset: 'windows-1252' })).toBe('café');
    expect(await out({ url, malformed: 'replace' })).toBe('caf\ufffd');
    expect(await out({ url, parse: 'bytes' })).toEqual(latin1('caf\u00e9'));
  });
});

describe('an empty answer', () => {
  it.each<[string, Config, unknown]>([
    ['of HEAD', { url: saying('{"a":1}', type('application/json')), method: 'HEAD' }, null],
    ['of HEAD of a picture', { url: saying('x', type('image/png')), method: 'HEAD' }, ''],
    ['of 204 with a type of JSON', { url: saying('', type('application/json'), '&status=204') }, null],
    ['of 205', { url: saying('', [], '&status=205') }, ''],
    ['of length 0 and JSON', { url: saying('', type('application/problem+json')) }, null],
    ['of a mark alone', { url: saying(bytes(0xef, 0xbb, 0xbf), type('application/json')) }, null],
    ['that is to be JSON', { url: saying(''), parse: 'json' }, null],
    ['that is to be text', { url: saying('', type('application/json')), parse: 'text' }, ''],
    ['that is to be bytes', { url: saying(''), parse: 'bytes' }, new Uint8Array()],
    ['that is to be lines', { url: saying(''), parse: 'ndjson' }, []],
  ])('%s is no failure', async (_, config, expected) => {
    expect(await out(config)).toEqual(expected);
    expect(await out({ ...config, response: 'all' })).toMatchObject({ body: expected });
  });
});

describe('JSON', () => {
  it.each<[string, string, Uint8Array | string, unknown]>([
    ['integers beyond 2^53', 'application/json', '{"id":7615917337495251231,"n":-9007199254740993}', { id: 7615917337495251231n, n: -9007199254740993n }],
    ['safe integers as numbers', 'application/json', '[9007199254740991, 1.5, -0]', [9007199254740991, 1.5, -0]],
    ['a type of +json', 'application/hal+json; charset=utf-8', '{"é":1}', { é: 1 }],
    ['text/json', 'text/json', '[1]', [1]],
    ['a mark', 'application/json', bytes(0xef, 0xbb, 0xbf, 0x5b, 0x5d), []],
    ['UTF-16 by its mark', 'application/json', bytes(0xff, 0xfe, 0x5b, 0, 0x5d, 0), []],
    ['its charset', 'application/json; charset=iso-8859-1', latin1('"\u00e9"'), 'é'],
    ['a key that is a trap', 'application/json', '{"__proto__":{"x":1}}', JSON.parse('{"__proto__":{"x":1}}')],
    ['lines', 'application/x-ndjson', '{"a":1}\n\n{"a":18446744073709551615}\r\n', [{ a: 1 }, { a: 18446744073709551615n }]],
    ['lines by another name', 'application/jsonl', '1\n2', [1, 2]],
  ])('with %s', async (_, of, body, expected) => {
    expect(await out({ url: saying(body, type(of)) })).toEqual(expected);
  }); // biome-ignore format: a table

  it.each([
    ['1e400', /1e400|large|Infinity/i],
    ['{"a":[1,-1e999]}', /a/],
    ['{"a":1,"a":2}', /twice|distinct|two|"a"/],
    ['[1,]', /no JSON/],
    ['{"a":', /no JSON/],
    ['NaN', /no JSON/],
  ])('%s is refused', async (body, message) => {
    expect((await run({ url: saying(body, type('application/json')) })).error).toMatchObject({
      code: 'NODE_FAILED',
      message: expect.stringMatching(message),
    });
  });

  it('gives large integers as text when asked to', async () => {
    const url = saying('[12345678901234567890, 1]', type('application/json'));
    expect(await out({ url, integers: 'text' })).toEqual(['12345678901234567890', 1]);
  });
});

describe('what is no text', () => {
  const body = bytes(0, 255, 0x25, 0x50);
  it.each([
    'application/pdf',
    'image/png',
    'application/zip',
    'application/octet-stream',
    'audio/mpeg',
    'font/woff2',
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    '',
  ])('is bytes: %s', async of => {
    expect(await out({ url: saying(body, of === '' ? [] : type(of)) })).toEqual(body);
  });

  it.each([
    ['attachment; filename="report.pdf"', 'report.pdf'],
    ["attachment; filename=x.pdf; filename*=UTF-8''na%C3%AFve%20%E2%82%AC.pdf", 'naïve €.pdf'],
    ["inline; filename*=iso-8859-1'en'%A3.pdf", '£.pdf'],
    ['attachment; filename="a \\"b\\".pdf"', 'a _b_.pdf'],
    ['attachment; filename="../../etc/passwd"', 'passwd'],
    ['attachment; filename="..\\\\..\\\\boot.ini"', 'boot.ini'],
    ["attachment; filename*=UTF-8''..%2F..%2Fx%00%E2%80%AEfdp.exe", 'xfdp.exe'],
    ['attachment; filename="con.txt"', '_con.txt'],
    ['attachment; filename=".."', ''],
    ['attachment', ''],
  ])('has its name: %s', async (disposition, name) => {
    const url = saying(body, [...type('Application/PDF; x=1'), `content-disposition: ${disposition}`]);
    expect(await out({ url, response: 'all' })).toMatchObject({
      body,
      file: { type: 'application/pdf', name },
    });
  });

  it('keeps headers that occur more than once', async () => {
    const url = saying('', [
      'x-a: 1',
      'x-a: 2',
      ...(isPage ? [] : ['set-cookie: a=1', 'set-cookie: b=2, c']),
    ]);
    expect(await out({ url, response: 'all' })).toMatchObject({
      headers: { 'x-a': '1, 2', ...(isPage ? {} : { 'set-cookie': ['a=1', 'b=2, c'] }) },
    });
  });
});

describe('a refusal', () => {
  const refused = (body: Uint8Array | string, headers: string[] = [], status = 422): string =>
    saying(body, headers, `&status=${status}`);

  it.each<[string, string, unknown]>([
    [
      'JSON',
      refused('{"error":"taken","id":12345678901234567890}', [...type('application/json'), 'retry-after: 7']),
      { status: 422, body: { error: 'taken', id: '12345678901234567890' }, encoding: 'json', isCut: false, retryAfterMs: 7_000 },
    ],
    ['text by its charset', refused(latin1('n\u00e3o'), type('text/plain; charset=latin1'), 403), { status: 403, body: 'não', encoding: 'text', retryAfterMs: null }],
    ['bytes', refused(bytes(0, 255), type('application/pdf'), 500), { status: 500, body: 'AP8=', encoding: 'base64' }],
    ['JSON that is none', refused('<html>', type('application/json'), 502), { body: '<html>', encoding: 'text' }],
    ['nothing', refused('', [], 404), { status: 404, body: '', encoding: 'text' }],
  ])('of %s is told in the failure and on the error port', async (_, url, expected) => {
    const failed = await run({ url });
    expect(failed.error).toMatchObject({ code: 'HTTP_FAILED', response: expected });
    expect(failed.error?.message).toContain(String((expected as { status?: number }).status ?? 502));
    expect(() => JSON.stringify(failed)).not.toThrow();
    await using engine = createWorkflowEngine({ policies });
    const routed = await engine.run(workflow({ url }, {}, true), { input: [{ n: 1 }] });
    expect(routed.output['bad']).toMatchObject([[{ item: { n: 1 }, error: { code: 'HTTP_FAILED', response: expected } }]]);
  }); // biome-ignore format: a table

  it('has its headers, and no more of its body than 64 KiB', async () => {
    const { error } = await run({ url: refused('x'.repeat(3_000), ['x-why: because', 'Retry-After: soon']) });
    expect(error?.response).toMatchObject({
      headers: { 'x-why': 'because', 'retry-after': 'soon' },
      retryAfterMs: null,
    });
    expect((error?.response?.body as string).length).toBe(3_000);
  });

  it('is tried again as long as it may change, and the first try counts', async () => {
    const events: unknown[] = [];
    await using engine = createWorkflowEngine({ policies });
    const again = async (query: string, retry: WorkflowNode['retry']): Promise<RunRecord> => {
      events.length = 0;
      const url = `${saying('1', [...type('application/json'), 'retry-after: 0'])}&key=${crypto.randomUUID()}${query}`;
      return await engine.run(workflow({ url }, retry === undefined ? {} : { retry }), {
        input: [{}],
        onEvent: event => {
          if (event.type === 'node-retry') events.push(event.attempt);
        },
      });
    };
    const quick = { attempts: 3, delayMs: 1 };
    expect((await again('&busy=2', quick)).output['h']).toEqual([1]);
    expect(events).toEqual([1, 2]);
    expect((await again('&busy=3', quick)).error).toMatchObject({ response: { status: 503 } });
    expect(events).toEqual([1, 2]);
    for (const [status, on, tries] of [
      [422, undefined, 0],
      [429, undefined, 2],
      [422, ['4xx'], 2],
      [422, [422], 2],
      [503, ['4xx', 'network'], 0],
      [503, ['5xx'], 2],
    ] as const) {
      await again(`&status=${status}`, { ...quick, ...(on === undefined ? {} : { on: [...on] }) });
      expect([status, on, events.length]).toEqual([status, on, tries]);
    }
  });
});

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
    ['http://{{ item }}/', 'evil.com/x?', /no host/],
    ['http://{{ item }}/', 'evil.com:81', /no host/],
    ['http://localhost:{{ item }}/', '80@evil.com', /no port/],
    ['http://localhost{{ item }}/', ':81', /no host/],
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
