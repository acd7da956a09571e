import { describe, expect, it } from 'vitest';
import { direct, inRealm } from './drive.ts';

for (const [where, make] of [
  ['in the test’s own realm', direct],
  ['in a cell’s realm', inRealm],
] as const) {
  describe(`the JavaScript program ${where}`, () => {
    const program = make();

    it('gives the last expression of a script', () => {
      expect(program.run('const x = input.value; x * 2', { value: 21 }).data).toBe(42);
    });

    it('gives what a body returns', () => {
      expect(program.run('if (input) { return [input, 1] }', 'a').data).toEqual(['a', 1]);
    });

    it('calls a module’s default export with input and context', () => {
      const { data } = program.run('export default (i, c) => [i, c]', 1, { env: { K: 'v' } });
      expect(data).toEqual([1, { env: { K: 'v' } }]);
    });

    it('finds a module however its export is written', () => {
      expect(program.run('const a = 1; export default a').data).toBe(1);
      expect(program.run('const a = 1; export { a as default }').data).toBe(1);
      expect(program.run('export default function () { return 2 }').data).toBe(2);
      expect(program.run('export default class { static x = 1 }').outcome).toBe('GUEST_ERROR');
    });

    it('awaits at the top level of every form', () => {
      expect(program.run('await null; 1').data).toBe(1);
      expect(program.run('await null; return 2').data).toBe(2);
      expect(program.run('await null; export default 3').data).toBe(3);
      expect(program.run('export default async () => { await null; return 4 }').data).toBe(4);
    });

    it('cannot be broken out of by a body that closes its function', () => {
      for (const code of [
        '}); 1; (function(){ return 1',
        'return 1 }, function(){',
        '}\n+function(){ return 2',
        '*/ return 1 /*',
      ]) {
        expect(program.run(code).outcome, code).toBe('GUEST_SYNTAX');
      }
    });

    it('carries values both ways', () => {
      const value = {
        undef: undefined,
        nan: Number.NaN,
        zero: -0,
        big: -(2n ** 80n),
        text: 'a\0b\ud800',
        date: new Date(5),
        bytes: Uint8Array.of(1, 2, 255),
        map: new Map<unknown, unknown>([['k', new Set([1])]]),
        list: [[], {}],
      };
      expect(program.run('input', value).data).toEqual(value);
      const plain = JSON.parse('{"__proto__":{"polluted":1},"constructor":1}') as unknown;
      expect(program.run('input', plain).data).toEqual(plain);
    });

    it('reports syntax errors at their place', () => {
      expect(program.run('let a = 1;\nlet b = ;')).toMatchObject({
        outcome: 'GUEST_SYNTAX',
        position: { line: 2, column: 9 },
      });
    });

    it('reports errors in the plugin’s own lines, a body’s first line too', () => {
      const thrown = program.run('null.x; return 1');
      expect(thrown).toMatchObject({
        outcome: 'GUEST_ERROR',
        guest: { name: 'TypeError' },
        position: { line: 1 },
      });
      expect(thrown.position?.column).toBeLessThan(8);
      expect(thrown.guest.stack).not.toContain('citadel:');
    });

    it('never lets anything survive a run', () => {
      program.run(
        'globalThis.leak = 1; Array.prototype.evil = 1; Object.prototype.evil = 1; Promise.prototype.then = null; ' +
          'delete globalThis.URL; setTimeout(() => {}, 1e6); Object.freeze(Object.prototype); console.log = null; 1',
      );
      const { data } = program.run(
        '[typeof leak, [].evil, {}.evil, typeof Promise.prototype.then, typeof URL, Object.isFrozen(Object.prototype), typeof console.log]',
      );
      expect(data).toEqual(['undefined', undefined, undefined, 'function', 'function', false, 'function']);
    });

    it('seeds Math.random anew for every run', () => {
      const seen = new Set(Array.from({ length: 200 }, () => program.run('Math.random()').data));
      expect(seen.size).toBe(200);
    });

    it('spends the same fuel on every run', () => {
      const code =
        'let n = 0; for (let i = 0; i < 3e5; i++) n += i % 7; [n, "x".repeat(1e6).indexOf("y"), [...Array(1e4).keys()].sort((a, b) => b - a)[0]]';
      const spent = new Set(Array.from({ length: 5 }, () => program.run(code).fuel));
      expect(spent.size).toBe(1);
    });

    it('ends at its fuel, and not before', () => {
      const code = 'for (let i = 0; i < 1e6; i++); 1';
      const { fuel } = program.run(code);
      expect(program.run(code, undefined, { fuel: fuel as number }).outcome).toBe('ok');
      expect(program.run(code, undefined, { fuel: Math.floor((fuel as number) / 2) }).outcome).toBe(
        'FUEL_EXHAUSTED',
      );
    });

    it('says at once that a promise can never settle', () => {
      expect(program.run('new Promise(() => {})').outcome).toBe('NEVER_SETTLES');
      expect(program.run('export default () => new Promise(() => {})').outcome).toBe('NEVER_SETTLES');
    });

    it('removes what the policy blocks, by every path', () => {
      // They are there, since libraries ask `x instanceof Function`; what they do is blocked.
      const probe = `[eval, Function, (() => {}).constructor, (async () => {}).constructor, (function*(){}).constructor, (async function*(){}).constructor, Math.random]
        .map(f => { try { f('1'); return 'ran'; } catch (error) { return error.name; } })`;
      expect(program.run(probe).data).toEqual([...Array(6).fill('EvalError'), 'ran']);
      expect(program.run(probe, undefined, { blockedFunctions: [] }).data).toEqual(Array(7).fill('ran'));
      expect(program.run('typeof Math.random', undefined, { blockedFunctions: ['Math.random'] }).data).toBe(
        'undefined',
      );
    });

    it('imports what the host supplies, and nothing else', () => {
      const modules = [
        ['a', 'import { b } from "b"; export const a = b + 1'],
        ['b', 'export const b = 1'],
      ] as const;
      expect(program.run('import { a } from "a"; export default a', undefined, { modules }).data).toBe(2);
      expect(program.run('(await import("a")).a', undefined, { modules }).data).toBe(2);
      for (const name of [
        'c',
        './a',
        '../a',
        'node:fs',
        'std',
        'os',
        'file:///etc/passwd',
        'http://127.0.0.1/',
      ]) {
        const text = JSON.stringify(name);
        expect(
          program.run(`import x from ${text}; export default x`, undefined, { modules }).outcome,
          name,
        ).toBe('MODULE_DENIED');
        expect(
          program.run(`import(${text}).then(() => "loaded", e => e.message)`, undefined, { modules }).data,
          name,
        ).toMatch(/denied/);
      }
    });

    it('takes no specifier for its part before a NUL', () => {
      const modules = [['a', 'export default 1']] as const;
      for (const name of ['a\\0', 'a\\0.evil', 'b\\0a']) {
        expect(
          program.run(`import("${name}").catch(e => e.message)`, undefined, { modules }).data,
          name,
        ).toMatch(/denied/);
      }
    });

    it('holds its result to limits.outputBytes, to the byte', () => {
      const size = program.run('"x".repeat(1000)').value.length;
      expect(program.run('"x".repeat(1000)', undefined, { outputBytes: size }).outcome).toBe('ok');
      expect(program.run('"x".repeat(1000)', undefined, { outputBytes: size - 1 }).outcome).toBe(
        'OUTPUT_TOO_LARGE',
      );
      expect(program.run('undefined', undefined, { outputBytes: 0 }).outcome).toBe('ok');
    });

    it('names the path of what cannot cross', () => {
      expect(program.run('({ items: [1, { f() {} }] })').guest.message).toBe(
        'result.items[1].f is a function',
      );
      expect(program.run('({ get a() { return 1 } })').guest.message).toMatch(/result\.a is a getter/);
      expect(program.run('[Promise.resolve()]').guest.message).toMatch(/result\[0\] is a Promise; await it/);
      expect(program.run('Symbol()').guest.message).toBe('result is a symbol');
    });

    it('strips types from TypeScript', () => {
      const code =
        'interface A { x: number }\nconst a: A = { x: 1 } as A;\nexport default (i: number): number => i + a.x;';
      expect(program.run(code, 2, { language: 'typescript' }).data).toBe(3);
    });
  });
}

