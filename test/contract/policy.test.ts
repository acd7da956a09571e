/** What a policy grants and takes away, seen from inside a guest. */
import { describe, expect, it } from 'vitest';
import { capabilities, createSandbox, LIMITS, validate } from '../../src/index.ts';
import { codeOf, dataOf, js, make } from './support.ts';

describe('a policy', () => {
  it('removes any built-in it names, and nothing else', async () => {
    await using sandbox = make(
      {},
      { blockedFunctions: ['Math.random', 'structuredClone', 'Date.now', 'Nothing.there'] },
    );
    expect(
      dataOf(
        await sandbox.run(
          js('[typeof Math.random, typeof structuredClone, typeof Date.now, typeof Math.max, typeof eval]'),
        ),
      ),
    ).toEqual(['undefined', 'undefined', 'undefined', 'function', 'function']);
  });

  it('removes functions from text by every path to them', async () => {
    await using sandbox = make();
    const paths = [
      '(0, eval)',
      'Function',
      '(() => {}).constructor',
      '(async () => {}).constructor',
      '(function* () {}).constructor',
      '(async function* () {}).constructor',
      'Object.getPrototypeOf(async () => {}).constructor',
      'Reflect.get(Function.prototype ?? {}, "constructor")',
      'console.log.constructor',
      'URL.constructor',
      'setTimeout.constructor',
      'Promise.resolve().then.constructor',
      'class {}.constructor',
    ];
    for (const path of paths) {
      const result = await sandbox.run(js(`(${path})("globalThis.made = 1; return 1"); 1`));
      expect(codeOf(result), path).toBe('GUEST_ERROR');
    }
  });

  it('lets allowed modules import one another, and nothing that is not allowed', async () => {
    await using sandbox = make(
      {},
      { modules: { javascript: ['a', '@scope/b', 'c'] } },
      {
        a: 'import { b } from "@scope/b"; export const a = () => "a" + b;',
        '@scope/b': 'import { a } from "a"; export const b = "b"; export const again = () => a();',
        c: 'import "d"; export default 1;',
      },
    );
    expect(
      dataOf(
        await sandbox.run(
          js('import { a } from "a"; import { again } from "@scope/b"; export default [a(), again()]'),
        ),
      ),
    ).toEqual(['ab', 'ab']);
    const result = await sandbox.run(js('import c from "c"; export default c'));
    expect(codeOf(result)).toBe('MODULE_DENIED');
    expect(result.report.denials).toMatchObject([{ kind: 'module', subject: 'd' }]);
    for (const near of ['A', 'a ', './a', 'a/', '@scope/b/../b', 'a?x', 'node:a']) {
      expect(codeOf(await sandbox.run(js(`await import("${near}")`))), near).toBe('MODULE_DENIED');
    }
  });

  it('takes no name for another that ends where a NUL stands', async () => {
    await using sandbox = make({}, { modules: { javascript: ['a'] } }, { a: 'export default 1' });
    for (const code of [
      'await import("a\\0"); 1',
      'await import("a\\0/../secret"); 1',
      'import a from "a\\0b"; export default a',
      'export { default } from "a\\0"',
    ]) {
      const result = await sandbox.run(js(code));
      expect(codeOf(result), code).toBe('MODULE_DENIED');
      expect(result.report.denials, code).toMatchObject([
        { kind: 'module', subject: expect.stringMatching(/^a\ufffd/) },
      ]);
    }
  });

  it('gives modules no state from one run to the next', async () => {
    await using sandbox = make(
      {},
      { modules: { javascript: ['n'] } },
      { n: 'export const state = { n: 0 };' },
    );
    const code = 'import { state } from "n"; export default ++state.n';
    expect([dataOf(await sandbox.run(js(code))), dataOf(await sandbox.run(js(code)))]).toEqual([1, 1]);
  });

  it('says where a module of the host fails', async () => {
    await using sandbox = make(
      {},
      { modules: { javascript: ['bad', 'worse'] } },
      { bad: 'let let', worse: 'throw new Error("m")' },
    );
    expect((await sandbox.run(js('import "bad"; export default 1'))).success).toBe(false);
    expect(await sandbox.run(js('import "worse"; export default 1'))).toMatchObject({
      error: { code: 'GUEST_ERROR', guest: { message: 'm' } },
    });
  });

  it('gives env as frozen texts, whatever their names', async () => {
    const env = { constructor: 'c', toString: 't', hasOwnProperty: 'h', PATH: '' };
    await using sandbox = make({}, { env });
    expect(dataOf(await sandbox.run(js('try { env.PATH = 1 } catch {} env.NEW = 1; ({ ...env })')))).toEqual(
      env,
    );
  });

  it('is copied when the sandbox is made', async () => {
    const env: Record<string, string> = { A: '1' };
    const modules: Record<string, string> = { m: 'export default 1' };
    const javascript = ['m'];
    await using sandbox = createSandbox({ policy: { env, modules: { javascript } }, modules });
    env['A'] = '2';
    env['B'] = '3';
    modules['m'] = 'export default 2';
    javascript.push('fs');
    expect(dataOf(await sandbox.run(js('import m from "m"; export default [m, env.A, env.B]')))).toEqual([
      1,
      '1',
      undefined,
    ]);
  });

  it('asks for more stack only where the platform can give it', async () => {
    const create = () => make({ stackBytes: LIMITS.stackBytes.ceiling });
    if (!capabilities().stackSizing) {
      expect(create).toThrow(expect.objectContaining({ code: 'UNENFORCEABLE' }));
      return;
    }
    const depth = async (stackBytes: number): Promise<number> => {
      await using sandbox = make({ stackBytes });
      return dataOf(
        await sandbox.run(js('let n = 0; try { (function f() { n++; f() })() } catch {} n')),
      ) as number;
    };
    expect(await depth(LIMITS.stackBytes.ceiling)).toBeGreaterThan(
      2 * (await depth(LIMITS.stackBytes.default)),
    );
  });

  it('is what validate() checks against', () => {
    const code = 'import m from "m"; export default m';
    expect(validate({ runtime: 'javascript', code }).valid).toBe(false);
    expect(validate({ runtime: 'javascript', code, policy: { modules: { javascript: ['m'] } } }).valid).toBe(
      true,
    );
    expect(validate({ runtime: 'javascript', code: '"constructor" // eval, Function' }).problems).toEqual([]);
  });
});
