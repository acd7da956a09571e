import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGuest, type Guest } from './engine.ts';
import { same } from './parity.ts';

let guest: Guest;
beforeAll(async () => {
  guest = await createGuest();
});
afterAll(() => guest.dispose());

const PARTS =
  '["href","origin","protocol","username","password","host","hostname","port","pathname","search","hash"]';
const URLS = [
  'http://example.com', 'HTTP://EXAMPLE.com:80/a/../b/./c?x=1#f', 'https://u:p@h:444/p', 'http://[::1]:8080/', 'http://127.1/',
  'http://0x7f.1/', 'http://256.256.256.256/', 'http://4294967296', 'http://1.2.3.4.5', 'http://ex ample', 'http://ex%41mple.com/', 'file:///C|/a/b', 'file://host/p',
  'mailto:a@b.c', 'data:text/plain,hi#x', 'javascript:alert(1)', 'blob:http://a/b', 'http://', 'http:///x', '//x', '', 'x', 'http:a',
  'http://faß.de/', 'http://ＧＯ.com', 'http://日本語.jp/パス?ク#フ', 'http://a/\\ud800', 'http://a/\\ud83d\\ude00?\\ud83d', 'http://xn--zz', 'ws://h:80', 'wss://h:443/',
  'ftp://f:21/x', 'foo://h:99999', 'foo://h:65535/%zz', 'foo:/a/..//b', 'http://h/%2e%2e/%2E/a', 'http://h\\t/\\n', '  http://h  ', 'http://h?q\\\'"<>', 'foo://h?q\\\'"<>`{}',
  'http://h/`{}^|', 'http://a@b@c/', 'http://a:b:c@d', 'http://[1:2::3:4:5:6:7:8]', 'http://[::ffff:1.2.3.4]', 'http://[fe80::1%25eth0]', 'http://a..b', 'http://.', 'http://a.', 'http://-a.b',
  'http://\\u00ad/', 'http://a\\u3002b', 'http://h:08', 'http://h:', 'http://h:a', 'https://example.com?', 'https://example.com#', 'https://example.com/?#',
]; // biome-ignore format: a table

describe('URL', () => {
  it.each(URLS)('%s parses as in Node.js', text => {
    same(guest, `${PARTS}.map(k => new URL('${text}')[k])`);
    same(guest, `URL.canParse('${text}')`);
    same(guest, `new URL('${text}', 'http://base.example/a/b?c#d').href`);
    same(guest, `URL.parse('${text}', 'file:///x/y')?.href ?? null`);
  });

  const VALUES = [
    '',
    'x',
    '8080',
    '99999',
    'a b',
    '#h',
    '?q=1&r',
    'https',
    'foo:',
    '/p/../q',
    'h:81',
    '[::2]',
    'ü',
    'a@b:c',
    '80x',
    '\\ud800',
    'file',
  ];
  const BASES = ['http://u:p@h:81/p?q#f', 'file:///a/b', 'mailto:x', 'foo://h/p', 'https://h'];
  it.each([
    'href',
    'protocol',
    'username',
    'password',
    'host',
    'hostname',
    'port',
    'pathname',
    'search',
    'hash',
  ])('setting %s changes what it changes in Node.js', part => {
    for (const base of BASES) {
      for (const value of VALUES) {
        same(
          guest,
          `(() => { const u = new URL('${base}'); const s = u.searchParams; u.${part} = '${value}'; return [u.href, s.toString(), u.host]; })()`,
        );
      }
    }
  });

  it('has one searchParams object that follows and leads the URL', () => {
    same(
      guest,
      `(() => { const u = new URL('http://h/?a=1'); const s = u.searchParams; s.append('b', 'x y'); u.search = '?c=~'; s.set('d', '&'); return [u.href, s === u.searchParams, [...s]]; })()`,
    );
    same(
      guest,
      `(() => { const u = new URL('http://h/?a=1#f'); u.searchParams.delete('a'); return u.href; })()`,
    );
  });

  it('refuses a URL of more than 65,536 characters', () => {
    expect(guest.run(`try { new URL('http://h/' + 'a'.repeat(70000)) } catch (e) { e.name }`)).toBe(
      'TypeError',
    );
    expect(guest.run(`URL.canParse('http://h/' + 'é'.repeat(20000))`)).toBe(false);
  });

  it('is branded: its accessors refuse foreign objects', () => {
    expect(
      guest.run(
        `try { Object.getOwnPropertyDescriptor(URL.prototype, 'href').get.call({}) } catch (e) { e.name }`,
      ),
    ).toBe('TypeError');
    expect(guest.run(`Object.prototype.toString.call(new URL('http://h'))`)).toBe('[object URL]');
    expect(guest.run(`JSON.stringify(new URL('http://h'))`)).toBe('"http://h/"');
    expect(guest.run('URL.name')).toBe('URL');
  });
});

describe('URLSearchParams', () => {
  it.each([
    `''`,
    `'?a=1&b=2'`,
    `'a=1&a=2&&=x&b'`,
    `'%zz=%41%c3%a9+%ff&+=+'`,
    `'a=b=c'`,
    `'??x'`,
    `{a: 1, b: [2, 3]}`,
    `[['a', 1], ['b', null]]`,
    `new Map([['x', 'y']])`,
    `[['a']]`,
    `[['a', 1, 2]]`,
    `[1]`,
    `new URLSearchParams('q=é')`,
    `undefined`,
    `null`,
    `5`,
    `'\\ud800=\\udc00'`,
    `'\\ufeffa=\\ufeffb'`,
    `'%EF%BB%BFtest=%EF%BB%BF'`,
    `'a%00b=%0a'`,
    `new Set(['ab', ['c', 'd']])`,
    `'!\\'()~*-._=@:$,;/'`,
  ])('of %s is what it is in Node.js', init => {
    same(guest, `(p => [[...p], p.toString(), p.size])(new URLSearchParams(${init}))`);
  });

  it.each([
    `p.append('a', 3)`,
    `p.delete('a')`,
    `p.delete('a', '2')`,
    `p.get('a')`,
    `p.get('zz')`,
    `p.getAll('a')`,
    `p.has('b')`,
    `p.has('a', '9')`,
    `p.set('a', 'n')`,
    `p.set('q', 'n')`,
    `p.sort()`,
    `[...p.keys()]`,
    `[...p.values()]`,
    `p.entries().next().value`,
    `p.append('x')`,
    `p.get()`,
    `p.forEach(1)`,
    `(r => { p.forEach((v, k, o) => r.push(v, k, o === p)); return r; })([])`,
    `(r => { for (const [k] of p) { r.push(k); if (r.length < 9) p.append('n' + r.length, 1); } return r; })([])`,
    `Object.prototype.toString.call(p.keys())`,
    `p.keys().__proto__.next.call({})`,
    `p.append(Symbol(), 1)`,
  ])('%s does what it does in Node.js', call => {
    same(
      guest,
      `(p => { const r = ${call}; return [r, p.toString()]; })(new URLSearchParams('a=1&b=2&a=2&\\ud83d\\ude00=e&\\uffff=f&z'))`,
    );
  });
});
