import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGuest, type Guest } from './engine.ts';
import { same } from './parity.ts';

let guest: Guest;
beforeAll(async () => {
  guest = await createGuest();
});
afterAll(() => guest.dispose());

describe('base64', () => {
  it.each(['', 'a', 'ab', 'abc', 'abcd', '\\0\\xff\\x80', '\\u0100', 'é', '😀', '\\ud800', 'x'.repeat(1000)])(
    'btoa of %j',
    text => same(guest, `btoa('${text}')`),
  );
  it.each([
    '',
    'YQ==',
    'YQ',
    'YWI=',
    'YWJj',
    'Y Q = =',
    'YQ=',
    'YQ===',
    'Y',
    'YWJjZ',
    '=',
    '====',
    'YW=j',
    'YQ==YQ==',
    '-_',
    'éa',
    '////',
    '/+8=',
    '\\tYQ\\n',
    'ab\\u3000',
    'YR',
    'AAAA=',
    'AAA=A',
  ])('atob of %j', text => same(guest, `atob('${text}')`));
  it('needs its argument and converts it', () => {
    for (const call of ['btoa()', 'atob()', 'btoa(null)', 'atob(undefined)', 'btoa(12)', 'atob(null)'])
      same(guest, call);
  });
  it('returns what went in, for a megabyte of every byte', () => {
    expect(
      guest.run(
        `(() => { let s = ''; for (let i = 0; i < 256; i++) s += String.fromCharCode(i); s = s.repeat(4096); return atob(btoa(s)) === s })()`,
      ),
    ).toBe(true);
  });
});

describe('TextDecoder', () => {
  const BYTES = [
    '',
    '61',
    'efbbbf61',
    'c3a9',
    'c3',
    'e282',
    'f09f9880',
    'f09f98',
    'c080',
    'eda080',
    'f4908080',
    'ff',
    '80',
    'e28061',
    'f0808080',
    '61ffc3a962',
    '3dd800de',
    '00d8',
    '00dc61',
    'fffe6100',
    '80818d9f',
    'e1a0c0e1',
  ];
  const bytes = (hex: string): string => `new Uint8Array([${hex.match(/../g)?.map(h => `0x${h}`) ?? ''}])`;
  it.each(['utf-8', 'utf-16le', 'latin1'])('%s decodes as in Node.js, whole and in pieces', label => {
    for (const hex of BYTES) {
      for (const options of ['{}', '{fatal: true}', '{ignoreBOM: true}']) {
        same(guest, `new TextDecoder('${label}', ${options}).decode(${bytes(hex)})`);
        if (options !== '{fatal: true}')
          same(
            guest,
            `(d => Array.from(${bytes(hex)}, b => d.decode(new Uint8Array([b]), {stream: true})).join('') + d.decode())(new TextDecoder('${label}', ${options}))`,
          );
      }
    }
  });
  it.each(['UTF8', ' utf-8\\n', 'unicode', 'ascii', 'iso-8859-1', 'utf-7', '', 'utf', 'x y', 'l1'])(
    'label %j',
    label => same(guest, `new TextDecoder('${label}').encoding`),
  );
  it('takes buffers and views only', () => {
    for (const input of [
      '5',
      'null',
      '"x"',
      '[]',
      'undefined',
      'new DataView(new ArrayBuffer(2))',
      'new Uint16Array([0x6161])',
      'new Uint8Array([1, 97, 2]).subarray(1, 2)',
    ])
      same(guest, `new TextDecoder().decode(${input})`);
  });
});

describe('TextEncoder', () => {
  it.each(['', 'aé€😀', '\\ud800x', 'x\\udc00', '\\0\\ufeff'])('encodes %j as in Node.js', text => {
    same(guest, `new TextEncoder().encode('${text}')`);
    for (const size of [0, 1, 2, 3, 5, 9, 40])
      same(
        guest,
        `(u => { const r = new TextEncoder().encodeInto('${text}', u); return [r.read, r.written, u]; })(new Uint8Array(${size}))`,
      );
  });
});

