/** Blob, File, FormData, text of bytes and Array.fromAsync, each against Node.js's own. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGuest, type Guest } from './engine.ts';
import { same, sameSettled } from './parity.ts';

let guest: Guest;
beforeAll(async () => {
  guest = await createGuest();
});
afterAll(() => guest.dispose());

/** Numbers from a seed, so that a failure can be repeated. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('text of a Uint8Array', () => {
  it('is written as Node.js writes it', () => {
    const next = random(1);
    for (let i = 0; i < 200; i++) {
      const bytes = Array.from({ length: next(20) }, () => next(256));
      const options = [
        '',
        '{ alphabet: "base64url" }',
        '{ omitPadding: true }',
        '{ alphabet: "base64url", omitPadding: 1 }',
      ];
      same(guest, `new Uint8Array([${bytes}]).toBase64(${options[i % 4]})`);
      same(guest, `new Uint8Array([${bytes}]).toHex()`);
    }
    same(guest, 'new Uint8Array(5000).fill(77).toBase64()');
    same(guest, 'new Uint8Array([1, 2, 3, 4]).subarray(1, 3).toHex()');
  });

  it('is read as Node.js reads it, broken texts included', () => {
    const next = random(2);
    const letters = 'ABab019+/-_==\\t \\n*é';
    const handling = ['loose', 'strict', 'stop-before-partial'];
    for (let i = 0; i < 1500; i++) {
      let text = '';
      for (let k = next(12); k > 0; k--)
        text += i % 3 === 0 ? letters[next(8)] : letters[next(letters.length)];
      text = text.replace(/\\$|\\(?![tn])/g, '');
      const options = `{ alphabet: ${next(2) ? '"base64"' : '"base64url"'}, lastChunkHandling: "${handling[next(3)]}" }`;
      same(guest, `Uint8Array.fromBase64("${text}", ${options})`);
      // How much of a broken text is looked at when there is no room is the standard's, not V8's.
      if (
        /^Uint8Array|^\[/.test(
          String(
            guest.run(
              `try { String(Uint8Array.fromBase64("${text}", ${options})), 'Uint8Array' } catch { 'broken' }`,
            ),
          ),
        )
      ) {
        same(
          guest,
          `(() => { const b = new Uint8Array(${next(8)}); let r; try { r = b.setFromBase64("${text}", ${options}) } catch (e) { r = e.name } return [r, b] })()`,
        );
      }
      const hex = text.replace(/[^0-9a-zA-Z]/g, '').replace(/[g-zG-Z]/g, 'f');
      same(
        guest,
        `(() => { const b = new Uint8Array(${next(8)}); let r; try { r = b.setFromHex("${hex}") } catch (e) { r = e.name } return [r, b] })()`,
      );
    }
    for (const expression of [
      'Uint8Array.fromHex("0aFF")', 'Uint8Array.fromHex("0")', 'Uint8Array.fromHex("0g")', 'Uint8Array.fromHex(5)', 'Uint8Array.fromBase64(5)',
      'Uint8Array.fromBase64("", { alphabet: "x" })', 'Uint8Array.fromBase64("", { alphabet: Object("base64") })',
      'Uint8Array.fromBase64("", { lastChunkHandling: " " })', 'Uint8Array.prototype.toBase64.call(new Uint16Array(1))',
      'Uint8Array.prototype.toHex.call([])', '[Uint8Array.fromHex.length, Uint8Array.prototype.toBase64.length, Uint8Array.fromBase64.name]',
      '(() => { const b = new Uint8Array(4); structuredClone(b.buffer, { transfer: [b.buffer] }); return b.toHex() })()',
      '"toBase64" in Int8Array.prototype',
    ] /* biome-ignore format: a list */)
      same(guest, expression);
  });
});

