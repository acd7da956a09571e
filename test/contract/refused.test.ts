/** What cannot run is refused by its name and place, before it fails for a reason nobody understands. */
import { afterAll, describe, expect, it } from 'vitest';
import { dataOf, js, make } from './support.ts';

const sandbox = make();
afterAll(() => sandbox.close());

describe('a program', () => {
  it('with a yield in the head of a for…of is told so, with the place', async () => {
    for (const [code, line, column] of [
      ['function* pages(ask) {\n  for (const row of (yield ask)) yield row;\n}\n1', 2, 22],
      ['function* f(x) { for (const [k, v] of Object.entries(yield x)) k; } 1', 1, 54],
      ['async function* f(x) { for await (const k of yield x); } 1', 1, 46],
      ['function* f() { for (const k of [yield* []]); } 1', 1, 34],
      ['function* f() { for (const k of g(() => 1, yield 2)); } 1', 1, 44],
    ] as const) {
      const result = await sandbox.run(js(code));
      expect(result, code).toMatchObject({
        error: {
          code: 'GUEST_SYNTAX',
          position: { line, column },
          guest: { message: expect.stringContaining('put that into a variable first') },
        },
      });
    }
    const fine = `function* f(x) { const given = yield x; for (const k of given) yield k; for (const k of (function* () { yield 1 })()) yield k; for (const k in yield 1); }
      const g = f(); g.next(); [g.next([7]).value, g.next().value]`;
    expect(dataOf(await sandbox.run(js(fine)))).toEqual([7, 1]);
    const other = make(
      {},
      { modules: { javascript: ['m'] } },
      {
        m: 'export function* f() { for (const k of yield 1); }',
      },
    );
    const result = await other.run(js('import { f } from "m"; export default 1'));
    expect(result).toMatchObject({ error: { code: 'GUEST_SYNTAX' } });
    await other.close();
  });

  it('that imports a file of CommonJS is told so', async () => {
    const umd =
      '(function (g, f) { typeof exports === "object" ? module.exports = f() : g.m = f() })(this || globalThis, function () { return 1 })';
    for (const [source, said] of [
      [umd, 'is CommonJS or UMD'],
      ['exports.a = 1', 'is CommonJS or UMD'],
      ['globalThis.m = 1', 'exports nothing'],
    ] as const) {
      const other = make({}, { modules: { javascript: ['m'] } }, { m: source });
      const result = await other.run(js('import m from "m"; export default m'));
      expect(!result.success && result.error.message, source).toContain(said);
      expect(!result.success && result.error.message, source).toContain('--format=esm');
      await other.close();
    }
  });

  it('that imports a path is told what to do instead', async () => {
    const result = await sandbox.run(js('import u from "./util.js"; export default u'));
    expect(result.report.denials).toMatchObject([{ hint: expect.stringContaining('bare names') }]);
  });

  it('with a TypeScript namespace is told so, with the line', async () => {
    const ts = (code: string) => sandbox.run(js(code, { language: 'typescript' }));
    for (const code of [
      'const a = 1;\nnamespace N { export const b = a }\nN.b',
      '1;\n  export namespace N.M { export const b = 1 }\nexport default 1',
    ])
      expect(await ts(code), code).toMatchObject({
        error: {
          code: 'GUEST_SYNTAX',
          position: { line: 2 },
          guest: { message: expect.stringContaining('namespace') },
        },
      });
    expect(
      dataOf(
        await ts('declare namespace N { const a: number }\nconst s: string = `\nnamespace N {\n`; s.length'),
      ),
    ).toBe(15);
    expect(
      dataOf(
        await ts(
          'class A { constructor(private x: number) {} get(): number { return this.x } }\nnew A(5).get()',
        ),
      ),
    ).toBe(5);
  });
});

describe('a date that Python cannot hold', () => {
  it('is the caller’s mistake, by its path', async () => {
    for (const [input, path] of [
      [{ n: 1, due: new Date('9999-12-31T23:59:59-05:00') }, 'input.due'],
      [{ list: [new Date(0), new Date(-8.64e15)] }, 'input.list[1]'],
      [new Map([['k', new Date(8.64e15)]]), 'input<value 0>'],
    ] as const) {
      const result = await sandbox.run({ runtime: 'python', code: 'def main(i):\n    return 1', input });
      expect(result).toMatchObject({ error: { code: 'INPUT_UNSUPPORTED', fault: 'caller' } });
      expect(!result.success && result.error.message).toContain(`${path} is a date that Python cannot hold`);
    }
    const edge = {
      a: new Date('9999-12-31T23:59:59.999Z'),
      b: new Date('0001-01-01T00:00:00Z'),
      c: new Date(Number.NaN),
    };
    expect(
      dataOf(
        await sandbox.run({
          runtime: 'python',
          code: 'def main(i):\n    return [i["a"].year, i["b"].year, i["c"]]',
          input: edge,
        }),
      ),
    ).toEqual([9999, 1, null]);
  });
});
