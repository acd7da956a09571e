import { describe, expect, test } from 'vitest';
import { checkHeaders, HEADER_LINES, type Header } from '../../../../src/policy/egress/index.ts';

const ROOM = 32_768;
const check = (...headers: Header[]): ReturnType<typeof checkHeaders> => checkHeaders(headers, ROOM);

describe('EG-SCN-017: a value that would end its line is refused', () => {
  test.each([
    'x\r\nHost: evil',
    'x\nTransfer-Encoding: chunked',
    'x\rY: z',
    'a\0b',
    'a\u0001b',
    'a\u007fb',
    '\u010a',
    '嘊嘍Set-Cookie: a',
    'x\u2028y',
    '\ud800',
  ])('%j', value => {
    expect(check(['x-a', value])).toMatchObject({ allowed: false, reason: 'header' });
  });
});

describe('EG-SCN-018: a name that is no token is refused', () => {
  test.each([
    'x\r\ny',
    ':path',
    ' host',
    'Transfer-Encoding ',
    '\u0130',
    '',
    'a b',
    'a:',
    'a\0',
    'a/b',
    '"a"',
    'ﬁle',
    'x'.repeat(257),
  ])('%j', name => {
    const decision = check([name, 'v']);
    expect(decision).toMatchObject({ allowed: false, reason: 'header' });
    if (!decision.allowed) expect(decision.message).toMatch(/^\P{Cc}{5,200}$/u);
  });
});

describe('EG-SCN-020, EG-SCN-022: what would frame, route or vouch for a request is refused', () => {
  test.each([
    'Content-Length',
    'TRANSFER-ENCODING',
    'te',
    'Trailer',
    'Connection',
    'Keep-Alive',
    'Upgrade',
    'Expect',
    'HTTP2-Settings',
    'Host',
    'Proxy-Authorization',
    'proxy-connection',
    'Proxy-',
    'Sec-Fetch-Site',
    'sec-',
    'Cookie',
    'cookie2',
    'Set-Cookie',
    'Origin',
    'Referer',
    'Via',
    'Forwarded',
    'X-Forwarded-Host',
    'X-HTTP-Method-Override',
    'x-http-method',
    'X-Method-Override',
    'X-Original-URL',
    'X-Rewrite-Url',
  ])('%s', name => {
    expect(check(['accept', '*/*'], [name, '0'])).toMatchObject({
      allowed: false,
      reason: 'header',
      message: `the header ${name} may not be set`,
    });
  });

  test('unless the policy grants it', () => {
    expect(checkHeaders([['Cookie', 'a=b']], ROOM, ['cookie']).allowed).toBe(true);
    expect(checkHeaders([['Origin', 'a']], ROOM, ['cookie']).allowed).toBe(false);
  });
});

test('other headers pass as they are, in order, without the blanks around their values', () => {
  const headers: Header[] = [
    ['Authorization', 'Bearer abc'],
    ['X-A', ' \t1 2\t '],
    ['x-a', ''],
    ['X-Ü'.replace('Ü', 'U'), 'grün'],
    ['__proto__', 'p'],
    ['constructor', 'c'],
    ['X-Forwarded-For', '1.2.3.4'],
  ];
  expect(check(...headers)).toEqual({
    allowed: true,
    reason: 'allowed',
    headers: headers.map(([name, value]) => [name, value.trim()]),
  });
});

describe('EG-SCN-030: a flood of headers is refused', () => {
  test('by their number', () => {
    const many = (count: number): Header[] => Array.from({ length: count }, (_, i) => [`x-${i}`, '']);
    expect(checkHeaders(many(HEADER_LINES), ROOM).allowed).toBe(true);
    expect(checkHeaders(many(HEADER_LINES + 1), ROOM).allowed).toBe(false);
    expect(checkHeaders(many(100_000), ROOM).allowed).toBe(false);
  });

  test('by their bytes, as they are sent', () => {
    // Name, colon, blank, value, CR and LF.
    const line: Header = ['x-a', 'b'.repeat(93)];
    expect(checkHeaders([line, line], 200).allowed).toBe(true);
    expect(checkHeaders([line, line], 199).allowed).toBe(false);
    expect(check(['x-a', 'b'.repeat(16 * 1024 * 1024)]).allowed).toBe(false);
  });
});
