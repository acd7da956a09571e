import { describe, expect, it } from 'vitest';
import {
  capabilities,
  createSandbox,
  type LogEntry,
  type RunOptions,
  SandboxError,
} from '../../src/index.ts';
import { codeOf, dataOf, js, make } from './support.ts';

describe('a sandbox', () => {
  it('gives every run a guest nobody used before', async () => {
    await using sandbox = make();
    await sandbox.run(js('globalThis.x = 1; Object.prototype.y = 2; Array.prototype.map = null; 1'));
    expect(dataOf(await sandbox.run(js('[typeof x, {}.y, typeof [].map]')))).toEqual([
      'undefined',
      undefined,
      'function',
    ]);
  });

  it('finishes 200 concurrent runs on 2 cells', async () => {
    await using sandbox = make({ concurrency: 2 });
    const results = await Promise.all(
      Array.from({ length: 200 }, (_, i) => sandbox.run(js('input * 2', { input: i }))),
    );
    expect(results.map(dataOf)).toEqual(Array.from({ length: 200 }, (_, i) => i * 2));
  });

  it('serves a healthy run after every kind of failure', async () => {
    await using sandbox = make({ timeoutMs: 200, memoryBytes: 4 * 1024 * 1024 });
    for (const code of [
      'throw 1',
      'for(;;);',
      'const a = []; for(;;) a.push([a])',
      '(function f(){f()})()',
      'let',
      'import "x"; export default 1',
      'fetch("https://x.test")',
      'new Promise(() => {})',
      'Symbol()',
      '"x".repeat(2e6)',
      'JSON.parse("[".repeat(1e6))',
      'throw new Proxy({}, { get() { for(;;); } })',
    ]) {
      expect((await sandbox.run(js(code))).success, code).toBe(false);
      expect(dataOf(await sandbox.run(js('1 + 1'))), code).toBe(2);
    }
  });

  it('streams logs while the guest runs', async () => {
    await using sandbox = make();
    await sandbox.warm();
    const seen: LogEntry[] = [];
    let ended = false;
    let early = false;
    const result = await sandbox.run(
      js(
        'console.log("one"); await new Promise(r => setTimeout(r, 150)); console.error("two", { a: 1 }); 1',
        {
          onLog(entry) {
            if (!ended && seen.length === 0) early = true;
            seen.push(entry);
          },
        },
      ),
    );
    ended = true;
    expect(early).toBe(true);
    expect(seen.map(({ level, text }) => [level, text])).toEqual([
      ['log', 'one'],
      ['error', 'two { a: 1 }'],
    ]);
    expect(result.report.logs).toEqual(seen);
  });

  it('streams logs of a guest that keeps its thread busy', async () => {
    await using sandbox = make({ timeoutMs: 1500 });
    await sandbox.warm();
    const at: number[] = [];
    const start = performance.now();
    const result = await sandbox.run(
      js('for (let i = 0; ; i++) if (i % 3e6 === 0) console.log(i)', {
        onLog: () => at.push(performance.now() - start),
      }),
    );
    expect(codeOf(result)).toBe('TIMEOUT');
    expect(at.length).toBeGreaterThan(1);
    expect(at[0]).toBeLessThan(result.report.usage.wallMs);
  });

  it('ignores what a listener throws', async () => {
    await using sandbox = make();
    const onLog = (): void => {
      throw new Error('mine');
    };
    expect(dataOf(await sandbox.run(js('console.log(1); 2', { onLog })))).toBe(2);
  });

  it('cleans guest text of what moves a terminal', async () => {
    await using sandbox = make();
    const result = await sandbox.run(
      js('console.log("a\\x1b[2Jb\\u202e"); throw new Error("x\\x1b]0;t\\x07")'),
    );
    expect(JSON.stringify([result.report.logs, result.success ? 0 : result.error])).not.toMatch(
      /\\u001b|\\u0007|\u202e/,
    );
  });

  it('cancels at every stage', async () => {
    await using sandbox = make();
    expect(codeOf(await sandbox.run(js('1', { signal: AbortSignal.abort() })))).toBe('CANCELLED');
    const starting = new AbortController();
    const first = sandbox.run(js('1', { signal: starting.signal }));
    starting.abort();
    expect(codeOf(await first)).toBe('CANCELLED');
    const busy = sandbox.run(js('await new Promise(r => setTimeout(r, 200)); 1'));
    expect(codeOf(await sandbox.run(js('1', { signal: AbortSignal.timeout(40) })))).toBe('CANCELLED');
    expect(codeOf(await busy)).toBe('ok');
    for (const code of ['await new Promise(r => setTimeout(r, 1e5))', 'for(;;);']) {
      const result = await sandbox.run(js(code, { signal: AbortSignal.timeout(50) }));
      expect(codeOf(result), code).toBe('CANCELLED');
      // Where a busy guest cannot be reached from outside, its cell is given up.
      if (capabilities().gracefulStop || code.includes('await'))
        expect(result.report.terminated, code).toBe(false);
      expect(dataOf(await sandbox.run(js('3')))).toBe(3);
    }
  });

  it('keeps plugins apart', async () => {
    await using sandbox = make();
    const results = [];
    for (const plugin of ['a', 'b', 'a', 'b'])
      results.push(await sandbox.run(js('globalThis.n = (globalThis.n ?? 0) + 1', { plugin })));
    expect(results.map(dataOf)).toEqual([1, 1, 1, 1]);
  });

  it('reports what a run cost, and null for what was not measured', async () => {
    await using sandbox = make();
    const { report } = await sandbox.run(js('"x".repeat(100)', { input: [1, 2, 3] }));
    expect(report).toMatchObject({
      runtime: 'javascript',
      platform: capabilities().platform,
      denials: [],
      truncations: [],
      terminated: false,
    });
    for (const figure of Object.values(report.usage)) expect(figure === null || figure >= 0).toBe(true);
    expect(report.usage.inputBytes).toBeGreaterThan(3);
    expect(report.usage.outputBytes).toBeGreaterThan(100);
    expect(report.usage.fuel).toBeGreaterThan(0);
    const never = await sandbox.run(js('1', { signal: AbortSignal.abort() }));
    expect(never.report.usage).toMatchObject({ guestMs: null, cpuMs: null, fuel: null, memoryBytes: null });
  });

  it('denies the network by name, and goes on', async () => {
    await using sandbox = make();
    const result = await sandbox.run(
      js('let said; try { await fetch("https://api.example.com/v1") } catch (e) { said = e.message } said'),
    );
    expect(dataOf(result)).toContain('api.example.com');
    expect(result.report.denials).toMatchObject([{ kind: 'network', subject: 'api.example.com' }]);
    expect(codeOf(await sandbox.run(js('await fetch("https://api.example.com/")')))).toBe('POLICY_DENIED');
  });

  it('lets no function be made of text, unless the policy lets them be', async () => {
    const probe =
      '[typeof eval, typeof Function, typeof (() => {}).constructor, typeof (async () => {}).constructor]';
    await using strict = make();
    expect(dataOf(await strict.run(js(probe)))).toEqual(['function', 'function', 'function', 'function']);
    for (const road of [
      'eval("1")', '(0, eval)("1")', 'eval.call(null, "1")', 'new Function("1")', 'Function("1")', 'Function.apply(null, ["1"])',
      '(() => {}).constructor("1")', '(async () => {}).constructor("1")', '(function* () {}).constructor("1")',
      '(async function* () {}).constructor("1")', 'new (class extends Function {})("1")', 'Reflect.construct(Function, ["1"], Object)',
      'Reflect.construct(Object, [], Function).constructor("1")', 'Object.getPrototypeOf((async () => {}).constructor)("1")',
      'Object.getPrototypeOf((function* () {}).constructor)("1")', 'structuredClone.constructor("1")', 'Iterator.constructor("1")',
      '({}).constructor.constructor("1")', 'new (Object.getOwnPropertyDescriptor(Object.getPrototypeOf(function* () {}), "constructor").value)("1")',
      'Function.prototype.constructor.bind(null, "1")()', 'new Proxy(Function, {})("1")', '[ "1" ].map(Function)', 'self.Function("1")',
    ] /* biome-ignore format: a list */) {
      const result = await strict.run(js(road));
      expect(result, road).toMatchObject({ error: { code: 'GUEST_ERROR', guest: { name: 'EvalError' } } });
    }
    const asked =
      '[(() => {}) instanceof Function, class {} instanceof Function, {} instanceof Function, Function.name, (() => {}).constructor === Function, Function.prototype.toString.call(Math.max)]';
    expect(dataOf(await strict.run(js(asked)))).toEqual([
      true,
      true,
      false,
      'Function',
      true,
      expect.stringContaining('native code'),
    ]);
    await using open = make({}, { blockedFunctions: [] });
    expect(dataOf(await open.run(js(probe)))).toEqual(['function', 'function', 'function', 'function']);
    expect(
      dataOf(await open.run(js('[(0, eval)("typeof process"), Function("return typeof require")()]'))),
    ).toEqual(['undefined', 'undefined']);
  });

  it('gives env and nothing else of the environment', async () => {
    await using sandbox = make({}, { env: { TOKEN: 'abc' } });
    expect(
      dataOf(await sandbox.run(js('[env.TOKEN, Object.keys(env), Object.isFrozen(env), typeof process]'))),
    ).toEqual(['abc', ['TOKEN'], true, 'undefined']);
  });

  it('ends everything when it closes, and refuses what comes later', async () => {
    const sandbox = make();
    const runs = ['await new Promise(r => setTimeout(r, 1e5))', '1', 'for(;;);'].map(code =>
      sandbox.run(js(code)),
    );
    await new Promise(resolve => setTimeout(resolve, 50));
    await sandbox.close();
    for (const code of (await Promise.all(runs)).map(codeOf)) expect(['CANCELLED', 'ok']).toContain(code);
    await expect(sandbox.run(js('1'))).rejects.toMatchObject({ code: 'CLOSED' });
    await sandbox.close();
  });

  it('rejects a caller’s own mistakes, by name', async () => {
    await using sandbox = make();
    const wrong: readonly (readonly [Record<string, unknown>, string])[] = [
      [{ timeout: 5 }, 'timeout'],
      [{ runtime: 'ruby' }, 'runtime'],
      [{ code: 5 }, 'code'],
      [{ language: 'coffee' }, 'language'],
      [{ signal: {} }, 'signal'],
      [{ onLog: 1 }, 'onLog'],
      [{ plugin: '' }, 'plugin'],
      [{ fileName: 'x'.repeat(300) }, 'fileName'],
      [{ limits: { timeoutMs: -1 } }, 'timeoutMs'],
      [{ limits: { speed: 1 } }, 'speed'],
    ];
    for (const [options, named] of wrong) {
      const error: unknown = await sandbox
        .run({ ...js('1'), ...options } as RunOptions)
        .catch((e: unknown) => e);
      expect(error).toBeInstanceOf(SandboxError);
      expect((error as SandboxError).message).toContain(named);
      expect((error as SandboxError).fault).toBe('caller');
    }
    expect(() => createSandbox({ policy: { limit: {} } as never })).toThrow(/limit/);
    expect(() => createSandbox({ polici: {} } as never)).toThrow(/polici/);
    expect(() => createSandbox({ modules: { a: '1' } })).toThrow(/policy\.modules\.javascript/);
    expect(() => createSandbox({ policy: { modules: { javascript: ['a'] } } })).toThrow(/"a"/);
    expect(() => createSandbox({ policy: { network: { allow: ['*'] } } })).toThrow(/network/);
    expect(() => createSandbox({ secrets: { TOKEN: 'a-long-value' } })).toThrow(/policy\.secrets/);
    expect(() => createSandbox({ egressProxy: { url: 'ftp://x', token: 'x' } })).toThrow(/egressProxy\.url/);
    expect(dataOf(await sandbox.run(js('1')))).toBe(1);
  });
});
