/** A rejection nobody handles ends the run, as in Node.js; one that is handled within its turn does not. */
import { afterAll, describe, expect, it } from 'vitest';
import { codeOf, dataOf, js, make } from './support.ts';

const sandbox = make();
afterAll(() => sandbox.close());

const LOST: readonly (readonly [title: string, code: string, message: string])[] = [
  [
    'of an async callback',
    'export default async rows => { [1, 2].forEach(async row => { throw new Error("row " + row) }); return "ok" }',
    'row 1',
  ],
  ['of a promise nobody keeps', 'Promise.reject(new Error("a")); "ok"', 'a'],
  ['after an await', 'const save = async () => { await null; throw new Error("b") }; save(); "ok"', 'b'],
  [
    'in a timer',
    'setTimeout(async () => { throw new Error("c") }); await new Promise(r => setTimeout(r, 1000)); "ok"',
    'c',
  ],
  ['of what a finally passes on', 'Promise.reject(new Error("d")).finally(() => {}); "ok"', 'd'],
  ['of what a then passes on', 'Promise.reject(new Error("e")).then(() => {}); "ok"', 'e'],
  ['of a default export', 'export default Promise.reject(new Error("f"))', 'f'],
  [
    'handled in a later turn only',
    'const p = Promise.reject(new Error("g")); await new Promise(r => setTimeout(r, 5)); p.catch(() => {}); "ok"',
    'g',
  ],
  ['inside the result', 'return [Promise.reject(new Error("h"))]', 'h'],
  [
    'in spite of a replaced then',
    'Promise.prototype.then = function () { return this }; Promise.prototype.catch = () => {}; Promise.reject(new Error("i")); "ok"',
    'i',
  ],
  ['of a subclass', 'class P extends Promise {} P.reject(new Error("j")); "ok"', 'j'],
];

const HANDLED: readonly string[] = [
  'const p = Promise.reject(1); p.catch(() => {}); "ok"',
  'const p = Promise.reject(1); await null; await p.catch(() => {}); "ok"',
  'await Promise.allSettled(Array.from({ length: 20000 }, (_, i) => Promise.reject(i))); "ok"',
  'await Promise.race([Promise.reject(1), 2]).catch(() => {}); "ok"',
  'await Promise.all([Promise.reject(1), Promise.reject(2)]).catch(() => {}); "ok"',
  'await Promise.any([Promise.reject(1)]).catch(() => {}); "ok"',
  'async function* g() { throw 1 } try { for await (const x of g()); } catch {} "ok"',
  'try { for await (const x of [Promise.reject(1)]); } catch {} "ok"',
  'try { await import("absent") } catch {} "ok"',
  'try { await fetch("https://a.example") } catch {} "ok"',
  'new AbortController().abort(); AbortSignal.abort(); "ok"',
  'const ps = Array.from({ length: 100 }, (_, i) => Promise.reject(i)); for (const p of ps) p.catch(() => {}); "ok"',
];

describe('a rejection without a handler', () => {
  for (const [title, code, message] of LOST) {
    it(`ends the run: ${title}`, async () => {
      const result = await sandbox.run(js(code));
      expect(result).toMatchObject({ error: { code: 'GUEST_ERROR', guest: { name: 'Error', message } } });
      expect(dataOf(await sandbox.run(js('1 + 1')))).toBe(2);
    });
  }

  it('says in the log what ended the run, and where it was thrown', async () => {
    const result = await sandbox.run(js('const f = async () => {\n  throw new Error("x");\n};\nf();\n"ok"'));
    expect(!result.success && result.error.position?.line).toBe(2);
    expect(result.report.logs).toEqual([
      { level: 'error', text: expect.stringContaining('nothing handled that'), atMs: expect.any(Number) },
    ]);
  });

  it('ends the run whichever of very many it is', async () => {
    const most = 'const ps = []; for (let i = 0; i < 40; i++) ps.push(Promise.reject(i));';
    expect(
      codeOf(await sandbox.run(js(`${most} for (const p of ps.slice(0, 39)) p.catch(() => {}); "ok"`))),
    ).toBe('GUEST_ERROR');
    expect(codeOf(await sandbox.run(js('for (let i = 0; i < 50000; i++) Promise.reject(i); "ok"')))).toBe(
      'GUEST_ERROR',
    );
    expect(dataOf(await sandbox.run(js('1 + 1')))).toBe(2);
  });

  it('of a refused request is a refusal', async () => {
    const result = await sandbox.run(
      js('fetch("https://a.example"); await new Promise(r => setTimeout(r, 1000)); "ok"'),
    );
    expect(codeOf(result)).toBe('POLICY_DENIED');
  });
});

describe('a rejection that is handled within its turn', () => {
  for (const code of HANDLED) {
    it(`is none of the caller’s business: ${code}`, async () => {
      const result = await sandbox.run(js(code));
      expect(dataOf(result)).toBe('ok');
      expect(result.report.logs).toEqual([]);
    });
  }
});
