import { describe, expect, test } from 'vitest';
import type { PluginSecurityPolicy } from '../../../src/policy/index.ts';
import { type ValidateOptions, type ValidationReport, validate } from '../../../src/validate/index.ts';

function check(code: string, policy: PluginSecurityPolicy = {}, language?: 'typescript'): ValidationReport {
  return validate({ runtime: 'javascript', code, policy, ...(language ? { language } : {}) });
}

/** Rule and place of each problem, in few characters. */
const brief = (report: ValidationReport): string[] =>
  report.problems.map(({ rule, severity, line, column, endLine, endColumn }) =>
    [rule, severity[0], `${line}:${column}-${endLine}:${endColumn}`].join(' '),
  );

test('validate finds nothing wrong with an ordinary program', () => {
  expect(check('const { a } = input;\nreturn a + Math.max(1, 2)')).toEqual({
    valid: true,
    form: 'body',
    problems: [],
    truncated: false,
  });
});

describe('rule syntax', () => {
  test.each<[string, string[]]>([
    ['let a = ;', ['syntax e 1:9-1:10']],
    ['import a from "m"\nexport default ;', ['syntax e 2:16-2:17']],
    ['x: number', []],
    ['let x: number = 1', ['syntax e 1:6-1:7']],
  ])('%j', (code, problems) => {
    const report = check(code);
    expect(brief(report)).toEqual(problems);
    expect(report.valid).toBe(problems.length === 0);
    expect(report.form).toBe(problems.length === 0 ? 'script' : null);
  });

  test('nesting deeper than the stack is one problem, wherever it bites', () => {
    for (let power = 8; power < 18; power++) {
      const report = check(`${'!'.repeat(2 ** power)}1;${'['.repeat(2 ** power)}${']'.repeat(2 ** power)}`);
      const deep = report.problems.map(({ rule, message }) => `${rule}: ${message}`);
      if (power > 15)
        expect(deep).toEqual([expect.stringMatching(/^syntax: the program is nested too deeply/)]);
      else expect(deep.length).toBeLessThan(2);
    }
    // Parsed without recursion, but checked with it.
    const chain = check(`x${'.y'.repeat(200_000)}`);
    expect(chain.problems.every(({ message }) => message.includes('nested too deeply'))).toBe(true);
  });
});

describe('rule code-size counts UTF-8 bytes', () => {
  const limits = { codeBytes: 10 };
  test.each<[string, boolean]>([
    ['"12345678"', true],
    ['"123456789"', false],
    ['"ΩΩΩΩ"', true],
    ['"ΩΩΩΩΩ"', false],
  ])('%j', (code, valid) => {
    const report = check(code, { limits });
    expect(report.valid).toBe(valid);
    expect(brief(report)).toEqual(valid ? [] : ['code-size e 1:1-1:2']);
  });
});

describe('rule forbidden-import', () => {
  const policy = { modules: { javascript: ['ok', '@s/ok'] } };
  test.each<[string, string[]]>([
    ['import a from "ok"; import * as b from "@s/ok"; export default a', []],
    ['import a from "fs"; export default a', ['forbidden-import e 1:15-1:19']],
    ['import "ok/x"; export default 1', ['forbidden-import e 1:8-1:14']],
    ['export { default } from "no"', ['forbidden-import e 1:25-1:29']],
    ['export * from "no"; export default 1', ['forbidden-import e 1:15-1:19']],
    [
      'const a = await import("no");\nawait import(`no`); await import("ok")',
      ['forbidden-import e 1:24-1:28', 'forbidden-import e 2:14-2:18'],
    ],
    [`import("o" + "k"); import(name); import(\`\${a}\`)`, []],
    ['"import a from \\"fs\\""; // import "fs"', []],
    ['require("fs")', []],
  ])('%s', (code, problems) => {
    expect(brief(check(code, policy))).toEqual(problems);
  });

  test('names the module', () => {
    expect(check('import("n\\u0000\\u202eo")').problems[0]?.message).toBe(
      'policy.modules.javascript does not list "n\ufffd\ufffdo"',
    );
  });
});

