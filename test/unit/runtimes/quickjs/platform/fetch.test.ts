import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGuest, type Guest } from './engine.ts';
import { same } from './parity.ts';

let guest: Guest;
beforeAll(async () => {
  guest = await createGuest();
});
afterAll(() => guest.dispose());

describe('Headers', () => {
  it.each([
    `new Headers({b: 1, A: 2})`,
    `new Headers([['x', '1'], ['X', '2'], ['set-cookie', 'a'], ['Set-Cookie', 'b']])`,
    `new Headers(new Headers({q: ' v\\t'}))`,
    `new Headers('x')`,
    `new Headers([['a']])`,
    `new Headers({'a b': 1})`,
    `new Headers({a: 'x\\ny'})`,
    `new Headers({a: 'é'})`,
    `new Headers({a: 'ā'})`,
    `new Headers({a: '\\0'})`,
    `new Headers({})`,
    `new Headers(undefined)`,
    `new Headers(null)`,
    `new Headers(new Map([['m', 'n']]))`,
  ])('%s is what it is in Node.js', init => {
    same(guest, `(h => [[...h], h.get('x'), h.getSetCookie()])(${init})`);
  });
  it.each([
    `h.append('c', 'd')`,
    `h.set('A', 'z')`,
    `h.delete('a')`,
    `h.has('A')`,
    `h.get('none')`,
    `h.get('')`,
    `h.append('x')`,
    `[...h.keys()]`,
    `[...h.values()]`,
    `Object.prototype.toString.call(h.entries())`,
  ])('%s does what it does in Node.js', call =>
    same(guest, `(h => { const r = ${call}; return [r, [...h]]; })(new Headers({a: 1, b: 2}))`),
  );
});

describe('Response', () => {
  const show = `(r => [r.status, r.statusText, r.ok, r.type, r.url, r.redirected, [...r.headers], r.bodyUsed])`;
  it.each([
    `new Response()`,
    `new Response('x')`,
    `new Response('x', {status: 404, statusText: 'No', headers: {a: 'b'}})`,
    `new Response('', {status: 99})`,
    `new Response('', {status: 600})`,
    `new Response('x', {status: 204})`,
    `new Response(null, {status: 204})`,
    `new Response('x', {statusText: '\\n'})`,
    `new Response(new URLSearchParams('a=1'))`,
    `new Response(new Uint8Array(2))`,
    `Response.json({a: 1})`,
    `Response.json(undefined)`,
    `Response.error()`,
    `Response.redirect('http://h/x', 301)`,
    `Response.redirect('http://h', 200)`,
    `Response.redirect('::')`,
    `new Response('x', 5)`,
    `new Response('x', {headers: {'content-type': 'q'}})`,
  ])('%s is what it is in Node.js', make => same(guest, `${show}(${make})`));

  it('reads its body once, in every form', () => {
    expect(guest.settle(`new Response('\\ufeffé').text()`)).toBe('é');
    expect(guest.settle(`new Response('{"a":[1]}').json().then(JSON.stringify)`)).toBe('{"a":[1]}');
    expect(guest.settle(`new Response('é').bytes().then(b => [...b].join())`)).toBe('195,169');
    expect(
      guest.settle(`new Response(new Uint8Array([1, 2]).subarray(1)).arrayBuffer().then(b => b.byteLength)`),
    ).toBe(1);
    expect(() =>
      guest.settle(`(() => { const r = new Response('x'); r.text(); return r.text(); })()`),
    ).toThrow('TypeError');
    expect(
      guest.settle(
        `(() => { const r = new Response('x'); const c = r.clone(); r.text(); return c.text(); })()`,
      ),
    ).toBe('x');
    expect(() => guest.run(`(() => { const r = new Response('x'); r.text(); return r.clone(); })()`)).toThrow(
      'TypeError',
    );
    expect(() => guest.settle(`new Response('{').json()`)).toThrow('SyntaxError');
    expect(() => guest.run(`Response.error().headers.append('a', 'b')`)).toThrow('TypeError');
  });
});

describe('Request', () => {
  const show = `(r => [r.method, r.url, r.mode, r.credentials, r.cache, r.redirect, r.integrity, r.keepalive, r.referrer, [...r.headers], r.signal.aborted])`;
  it.each([
    `new Request('http://h/a b')`,
    `new Request('/rel')`,
    `new Request('http://u:p@h')`,
    `new Request('http://h', {method: 'post', body: 'x'})`,
    `new Request('http://h', {method: 'patch'})`,
    `new Request('http://h', {method: 'TRACE'})`,
    `new Request('http://h', {body: 'x'})`,
    `new Request('http://h', {method: 'a b'})`,
    `new Request('http://h', {mode: 'navigate'})`,
    `new Request('http://h', {mode: 'zz'})`,
    `new Request('http://h', {credentials: 'omit', cache: 'no-store', redirect: 'error', integrity: 'i', keepalive: 1})`,
    `new Request('http://h', {cache: 'only-if-cached'})`,
    `new Request('http://h', {signal: {}})`,
    `new Request('http://h', {signal: AbortSignal.abort()})`,
    `new Request(new Request('http://h', {method: 'PUT', headers: {a: 'b'}}), {headers: {c: 'd'}})`,
    `new Request()`,
    `new Request('http://h', 1)`,
    `new Request('http://h', {window: 1})`,
    `new Request(new URL('http://h/u'))`,
  ])('%s is what it is in Node.js', make => same(guest, `${show}(${make})`));

  it('ignores forbidden header names', () => {
    expect(
      guest.run(
        `JSON.stringify([...new Request('http://h', {headers: {host: 'x', 'set-cookie': 'y', 'Sec-A': 'z', 'x-http-method': 'TRACE', ok: '1'}}).headers])`,
      ),
    ).toBe('[["ok","1"]]');
  });
  it('moves the body of the request it is made from', () => {
    expect(
      guest.settle(
        `(() => { const a = new Request('http://h', {method: 'POST', body: 'x'}); const b = new Request(a); return b.text().then(t => t + a.bodyUsed); })()`,
      ),
    ).toBe('xtrue');
  });
});

describe('fetch', () => {
  it('asks the controller, and is rejected with a marked error when that denies', () => {
    expect(
      guest.settle(
        `fetch('https://evil.example:8443/x').catch(e => [e.name, e.message, __isDenial(e)].join('|'))`,
      ),
    ).toBe('TypeError|fetch is denied: nothing is allowed|true');
    expect(guest.asked.at(-1)).toBe('https://evil.example:8443/x');
    expect(
      guest.run(`[__isDenial(new TypeError('fetch is denied')), __isDenial(1), __isDenial(null)].join()`),
    ).toBe('false,false,false');
  });
  it('rejects bad arguments and aborted signals before the controller is asked', () => {
    const before = guest.asked.length;
    for (const call of ['fetch()', `fetch('::')`, `fetch('http://h', {method: 'TRACK'})`]) {
      expect(guest.settle(`${call}.catch(e => e.name + __isDenial(e))`)).toBe('TypeErrorfalse');
    }
    expect(guest.settle(`fetch('http://h', {signal: AbortSignal.abort()}).catch(e => e.name)`)).toBe(
      'AbortError',
    );
    expect(guest.asked.slice(before)).toEqual([]);
  });
  it('coerces its argument exactly once', () => {
    expect(
      guest.settle(
        `(() => { let n = 0; return fetch({ toString() { n++; return n === 1 ? 'http://first/' : 'http://second/' } }).catch(e => n + e.message) })()`,
      ),
    ).toContain('1fetch is denied');
    expect(guest.asked.at(-1)).toBe('http://first/');
  });
});
