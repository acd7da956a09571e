/** The HTTP node says what was sent, in every environment. */
import { describe, expect, it } from 'vitest';
import { type Config, createWorkflowEngine, type RunRecord, type WorkflowNode } from '../../src/workflow.ts';
import {
  bytes,
  isPage,
  latin1,
  out,
  policies,
  run,
  saying,
  type,
  workflow,
} from './workflow-http-support.ts';

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
    ['a charset for a type nobody knows', type('application/x-mine; charset=latin1'), latin1('\u00e9'), 'é'],
    ['a picture that is markup', type('image/svg+xml'), latin1('<svg/>'), '<svg/>'],
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
    'application/pdf; charset=utf-8',
    'application/octet-stream; charset=binary',
    'application/x-zip-compressed',
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
    expect(error?.response?.body).toBe('x'.repeat(3_000));
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