describe('rule blocked-function follows scopes', () => {
  const WHATEVER = { blockedFunctions: ['evil', 'Function', 'Whatever'] };
  const alarm = (column: number, length: number): string[] => [
    `blocked-function e 1:${column}-1:${column + length}`,
  ];
  test.each<[string, string[]]>([
    ['evil("1")', alarm(1, 4)],
    ['(0, evil)("1")', alarm(5, 4)],
    ['new Whatever("a")', alarm(5, 8)],
    ['const e = evil', alarm(11, 4)],
    ['globalThis.evil("1")', alarm(1, 15)],
    ['globalThis["evil"]("1")', alarm(1, 18)],
    ['globalThis.globalThis?.Whatever', alarm(1, 31)],
    ['evil.call(null, "1")', alarm(1, 9)],
    ['({ evil })', alarm(4, 4)],
    ['({ a: Whatever })', alarm(7, 8)],
    ['x instanceof Whatever', alarm(14, 8)],
    [`\`\${evil}\``, alarm(4, 4)],
    ['class A extends Whatever {}', alarm(17, 8)],
    ['(a = evil) => a', alarm(6, 4)],
    ['x[evil]', alarm(3, 4)],
    ['({ [evil]: 1 })', alarm(5, 4)],
    ['typeof evil', []],
    ['"evil"; /evil/; `evil` // evil', []],
    ['eval2(); xWhatever()', []],
    ['a.evil(); a.b.Whatever; ({ evil: 1 }); ({ evil() {} }); class A { evil = 1; Whatever() {} }', []],
    ['const f = Whatever => Whatever()', []],
    ['function g(evil) { return evil(1) } g', []],
    ['let Whatever = 1; Whatever', []],
    ['{ let Whatever = 1; Whatever } Whatever', ['blocked-function e 1:32-1:40']],
    ['{ var Whatever = 1 } Whatever', []],
    ['function f() { Whatever; { var Whatever } } Whatever', ['blocked-function e 1:45-1:53']],
    ['try {} catch (Whatever) { Whatever }', []],
    ['try {} catch ({ a: [Whatever] }) { Whatever }', []],
    ['for (const Whatever of x) Whatever; Whatever', ['blocked-function e 1:37-1:45']],
    ['for (let Whatever = 0; Whatever;) {}', []],
    ['switch (1) { case 1: let Whatever; default: Whatever }', []],
    ['const { Whatever: f, ...Whatever2 } = x; f', []],
    ['const { a = Whatever } = x', alarm(13, 8)],
    ['(class Whatever { m() { return Whatever } })', []],
    ['(function Whatever() { return Whatever })', []],
    ['Whatever: for (;;) { break Whatever }', []],
    ['class A { static { var Whatever; Whatever } } Whatever', ['blocked-function e 1:47-1:55']],
    ['x.constructor', []],
    ['x.constructor.constructor', []],
    ['"con" + "structor"', []],
    ['x.constructor.constructor("return this")()', ['blocked-function w 1:1-1:26']],
    ['new ({}["constructor"]["constructor"])("a")', ['blocked-function w 1:6-1:38']],
    ['(() => {}).constructor("a")', ['blocked-function w 1:1-1:23']],
    ['this.constructor(1); super_.constructor(2)', []],
  ])('%s', (code, problems) => {
    expect(brief(check(code, WHATEVER))).toEqual(problems);
  });

  test.each<[string, string[]]>([
    ['x instanceof Function; typeof Function; Function.prototype.toString.call(x); [Function]', []],
    ['class A extends Function {}', []],
    ['new Function("a")', ['blocked-function e 1:5-1:13']],
    ['Function("return this")()', ['blocked-function e 1:1-1:9']],
    [
      'Function.apply(null, ["a"]); Function.bind(null)',
      ['blocked-function e 1:1-1:15', 'blocked-function e 1:30-1:43'],
    ],
    ['try { new Function("") } catch { no() }', ['blocked-function w 1:11-1:19']],
    ['try { eval("1") } catch {} finally {}', ['blocked-function w 1:7-1:11']],
    ['const e = eval; e("1")', ['blocked-function w 1:11-1:15']],
    ['try { eval("1") } finally {}', ['blocked-function e 1:7-1:11']],
    ['try {} catch { eval("1") }', ['blocked-function e 1:16-1:20']],
  ])('Function is there, and throws when called: %s', (code, problems) => {
    expect(brief(check(code))).toEqual(problems);
  });

  test('in modules, where imports and exports bind', () => {
    const policy = { ...WHATEVER, modules: { javascript: ['m'] } };
    expect(brief(check('import { a as Whatever } from "m"; export default Whatever()', policy))).toEqual([]);
    expect(
      brief(check('import * as eval_ from "m"; export { Whatever } from "m"; export default eval_', policy)),
    ).toEqual([]);
    expect(brief(check('export const Whatever = 1; export { Whatever as default }', WHATEVER))).toEqual([]);
    expect(brief(check('export default class Whatever { m() { Whatever } }', WHATEVER))).toEqual([]);
    expect(brief(check('export default Whatever', WHATEVER))).toEqual(['blocked-function e 1:16-1:24']);
  });

  test('for the names the policy gives, dotted paths too', () => {
    const policy = { blockedFunctions: ['Math.random', 'globalThis.Date'] };
    expect(brief(check('eval("1") + x.constructor.constructor("a")', policy))).toEqual([]);
    expect(brief(check('Math.random() + Math["random"]() + Math.max(1)', policy))).toEqual([
      'blocked-function e 1:1-1:12',
      'blocked-function e 1:17-1:31',
    ]);
    expect(brief(check('new Date()', policy))).toEqual(['blocked-function e 1:5-1:9']);
    expect(brief(check('Math[k](), a.Math.random(), (Math => Math.random())()', policy))).toEqual([]);
    expect(check('Math.random()', policy).problems[0]?.message).toBe(
      'policy.blockedFunctions removes Math.random from the plugin’s realm',
    );
  });
});

