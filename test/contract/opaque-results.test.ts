/** What cannot be told truthfully is no result: an object whose state no property shows is refused, not emptied. */
import { afterAll, describe, expect, it } from 'vitest';
import { codeOf, dataOf, js, make } from './support.ts';

const sandbox = make();
afterAll(() => sandbox.close());

/** Expression, and what the refusal calls it. */
const OPAQUE: readonly (readonly [code: string, called: string])[] = [
  ['(function* () { yield 1 })()', 'an iterator'],
  ['(async function* () { yield 1 })()', 'an async iterator'],
  ['[1].values()', 'an iterator'],
  ['new Map([[1, 2]]).entries()', 'an iterator'],
  ['new Set([1]).keys()', 'an iterator'],
  ['"ab"[Symbol.iterator]()', 'an iterator'],
  ['"a1a2".matchAll(/a./g)', 'an iterator'],
  ['[1].values().map(x => x).take(1)', 'an iterator'],
  ['Iterator.from({ next() { return { done: true } } })', 'an iterator'],
  ['new Headers({ a: "b" }).entries()', 'an iterator'],
  ['new URLSearchParams("a=b").keys()', 'an iterator'],
  ['new Response("x").body.values()', 'an async iterator'],
  ['new DataView(new ArrayBuffer(2))', 'a DataView'],
  ['new URL("https://a.example/x")', 'a URL'],
  ['new URLSearchParams("a=b")', 'a URLSearchParams'],
  ['new URL("https://a.example/?a=b").searchParams', 'a URLSearchParams'],
  ['new Headers({ a: "b" })', 'a Headers'],
  ['new Request("https://a.example/")', 'a Request'],
  ['new Response("x")', 'a Response'],
  ['new Response("x").headers', 'a Headers'],
  ['new Response("x").body', 'a ReadableStream'],
  ['new AbortController()', 'an AbortController'],
  ['AbortSignal.abort()', 'an AbortSignal'],
  ['new Event("x")', 'an Event'],
  ['new CustomEvent("x", { detail: 1 })', 'a CustomEvent'],
  ['new EventTarget()', 'an EventTarget'],
  ['new TextEncoder()', 'a TextEncoder'],
  ['new TextDecoder()', 'a TextDecoder'],
  ['crypto', 'a Crypto'],
  ['performance', 'a Performance'],
  ['new WeakMap()', 'a WeakMap'],
  ['new WeakRef({})', 'a WeakRef'],
  ['new FinalizationRegistry(() => {})', 'a FinalizationRegistry'],
  ['Promise.resolve(1)', 'a Promise'],
  ['new Proxy(new Map([[1, 2]]), {})', 'a Map'],
  ['new Proxy(new Set([1]), {})', 'a Set'],
  ['new Proxy(new Date(0), {})', 'a Date'],
  ['new Proxy(new URL("https://a.example/"), {})', 'a URL'],
  ['new Proxy([1].values(), {})', 'an iterator'],
  ['new (class extends URL {})("https://a.example/")', 'a URL'],
  ['new (class extends Promise {})(() => {})', 'a Promise'],
  ['() => 1', 'a function'],
];

describe('a result that hides its state', () => {
  for (const [code, called] of OPAQUE) {
    it(`is refused by its path: ${code}`, async () => {
      const result = await sandbox.run(js(`({ list: [1, { it: ${code} }] })`));
      expect(codeOf(result)).toBe('OUTPUT_UNSUPPORTED');
      expect(!result.success && result.error.message).toContain(`result.list[1].it is ${called}`);
      const inMap = await sandbox.run(js(`new Map([['k', ${code}]])`));
      expect(!inMap.success && inMap.error.message).toContain(`result.get("k") is ${called}`);
    });
  }

  it('is refused when a class of the plugin’s own has private fields, in a program or a module', async () => {
    const counter = 'class Counter { #n = 0; step = 1; add() { return ++this.#n } }';
    const result = await sandbox.run(js(`${counter} ({ a: [new Counter()] })`));
    expect(!result.success && result.error.message).toContain('result.a[0] has private fields');
    const other = make({}, { modules: { javascript: ['m'] } }, { m: `export ${counter}` });
    const imported = await other.run(js('import { Counter } from "m"; export default new Counter()'));
    expect(!imported.success && imported.error.message).toContain('result has private fields');
    const stamped = `class Base { constructor(o) { return o } } class Stamp extends Base { #x = 1; static read(o) { return o.#x } }
      const plain = { a: 1 }; new Stamp(plain); Object.create({}, { p: { value: 1, enumerable: true } })`;
    expect(dataOf(await other.run(js(stamped)))).toEqual({ p: 1 });
    await other.close();
  });

  it('lets everything through that is its properties', async () => {
    const code = `class Point { x = 1; #square() { return 1 } area() { return this.#square() } }
      const url = new URL('https://a.example/x?a=b');
      ({ point: new Point(), href: url.href, query: [...url.searchParams], bare: Object.assign(Object.create(null), { a: 1 }),
         proxy: new Proxy({ a: [1] }, {}), list: new (class extends Array {})(1, 2), map: new (class extends Map {})([[1, 2]]) })`;
    expect(dataOf(await sandbox.run(js(code)))).toEqual({
      point: { x: 1 },
      href: 'https://a.example/x?a=b',
      query: [['a', 'b']],
      bare: { a: 1 },
      proxy: { a: [1] },
      list: [1, 2],
      map: new Map([[1, 2]]),
    });
  });

  it('cannot be cloned either', async () => {
    for (const [code] of OPAQUE.filter(
      ([text]) => !text.includes('Proxy') && !/^new (?:DataView)/.test(text),
    )) {
      const said = `let r; try { structuredClone(${code}); r = 'cloned' } catch (e) { r = e.name } r`;
      expect(dataOf(await sandbox.run(js(said))), code).toBe('DataCloneError');
    }
  });
});
