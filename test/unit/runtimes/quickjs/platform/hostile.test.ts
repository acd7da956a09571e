import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGuest, type Guest } from './engine.ts';

/** Replaces what a careless platform would call; every call of a replacement is counted. */
const POISON = `
globalThis.__calls = 0;
const hit = () => { __calls++; return 'HIJACK' };
const keep = { ownKeys: Reflect.ownKeys, define: Object.defineProperty, getOwn: Reflect.getOwnPropertyDescriptor };
const all = [Array.prototype, String.prototype, Number.prototype, RegExp.prototype, Map.prototype, Set.prototype, WeakSet.prototype, Date.prototype, Error.prototype, Promise.prototype, Function.prototype, ArrayBuffer.prototype, DataView.prototype, Uint8Array.prototype.__proto__, Symbol.prototype, [].values().__proto__, JSON, Math, Reflect, Array, Promise, String, Number, Date, Object];
const names = ['then', 'toJSON', 'url', 'method', 'headers', 'body', 'signal', 'get', 'set', 'value', 'enumerable', 'status', 'fatal', 'stream', 'once', 'capture', 'transfer', 'detail', 'cause', 'href', '0', '1', 'maxByteLength', 'depth'];
const globals = ['Map', 'Set', 'Promise', 'Uint8Array', 'ArrayBuffer', 'TypeError', 'Error', 'String', 'Array', 'Object', 'Symbol', 'Date', 'RegExp', 'Number'];
const { ownKeys, define, getOwn } = keep;
const accessor = { __proto__: null, get: hit, set: hit, configurable: true };
const method = { __proto__: null, value: hit, writable: true, configurable: true };
const spared = { __proto__: null, constructor: 1, prototype: 1, length: 1, name: 1, message: 1 };
const lists = { __proto__: null };
for (let i = 0; i < all.length; i++) lists[i] = ownKeys(all[i]);
for (let i = 0; i < all.length; i++) for (let j = 0; j < lists[i].length; j++) {
  const key = lists[i][j];
  const d = getOwn(all[i], key);
  if (!d.configurable || spared[key]) continue;
  define(all[i], key, 'value' in d ? method : accessor);
}
for (let i = 0; i < names.length; i++) define(Object.prototype, names[i], accessor);
for (let i = 0; i < 40; i++) define(Array.prototype, i, accessor);
for (let i = 0; i < globals.length; i++) globalThis[globals[i]] = hit;
undefined`;

let guest: Guest;
beforeEach(async () => {
  guest = await createGuest();
  guest.run(POISON);
});
afterEach(() => guest.dispose());

describe('a guest that replaced every primordial', () => {
  it.each([
    [`new URL('../x?a=%20b#h', 'http://ex.com/b/c/').searchParams.get('a')`, ' b'],
    [
      `(() => { const u = new URL('http://h/?a=1&b=2'); u.searchParams.append('c', 'é'); u.searchParams.delete('a'); u.pathname = '/p'; return u.href })()`,
      'http://h/p?b=2&c=%C3%A9',
    ],
    [
      `(() => { const p = new URLSearchParams([['b', '1'], ['a', '+']]); p.sort(); return p.toString() })()`,
      'a=%2B&b=1',
    ],
    [`atob(btoa('h\\xe9llo'))`, 'h\xe9llo'],
    [`new TextDecoder().decode(new TextEncoder().encode('é€😀'))`, 'é€😀'],
    [`new TextDecoder('utf-16le').decode(new TextEncoder().encode('a\\0b\\0'))`, 'ab'],
    [`structuredClone({a: [1, {b: 'x'}]}).a[1].b`, 'x'],
    [`(() => { const h = new Headers([['B', '1'], ['b', ' 2 ']]); return h.get('b') })()`, '1, 2'],
    [`new Request('http://h/', {}).method + new Request('http://h/').url`, 'GEThttp://h/'],
    [`new Response('x').status`, 200],
    [`crypto.randomUUID().length`, 36],
    [
      `(() => { let r = ''; const t = new EventTarget(); t.addEventListener('x', e => { r += e.type }); t.dispatchEvent(new Event('x')); return r })()`,
      'x',
    ],
    [
      `(() => { const c = new AbortController(); AbortSignal.any([c.signal]); c.abort(); return c.signal.reason.name })()`,
      'AbortError',
    ],
    [`new DOMException('m', 'AbortError').code`, 20],
    [
      `new Blob(['a', new Blob(['é'])], { type: 'A/B' }).slice(0, 2).size + new Blob([], { type: 'A/B' }).type`,
      '2a/b',
    ],
    [`new File(['a'], 'n.txt').name`, 'n.txt'],
    [
      `(() => { const f = new FormData(); f.append('a', '1'); f.append('b', new Blob(['x']), 'f'); f.set('a', '2'); return f.get('a') + f.get('b').name + f.has('c') })()`,
      '2ffalse',
    ],
    [
      `(() => { const f = new FormData(); f.append('a', 'b'); return new Request('http://h/', { __proto__: null, method: 'POST', body: f }).headers.has('content-type') })()`,
      true,
    ],
    [`new Response(new Blob(['x'])).status`, 200],
    [`performance.mark('m').name + performance.measure('n', 'm').entryType`, 'mmeasure'],
    [`navigator.userAgent`, 'Citadel'],
  ])('%s still gives %j', (code, value) => {
    expect(guest.run(code)).toBe(value);
    expect(guest.run('__calls')).toBe(0);
  });

  it('still has its console and its timers', () => {
    guest.run(
      `console.log('%s %d', 'a', 1, {b: [1, 'x']}, 5n); console.table([{a: 1}]); console.group('g'); console.warn('w'); console.count(); console.log(); console.assert(true); console.log({}, [], '')`,
    );
    expect(guest.logs.map(log => log.text).slice(0, 1)).toEqual([`a 1 { b: [ 1, 'x' ] } 5n`]);
    expect(guest.logs.slice(2)).toEqual([
      { level: 1, text: 'g' },
      { level: 3, text: '  w' },
      { level: 2, text: '  default: 1' },
      { level: 1, text: '  ' },
      { level: 1, text: '  {} [] ' },
    ]);
    guest.run(
      `globalThis.r = ''; setTimeout(x => { r += x }, 3, 'b'); setTimeout(x => { r += x }, 1, 'a'); queueMicrotask(() => { r += 'm' })`,
    );
    guest.turn();
    expect(guest.run('r')).toBe('mab');
    expect(guest.run('__calls')).toBe(0);
  });

  it('still asks the controller for what it really named', () => {
    guest.run(`fetch('https://allowed.example/'); 0`);
    expect(guest.asked).toEqual(['https://allowed.example/']);
    expect(guest.run('__calls')).toBe(0);
  });
});