describe('the memory limit', () => {
  const program = direct();
  const MiB = 1024 * 1024;
  for (const mb of [1, 2, 8, 32, 128]) {
    it(`is met within 10% at ${mb} MB`, () => {
      const memoryBytes = mb * MiB;
      const fill = (bytes: number): string =>
        `const kept = []; for (let n = 0; n < ${bytes}; n += 16384) kept.push(new Uint8Array(16384).fill(1)); kept.length`;
      expect(program.run(fill(memoryBytes * 0.9), undefined, { memoryBytes }).outcome).toBe('ok');
      expect(program.run(fill(memoryBytes * 1.1 + 512 * 1024), undefined, { memoryBytes }).outcome).toBe(
        'MEMORY_LIMIT',
      );
    });
  }

  it('is the engine’s word, not the guest’s', () => {
    expect(program.run('throw new InternalError("out of memory")').outcome).toBe('GUEST_ERROR');
  });

  it('lets a guest that catches it go on', () => {
    const code =
      'let failed = 0; try { const a = []; for (;;) a.push(new Uint8Array(1e6)) } catch { failed = 1 } failed';
    expect(program.run(code, undefined, { memoryBytes: 8 * MiB }).data).toBe(1);
  });

  it('leaves a healthy engine whatever did not fit', () => {
    const sinks = [
      'a.push({ a: [i] })',
      'a["k" + i] = i',
      's += s + "x"',
      'a.push(new Map([[i, i]]))',
      'a = [a, a, i]',
      'a.push(/x/.exec("x" + i))',
      'a.push(() => i)',
      'a.push(2n ** BigInt(i % 1000))',
      'a.push(new Promise(() => {}))',
    ];
    for (let n = 0; n < 300; n++) {
      const code = `let a = [], s = "x"; for (let i = 0;; i++) { ${sinks[n % sinks.length]} }`;
      const { outcome } = program.run(code, undefined, { memoryBytes: MiB + (n % 7) * 100_000 });
      expect(['MEMORY_LIMIT', 'GUEST_ERROR']).toContain(outcome);
      expect(program.run('[1, 2].map(x => x + 1)').data).toEqual([2, 3]);
    }
  });
});