describe('Array.fromAsync', () => {
  it.each(
    [
    '[1, Promise.resolve(2), 3]', '[1, 2], x => x * 2', '[1, 2], async x => x * 2', '(async function* () { yield 1; yield 2 })()',
    '(function* () { yield Promise.resolve(1) })()', '{ length: 2, 0: "a", 1: Promise.resolve("b") }', '{ length: 2 }', '"abc"',
    'new Set([1, 2])', 'null', 'undefined', '5', '[1], 5', '[Promise.reject(new RangeError())]', '[1, 2], () => { throw new RangeError() }',
    '{ [Symbol.asyncIterator]: 1 }', '{ [Symbol.iterator]() { return 1 } }', '[1, 2], function (x, i) { return [this.k, x, i] }, { k: 7 }',
    '{ length: -1 }', '[[Promise.resolve(1)]]', '[,1]',
  ] /* biome-ignore format: a list */,
  )('of %s', args => sameSettled(guest, `Array.fromAsync(${args})`));

  it('makes what it is called on, and closes what it leaves', async () => {
    await sameSettled(
      guest,
      '(class A extends Array {}, Array.fromAsync.call(class { constructor(n) { this.n = n } }, [1]))',
    );
    await sameSettled(guest, 'Array.fromAsync.call(undefined, [1])');
    await sameSettled(
      guest,
      `(async () => { const said = []; const it = { [Symbol.asyncIterator]() { return { next() { return { value: 1 } }, return() { said.push('closed'); return {} } } } };
        await Array.fromAsync(it, () => { throw 1 }).catch(e => said.push(e)); return said })()`,
    );
  });
});

describe('Blob and File', () => {
  it.each(
    [
    'new Blob(["a", new Uint8Array([98]), new Blob(["c"]), 5, null])', 'new Blob()', 'new Blob([])', 'new Blob([new Uint16Array([1, 2])])',
    'new Blob(["\\ud800"])', 'new Blob(["a\\r\\nb\\nc\\rd"], { endings: "native" })', 'new Blob(["a\\r\\nb"], { endings: "transparent" })',
    'new Blob(["hello"]).slice(1, -1)', 'new Blob(["hello"]).slice(-3)', 'new Blob(["hello"]).slice(3, 1)', 'new Blob(["hello"]).slice(NaN, 2)',
    'new Blob(["hello"]).slice(0, 100, "A/B")', 'new Blob(["\\ufeffa"])', 'new Blob(["a"], { type: "Text/HTML" })', 'new Blob(["a"], { type: "é" })',
    'new Blob(new Set(["a", "b"]))', 'new Blob("abc")', 'new Blob(5)', 'new Blob(null)', 'new Blob(["a"], 5)', 'new Blob(["a"], { endings: "x" })',
    'new File(["a"], "n/a.txt", { type: "t/x" })',
  ] /* biome-ignore format: a list */,
  )('%s', async code => {
    await sameSettled(
      guest,
      `(async () => { const b = ${code}; return [b.size, b.type, await b.text(), new Uint8Array(await b.arrayBuffer()), await b.bytes(), String(b)] })()`,
    );
  });

  it('are what the interfaces say', async () => {
    for (const expression of [
      'new File(["a"], "n", { lastModified: 5 }).lastModified', 'new File(["a"], "n") instanceof Blob', 'new File(["a"])', 'new File()',
      '[Blob.length, File.length, Blob.name]', 'Blob.prototype.size', 'Blob()', 'structuredClone.name',
    ] /* biome-ignore format: a list */)
      same(guest, expression);
    await sameSettled(
      guest,
      '(async () => { let s = ""; for await (const c of new Blob(["ab"]).stream()) s += c.length; return s })()',
    );
  });
});

const FORM = `const f = new FormData(); f.append('a', '1'); f.append('b', 2); f.append('a', 'x\\ny'); f.append('file', new Blob(['é'], { type: 'Text/Plain' }), 'n"a\\n.txt');`;