describe('rule network-denied', () => {
  test.each<[string, string[]]>([
    ['await fetch("https://a")', ['network-denied w 1:7-1:12']],
    ['globalThis.fetch("https://a")', ['network-denied w 1:1-1:17']],
    ['const fetch = x => x; fetch(1)', []],
    ['typeof fetch; [fetch]; client.fetch(1)', []],
  ])('%s', (code, problems) => {
    const report = check(code);
    expect(brief(report)).toEqual(problems);
    expect(report.valid).toBe(true);
  });
});

describe('rule module-without-default', () => {
  test.each<[string, boolean]>([
    ['export default 1', true],
    ['export default function () {}', true],
    ['const a = 1; export { a as default }', true],
    ['const a = 1; export { a as "default" }', true],
    ['export { default } from "m"', true],
    ['export { a as default } from "m"', true],
    ['export * as default from "m"', true],
    ['export const a = 1', false],
    ['export * from "m"', false],
    ['import "m"', false],
    ['1;\nexport {}', false],
    ['import.meta', false],
  ])('%s', (code, valid) => {
    const report = check(code, { modules: { javascript: ['m'] } });
    expect(report.form).toBe('module');
    expect(report.valid).toBe(valid);
    if (!valid) expect(report.problems.map(({ rule }) => rule)).toEqual(['module-without-default']);
  });

  test('points at the first import or export', () => {
    expect(brief(check('1;\nexport {}'))).toEqual(['module-without-default e 2:1-2:10']);
  });
});

describe('TypeScript is read as it stands, positions included', () => {
  test.each<[string, string | null, string[]]>([
    ['const a: number = 1; a as unknown', 'script', []],
    ['interface Function2 { eval: Function }\nreturn (input as Function2).eval', 'body', []],
    ['type F = typeof Function; let x: Function = <any>(y!)', 'script', []],
    ['const e = (eval as any)("1")', 'script', ['blocked-function e 1:12-1:16']],
    ['(Function!)("a")', 'script', ['blocked-function e 1:2-1:10']],
    ['enum Function { A = 1 }; Function.A', 'script', []],
    ['enum A { B = eval("1") }', 'script', ['blocked-function e 1:14-1:18']],
    [
      'class A<T extends Function> implements Function { constructor(private Function: T) { Function } }',
      'script',
      [],
    ],
    ['declare function eval(x: string): void; eval("1")', 'script', []],
    ['namespace N { export const a = 1 }\nN.a', null, ['syntax e 1:1-1:2']],
    ['declare namespace N { const a: number }', 'script', []],
    ['import type { A } from "types"; export type { B } from "types"; export default 1 as A', 'module', []],
    ['import { type A } from "types"; export default 1', 'module', ['forbidden-import e 1:24-1:31']],
    ['let x: = 1', null, ['syntax e 1:8-1:9']],
    ['function f(this: Function): asserts this is Function {}', 'script', []],
  ])('%s', (code, form, problems) => {
    const report = check(code, {}, 'typescript');
    expect(brief(report)).toEqual(problems);
    expect(report.form).toBe(form);
  });
});