describe('structuredClone', () => {
  it.each([
    '1',
    '-0',
    'NaN',
    '10n',
    '"s"',
    'null',
    'undefined',
    'Symbol()',
    '() => 1',
    '({a: 1, b: {c: [1, , 3]}})',
    'new Date(5)',
    'new Date(NaN)',
    '/a/gi',
    'new Map([[{}, new Set([1])]])',
    'new Error("x", {cause: {a: 1}})',
    'Object(1)',
    'Object("s")',
    'Object(false)',
    'Object(Symbol())',
    'new Uint16Array([1, 2])',
    'new Uint8Array([1, 2, 3]).subarray(1)',
    'new ArrayBuffer(3)',
    'new DataView(new ArrayBuffer(4), 1, 2)',
    '({get a() { return 1 }})',
    '({a() {}})',
    'new WeakMap()',
    'Promise.resolve()',
    'new (class A { x = 1 })',
    'Object.create({a: 1}, {b: {value: 1}, c: {value: 2, enumerable: true}})',
    'Object.create(null)',
    '[1, 2].values()',
    '({[Symbol()]: 1, ["__proto__"]: 2})',
    'Object.assign([1], {k: 2})',
    '({get a() { throw new RangeError() }})',
    'new WeakRef({})',
  ])('of %s is what it is in Node.js', value => same(guest, `structuredClone(${value})`));
  it('keeps shared references, cycles, error types and shared buffers', () => {
    same(
      guest,
      `(() => { const o = {}; o.o = o; o.m = new Map([[o, o]]); const c = structuredClone(o); return [c.o === c, c.m.get(c) === c, c !== o]; })()`,
    );
    same(
      guest,
      `(() => { const b = new ArrayBuffer(4); const c = structuredClone([new Uint8Array(b), new Int16Array(b)]); return c[0].buffer === c[1].buffer; })()`,
    );
    same(
      guest,
      `(() => { const e = structuredClone(new RangeError('m')); return [e instanceof RangeError, e.message, Object.keys(e)]; })()`,
    );
    same(
      guest,
      `(() => { class X extends Error { name = 'X' } const e = structuredClone(new X('m')); return [e.constructor === Error, e.name]; })()`,
    );
    same(
      guest,
      `(() => { const e = structuredClone(new DOMException('m', 'AbortError')); return [e.name, e.code, e instanceof DOMException]; })()`,
    );
  });
  it('refuses platform objects, as browsers do', () => {
    for (const value of [
      'new AbortController()',
      'new EventTarget()',
      'new URL("http://h")',
      'new Headers()',
      'new SharedArrayBuffer(1)',
    ]) {
      expect(guest.run(`try { structuredClone(${value}) } catch (e) { e.name }`), value).toBe(
        'DataCloneError',
      );
    }
  });
  it('leaves buffers alone when it fails', () => {
    expect(
      guest.run(
        `(() => { const b = new ArrayBuffer(2); try { structuredClone({b, f() {}}, {transfer: [b]}) } catch {} return b.byteLength })()`,
      ),
    ).toBe(2);
  });
  it('transfers array buffers', () => {
    same(
      guest,
      `(() => { const b = new Uint8Array([1, 2]); const c = structuredClone({b}, {transfer: [b.buffer]}); return [b.length, c.b]; })()`,
    );
    for (const list of ['[{}]', '[b, b]', '5', '[1]'])
      same(
        guest,
        `(() => { const b = new ArrayBuffer(1); return structuredClone(1, {transfer: ${list}}); })()`,
      );
  });
});

describe('DOMException and events', () => {
  it('capturing listeners come first, as the DOM standard says', () => {
    expect(
      guest.run(
        `(t => { let r = ''; t.addEventListener('a', () => { r += 1 }); t.addEventListener('a', () => { r += 2 }, true); t.dispatchEvent(new Event('a')); return r })(new EventTarget())`,
      ),
    ).toBe('21');
  });
  it.each([
    `(e => [e.name, e.message, e.code, e instanceof Error, Object.prototype.toString.call(e), String(e)])(new DOMException('m', 'DataCloneError'))`,
    `[new DOMException().name, new DOMException('', 'nope').code, DOMException.ABORT_ERR, DOMException.prototype.SYNTAX_ERR]`,
    `(e => [e.type, e.bubbles, e.cancelable, e.composed, e.defaultPrevented, e.target, e.eventPhase, e.isTrusted])(new Event('x', {cancelable: true}))`,
    `new Event()`,
    `new CustomEvent('x', {detail: 5}).detail`,
    `new CustomEvent('x').detail`,
    `(t => { const r = []; t.addEventListener('a', e => r.push(1), {once: true}); t.addEventListener('a', { handleEvent() { r.push(2) } }); t.addEventListener('a', e => { r.push(3); e.stopImmediatePropagation() }); t.dispatchEvent(new Event('a')); t.dispatchEvent(new Event('a')); return r })(new EventTarget())`,
    `(t => { const f = e => e.preventDefault(); t.addEventListener('a', f); const r = [t.dispatchEvent(new Event('a')), t.dispatchEvent(new Event('a', {cancelable: true}))]; t.removeEventListener('a', f); return [...r, t.dispatchEvent(new Event('a', {cancelable: true}))] })(new EventTarget())`,
    `(t => { const c = new AbortController(); let n = 0; t.addEventListener('a', () => n++, {signal: c.signal}); t.dispatchEvent(new Event('a')); c.abort(); t.dispatchEvent(new Event('a')); return n })(new EventTarget())`,
    `new EventTarget().dispatchEvent({})`,
    `new EventTarget().addEventListener('x')`,
    `new EventTarget().addEventListener('x', 5)`,
    `(class extends EventTarget { x = 1 }).name`,
  ])('%s', code => same(guest, code));
});

describe('crypto', () => {
  it('fills integer arrays up to 65,536 bytes and makes version 4 identifiers', () => {
    expect(guest.run(`crypto.getRandomValues(new Uint32Array(64)).filter(x => x).length`)).toBe(64);
    expect(
      guest.run(
        `[() => crypto.getRandomValues(new Uint8Array(65537)), () => crypto.getRandomValues(new Float32Array(1)), () => crypto.getRandomValues([]), () => new Crypto()].map(f => { try { f() } catch (e) { return e.name } }).join()`,
      ),
    ).toBe('QuotaExceededError,TypeMismatchError,TypeMismatchError,TypeError');
    expect(guest.run('crypto.randomUUID()')).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(guest.run('crypto.randomUUID() !== crypto.randomUUID()')).toBe(true);
  });
});
