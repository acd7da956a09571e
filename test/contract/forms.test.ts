import { afterAll, describe, expect, it } from 'vitest';
import { codeOf, dataOf, js, make } from './support.ts';

const sandbox = make(
  {},
  { env: { REGION: 'eu' }, modules: { javascript: ['money'] } },
  { money: 'export const cents = n => Math.round(n * 100)' },
);
afterAll(() => sandbox.close());
const run = async (code: string, input?: never): Promise<unknown> =>
  dataOf(await sandbox.run(js(code, input === undefined ? {} : { input })));

describe('a program', () => {
  it('is a script whose last expression is the value', async () => {
    expect(await run('const a = 2; a * 21')).toBe(42);
    expect(await run('if (true) { 7 } else { 8 }')).toBe(7);
    expect(await run('')).toBe(undefined);
  });

  it('is a body when it returns', async () => {
    expect(await run('return env.REGION')).toBe('eu');
    expect(await run('const n = await Promise.resolve(3); return n')).toBe(3);
  });

  it('is a module when it exports', async () => {
    expect(await run('export default () => 5')).toBe(5);
    expect(await run('export default { a: [1] }')).toEqual({ a: [1] });
    expect(await run('export default async (_input, { env }) => env.REGION')).toBe('eu');
  });

  it('may await at its top level', async () => {
    expect(await run('await new Promise(done => setTimeout(done, 5)); "late"')).toBe('late');
  });

  it('sees its input as a global and as an argument', async () => {
    const result = await sandbox.run(js('export default given => [given, input]', { input: { a: 1 } }));
    expect(dataOf(result)).toEqual([{ a: 1 }, { a: 1 }]);
  });

  it('imports an allowed module', async () => {
    expect(await run('import { cents } from "money"; export default cents(1.5)')).toBe(150);
    expect(await run('(await import("money")).cents(2)')).toBe(200);
  });

  it('runs as TypeScript without its types', async () => {
    const result = await sandbox.run(
      js('const add = (a: number, b: number): number => a + b; add(1, 2)', { language: 'typescript' }),
    );
    expect(dataOf(result)).toBe(3);
  });

  it('that does not parse says where', async () => {
    const result = await sandbox.run(js('const a = 1;\nconst = 2;'));
    expect(result).toMatchObject({ success: false, error: { code: 'GUEST_SYNTAX', position: { line: 2 } } });
  });

  it('that throws says what, and in which of its lines', async () => {
    const result = await sandbox.run(
      js('function inner() {\n  throw new RangeError("too much");\n}\ninner()', { fileName: 'calc.js' }),
    );
    expect(result).toMatchObject({
      error: {
        code: 'GUEST_ERROR',
        guest: { name: 'RangeError', message: 'too much' },
        position: { line: 2 },
      },
    });
    expect(!result.success && result.error.guest?.stack).toContain('calc.js:2');
  });

  it('that imports anything else is denied, with the rule that would allow it', async () => {
    const result = await sandbox.run(js('import fs from "node:fs"; export default 1'));
    expect(result).toMatchObject({
      error: { code: 'MODULE_DENIED' },
      report: { denials: [{ kind: 'module', subject: 'node:fs' }] },
    });
    expect(result.report.denials[0]?.hint).toContain('policy.modules.javascript');
  });

  it('waits for nothing that cannot come', async () => {
    expect(codeOf(await sandbox.run(js('new Promise(() => {})')))).toBe('NEVER_SETTLES');
  });
});

describe('a module is compiled the same', () => {
  // What a compiled module is answered with lay on the engine's stack, and looked like an exception for some of these.
  it('whatever the sizes of the environment, of its source and of what it imports', async () => {
    for (let size = 0; size < 40; size++) {
      const env = { ['A'.repeat(1 + (size % 13))]: 'x'.repeat(size) };
      await using sandbox = make(
        {},
        { env, modules: { javascript: ['m'] } },
        { m: `export default ${size};${' '.repeat(size)}` },
      );
      expect(dataOf(await sandbox.run(js(`${' '.repeat(size * 3)}export default 1`)))).toBe(1);
      expect(dataOf(await sandbox.run(js('import n from "m"; export default () => n')))).toBe(size);
      expect(codeOf(await sandbox.run(js('export default ('))).slice(0, 6)).toBe('GUEST_');
    }
  });
});