describe('the console', () => {
  let fresh: Guest;
  beforeEach(async () => {
    fresh = await createGuest();
  });
  afterEach(() => fresh.dispose());
  const logged = (code: string): string => {
    fresh.run(code);
    return fresh.logs.at(-1)?.text ?? '';
  };
  it('shows hostile values without running their code', () => {
    expect(
      logged(
        `let n = 0; const evil = { get a() { n++ }, toString() { n++ }, toJSON() { n++ }, valueOf() { n++ }, get [Symbol.toStringTag]() { n++ } }; console.log('%s %d', evil, evil, evil); console.log(n)`,
      ),
    ).toBe('0');
    expect(
      logged(
        `console.log(new Proxy({}, { ownKeys() { throw 1 } }), new Proxy(function () {}, { getOwnPropertyDescriptor() { throw 1 }, ownKeys() { throw 1 } }))`,
      ),
    ).toBe('[Uninspectable] [Uninspectable]');
    expect(logged(`const r = Proxy.revocable({}, {}); r.revoke(); console.log(r.proxy)`)).toBe(
      '[Uninspectable]',
    );
  });
  it('makes one bounded record of any value', () => {
    for (const value of [
      `'x'.repeat(1e6)`,
      `{a: 'y'.repeat(1e6)}`,
      `Array.from({length: 1e5}, (_, i) => ({i}))`,
      `new Array(4e9)`,
      `'\\n'.repeat(1e5)`,
      `(() => { let o = {}; for (let i = 0; i < 1e5; i++) o = {o}; return o })()`,
      `new Map(Array.from({length: 1e4}, (_, i) => [i, 'v'.repeat(100)]))`,
    ]) {
      const before = fresh.logs.length;
      expect(logged(`console.log(${value}, ${value})`).length, value).toBeLessThanOrEqual(16_384);
      expect(fresh.logs.length).toBe(before + 1);
    }
  });
  it('shows cycles, collections and errors', () => {
    expect(
      logged(
        `const o = {}; o.self = o; console.log(o, new Map([[1, new Set(['a'])]]), -0, 10n, Symbol('s'), [, 1], class A {}, new Date(0), /x/g)`,
      ),
    ).toBe(
      `{ self: [Circular] } Map(1) { 1 => Set(1) { 'a' } } -0 10n Symbol(s) [ <1 empty>, 1 ] [class A] 1970-01-01T00:00:00.000Z /x/g`,
    );
    expect(logged(`console.error(new RangeError('boom'))`)).toMatch(/^RangeError: boom\n {4}at /);
    expect(logged(`console.assert(1 > 2, 'sum %d', 3)`)).toBe('Assertion failed: sum 3');
  });
});

it('no name of the platform’s inside is visible to guests', async () => {
  const fresh = await createGuest();
  const names = fresh.run(
    `Reflect.ownKeys(globalThis).filter(k => k !== 'InternalError' && /internal|bridge|state|raw|ffi|wasm|handle|port$|worker|host|platform/i.test(String(k))).join()`,
  );
  expect(names).toBe('');
  fresh.dispose();
});