describe('FormData', () => {
  it.each(
    [
    'return [...f].map(([k, v]) => [k, typeof v === "string" ? v : [v.name, v.type, v.size]])', 'f.set("a", "z"); return [...f.keys()].concat(f.getAll("a"))',
    'f.set("new", "z"); return f.get("new")', 'f.delete("a"); return [f.has("a"), f.has("b"), f.get("a"), f.getAll("none")]',
    'f.append("x", "t", "name")', 'f.append("x")', 'f.append("x", new File(["q"], "own.txt")); return f.get("x").name', 'f.append("x", new Blob([])); return f.get("x").name',
    'let s = ""; f.forEach((v, k, o) => { s += k + (o === f) }); return s', 'return [FormData.length, String(f), [...f.entries()].length, [...f.values()].length]',
    'new FormData(5)', 'FormData.prototype.get.call({}, "a")',
  ] /* biome-ignore format: a list */,
  )('%s', code => same(guest, `(() => { ${FORM} ${code} })()`));

  it('goes into a body as Node.js writes it, and comes out of it', async () => {
    const text = `(async () => { ${FORM} const r = new Response(f); const type = r.headers.get('content-type'); const b = type.split('boundary=')[1];
      return [(await r.text()).split(b).join('B'), type.split(b).join('B')] })()`;
    await sameSettled(guest, text);
    await sameSettled(
      guest,
      `(async () => { ${FORM} const g = await new Response(f).formData(); return [[...g.keys()], g.getAll('a'), g.get('file').name, g.get('file').type, await g.get('file').text()] })()`,
    );
  });

  it('is read from bodies of others', async () => {
    const multipart = (body: string, type = 'multipart/form-data; boundary=X'): string =>
      `(async () => { const g = await new Response(${JSON.stringify(body)}, { headers: { 'content-type': ${JSON.stringify(type)} } }).formData();
        return Promise.all([...g].map(async ([k, v]) => [k, typeof v === 'string' ? v : [v.name, v.type, await v.text()]])) })()`;
    for (const [body, type] of [
      ['--X\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--X--\r\n'],
      [
        '--X\r\ncontent-disposition: form-data; name="a"; filename="f.bin"\r\nContent-Type: a/b\r\n\r\n\r\nxx\r\n\r\n--X--\r\n',
      ],
      ['--X\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n--X--'],
      ['--X--\r\n'],
      ['--X\r\nContent-Disposition: form-data; name="a"\r\n\r\nb'],
      ['nothing'],
      ['a=1&b=%C3%A9&a=+', 'application/x-www-form-urlencoded'],
      ['a=1', 'text/plain'],
      ['--X--', 'multipart/form-data'],
    ] as const)
      await sameSettled(guest, multipart(body, type));
  });

  it('and Blob make the content type of a request, unless it is given', () => {
    for (const expression of [
      'new Request("https://a.example", { method: "POST", body: new Blob(["a"], { type: "a/b" }) }).headers.get("content-type")',
      'new Request("https://a.example", { method: "POST", body: new Blob(["a"]) }).headers.get("content-type")',
      'new Request("https://a.example", { method: "POST", body: new FormData(), headers: { "content-type": "x/y" } }).headers.get("content-type")',
      'new Request("https://a.example", { method: "POST", body: new FormData() }).headers.get("content-type").startsWith("multipart/form-data; boundary=----")',
      'new Request("https://a.example", { method: "POST", body: new URLSearchParams("a=b") }).headers.get("content-type")',
    ])
      same(guest, expression);
  });
});

describe('performance', () => {
  it('keeps marks and measures by name, with what they span', () => {
    const code = `(() => { performance.mark('a', { startTime: 5, detail: { x: 1 } }); performance.mark('b', { startTime: 9 });
      const m = performance.measure('m', 'a', 'b'); const n = performance.measure('n', { start: 1, duration: 3, detail: 'd' });
      const all = [m.duration, m.startTime, n.duration, n.startTime, n.detail, m.entryType, performance.getEntriesByName('a').length,
        performance.getEntriesByType('measure').map(e => e.name)];
      performance.clearMarks('a'); all.push(performance.getEntriesByType('mark').length); performance.clearMarks(); performance.clearMeasures();
      all.push(performance.getEntriesByType('mark').length + performance.getEntriesByType('measure').length); return all })()`;
    same(guest, code);
    for (const bad of [
      'performance.measure("m", "none")',
      'performance.mark("a", { startTime: -1 })',
      'performance.mark()',
      'new PerformanceEntry()',
    ])
      same(guest, bad);
    expect(() => guest.run('for (let i = 0; i < 20000; i++) performance.mark("x")')).toThrow('10000 entries');
  });
});