// The budget counts work, not time: a slow machine needs patience, not another verdict.
describe('a program made to be slow to parse is refused before it is', { timeout: 60_000 }, () => {
  const lines = (count: number, line: (i: number) => string): string =>
    Array.from({ length: count }, (_, i) => line(i)).join('');
  test.each<[string, string, 'typescript' | undefined]>([
    ['too many declarations in one scope', lines(90_000, i => `let a${i};`), undefined],
    ['names in too many blocks', `${'{'.repeat(1000)}${'a,'.repeat(300_000)}a${'}'.repeat(1000)}`, undefined],
    ['casts read again and again', `${'<A>('.repeat(40)}x${')'.repeat(40)}`, 'typescript'],
    ['comparisons tried as types', 'a\n<b\n'.repeat(50_000), 'typescript'],
  ])('%s', (_, code, language) => {
    expect(check(code, {}, language).problems.map(({ rule, message }) => `${rule}: ${message}`)).toEqual([
      'syntax: the program takes too long to be parsed',
    ]);
  });

  test.each<[string, string, 'typescript' | undefined]>([
    ['many declarations', lines(5000, i => `let a${i};`), undefined],
    ['a long ordinary program', lines(20_000, i => `f(${i}, { a: [1, 'x'] });\n`), undefined],
    [
      'long ordinary TypeScript',
      lines(8000, i => `function f${i}<T>(a: T): T { return <any>(a as T); }\n`),
      'typescript',
    ],
    ['a few casts', `${'<A>('.repeat(8)}x${')'.repeat(8)}`, 'typescript'],
  ])('but not %s', (_, code, language) => {
    expect(check(code, {}, language).problems).toEqual([]);
  });
});

test('validate reports at most 100 problems, in the order of the text', () => {
  const report = check('eval(1);\n'.repeat(100));
  expect(report).toMatchObject({ truncated: false, valid: false });
  expect(report.problems.map(({ line }) => line)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
  const more = check(`import('no');${'eval(1);\n'.repeat(100)}`);
  expect(more.truncated).toBe(true);
  expect(more.problems).toHaveLength(100);
  expect(more.problems[0]?.rule).toBe('forbidden-import');
});

test('validate sees errors beyond the 100 it reports', () => {
  const report = check(`${'fetch(1);\n'.repeat(100)}eval(1)`);
  expect(report.problems.every(({ severity }) => severity === 'warning')).toBe(true);
  expect(report.valid).toBe(false);
});

test.each<[unknown, string, string]>([
  [undefined, 'INVALID_ARGUMENT', 'validate() takes one object'],
  [
    { runtime: 'javascript', code: '', languge: 'x' },
    'INVALID_ARGUMENT',
    'validate() knows no option "languge"',
  ],
  [{ runtime: 'python', code: '' }, 'INVALID_ARGUMENT', 'use sandbox.validate()'],
  [{ runtime: 'wasm', code: '' }, 'INVALID_ARGUMENT', 'runtime must be "javascript", got "wasm"'],
  [{ runtime: 'javascript', code: 1 }, 'INVALID_ARGUMENT', 'code must be a string, got number'],
  [{ runtime: 'javascript', code: '', language: 'coffee' }, 'INVALID_ARGUMENT', 'language must be'],
  [
    { runtime: 'javascript', code: '', policy: { timeout: 1 } },
    'POLICY_INVALID',
    'policy.timeout is unknown',
  ],
])('validate refuses %j', (options, code, message) => {
  expect(() => validate(options as ValidateOptions)).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(message) }),
  );
});
