/** Native plugins: the same modules, the same answers and the same fuel everywhere. */
import { describe, expect, it } from 'vitest';
import type { RunOptions } from '../../src/index.ts';
import core from './native/core.wat';
import endlessStart from './native/endless-start.wat';
import extism from './native/extism.wat';
import functions from './native/functions.wat';
import start from './native/start.wat';
import { codeOf, dataOf, make } from './support.ts';

const wasm = (code: Uint8Array, more: Partial<RunOptions> = {}): RunOptions => ({
  runtime: 'wasm',
  code,
  ...more,
});
const call = (entry: string, ...input: (number | bigint)[]): RunOptions => wasm(functions, { entry, input });
const utf8 = new TextEncoder();

describe('functions over numbers', () => {
  it('take and return each type', async () => {
    await using sandbox = make();
    const answer = async (...args: Parameters<typeof call>): Promise<unknown> =>
      dataOf(await sandbox.run(call(...args)));
    expect(await answer('add', 2, 40)).toBe(42);
    expect(await answer('add', 0xffff_ffff, 0)).toBe(-1);
    expect(await answer('add', -(2 ** 31), -1)).toBe(2 ** 31 - 1);
    expect(await answer('mul', 2n ** 40n, 3)).toBe(3n * 2n ** 40n);
    expect(await answer('mul', 2n ** 63n, 1n)).toBe(-(2n ** 63n));
    expect(await answer('half', 3)).toBe(1.5);
    expect(await answer('root', 2)).toBe(Math.SQRT2);
    expect(await answer('swap', 1, 2n)).toEqual([2n, 1]);
    expect(await answer('nothing')).toBeUndefined();
    expect(dataOf(await sandbox.run(wasm(functions, { entry: 'root', input: 9 })))).toBe(3);
  });

  it('refuse arguments that do not fit, and say which', async () => {
    await using sandbox = make();
    const refused: [RunOptions, RegExp][] = [
      [call('add', 1), /add\(i32, i32\) was given 1/],
      [call('add', 1, 2, 3), /was given 3/],
      [call('add', 1, 1.5), /input\[1\] must be a whole number .*got 1\.5/],
      [call('add', 2 ** 32, 0), /input\[0\]/],
      [call('add', -(2 ** 31) - 1, 0), /input\[0\]/],
      [call('mul', 2n ** 64n, 0n), /input\[0\] must be a BigInt/],
      [call('mul', 2 ** 53, 0n), /safe integer/],
      [wasm(functions, { entry: 'root', input: ['2'] }), /must be a number \(f64\), got string/],
      [wasm(functions, { entry: 'root', input: { length: 1 } }), /got object/],
    ];
    for (const [options, message] of refused) {
      const result = await sandbox.run(options);
      expect(codeOf(result)).toBe('INPUT_UNSUPPORTED');
      expect(!result.success && result.error.message).toMatch(message);
    }
  });

  it('are found by name only, and never taken for anything else', async () => {
    await using sandbox = make();
    expect(dataOf(await sandbox.run(call('then')))).toBe(1);
    expect(dataOf(await sandbox.run(call('__proto__')))).toBe(2);
    for (const entry of [
      'constructor',
      'toString',
      'memory',
      'citadel:fuel',
      'citadel:start',
      'add ',
      'vector',
    ]) {
      expect(codeOf(await sandbox.run(call(entry))), entry).toBe('ENTRY_NOT_FOUND');
    }
    const unnamed = await sandbox.run(wasm(functions));
    expect(!unnamed.success && unnamed.error.message).toMatch(
      /^name the function to call as entry: "add", "mul"/,
    );
  });

  it('start in a fresh instance each time', async () => {
    await using sandbox = make();
    for (let i = 0; i < 3; i++) {
      expect(dataOf(await sandbox.run(call('count')))).toBe(1);
      expect(dataOf(await sandbox.run(call('remember')))).toBe(0);
    }
  });
});

describe('a start function', () => {
  it('runs before the first call', async () => {
    await using sandbox = make();
    expect(dataOf(await sandbox.run(wasm(start)))).toBe(1);
  });

  it('is held to the limits as well', async () => {
    await using sandbox = make({ timeoutMs: 100 });
    expect(await sandbox.run(wasm(endlessStart))).toMatchObject({
      error: { code: 'TIMEOUT' },
      report: { terminated: false },
    });
  });
});

describe('limits of native plugins', () => {
  it('stop what never ends, and keep the cell', async () => {
    await using sandbox = make({ timeoutMs: 100, memoryBytes: 16 * 1024 * 1024 });
    for (const entry of ['spin', 'tail', 'fill', 'tables']) {
      const result = await sandbox.run(call(entry));
      expect(result, entry).toMatchObject({ error: { code: 'TIMEOUT' }, report: { terminated: false } });
      expect(dataOf(await sandbox.run(call('add', 1, 1)))).toBe(2);
    }
  });

  it('count the same fuel for the same work, and end what needs one unit more', async () => {
    await using sandbox = make();
    const first = await sandbox.run(call('burn', 1_000_000));
    const second = await sandbox.run(call('burn', 1_000_000));
    expect(first.success && second.success).toBe(true);
    const fuel = first.report.usage.fuel as number;
    expect(second.report.usage.fuel).toBe(fuel);
    // The figure itself is part of the contract: it is the same in every environment.
    expect(fuel).toBe(7_000_002);
    expect(codeOf(await sandbox.run({ ...call('burn', 1_000_000), limits: { fuel } }))).toBe('ok');
    expect(codeOf(await sandbox.run({ ...call('burn', 1_000_000), limits: { fuel: fuel - 1 } }))).toBe(
      'FUEL_EXHAUSTED',
    );
  });

  it('bound memory: the last page is given, the next one refused', async () => {
    await using sandbox = make({ memoryBytes: 1024 * 1024 });
    expect(dataOf(await sandbox.run(call('grow', 15)))).toBe(1);
    expect(dataOf(await sandbox.run(call('grow', 16)))).toBe(-1);
    const { report } = await sandbox.run(call('grow', 15));
    expect(report.usage.memoryBytes).toBe(1024 * 1024);
  });

  it('bound the module itself', async () => {
    await using sandbox = make({ moduleBytes: functions.length });
    expect(codeOf(await sandbox.run(call('nothing')))).toBe('ok');
    await using small = make({ moduleBytes: functions.length - 1 });
    await expect(small.run(call('nothing'))).rejects.toMatchObject({ code: 'CODE_TOO_LARGE' });
  });

  it('leave a plugin that recurses or traps as its own failure', async () => {
    await using sandbox = make();
    expect(codeOf(await sandbox.run(call('deep')))).toBe('STACK_OVERFLOW');
    for (const entry of ['trap', 'outside', 'zero']) {
      expect(await sandbox.run(call(entry)), entry).toMatchObject({
        error: { code: 'GUEST_ERROR', guest: { name: 'Trap' } },
        report: { terminated: false },
      });
    }
    expect(dataOf(await sandbox.run(call('add', 1, 1)))).toBe(2);
  });
});

describe('the core interface', () => {
  it('carries JSON and bytes both ways', async () => {
    await using sandbox = make();
    const value = { a: [1, 'zwei ☃', null], __proto__: undefined, nested: { deep: true } };
    expect(dataOf(await sandbox.run(wasm(core, { input: value })))).toEqual(value);
    expect(dataOf(await sandbox.run(wasm(core, { input: 'text' })))).toBe('text');
    expect(dataOf(await sandbox.run(wasm(core)))).toBeUndefined();
    const bytes = new Uint8Array([0, 255, 128]);
    expect(dataOf(await sandbox.run(wasm(core, { input: bytes })))).toEqual(bytes);
    const long = 'x'.repeat(200_000);
    expect(dataOf(await sandbox.run(wasm(core, { input: long })))).toBe(long);
  });

  it('reads the answer as the caller wants it', async () => {
    await using sandbox = make();
    const run = async (input: string, output: 'auto' | 'json' | 'text' | 'bytes') =>
      sandbox.run(wasm(core, { input: utf8.encode(input), output }));
    expect(dataOf(await run('[1]', 'auto'))).toEqual([1]);
    expect(dataOf(await run('plain', 'auto'))).toBe('plain');
    expect(dataOf(await run('[1]', 'text'))).toBe('[1]');
    expect(dataOf(await run('[1]', 'bytes'))).toEqual(utf8.encode('[1]'));
    expect(codeOf(await run('plain', 'json'))).toBe('OUTPUT_UNSUPPORTED');
  });

  it('refuses an input that JSON has no form for', async () => {
    await using sandbox = make();
    for (const input of [{ a: 1n }, new Map([[1, 2]]), [new Set([1])], { b: new Uint8Array(1) }]) {
      expect(codeOf(await sandbox.run(wasm(core, { input })))).toBe('INPUT_UNSUPPORTED');
    }
  });

  it('reads no answer from outside the plugin’s memory', async () => {
    await using sandbox = make();
    for (const [input, code] of [
      ['1', 'GUEST_ERROR'],
      ['2', 'OUTPUT_TOO_LARGE'],
      ['3', 'GUEST_ERROR'],
    ] as const) {
      expect(codeOf(await sandbox.run(wasm(core, { input: utf8.encode(input) }))), input).toBe(code);
    }
  });

  it('holds the answer to its limit', async () => {
    await using sandbox = make({ outputBytes: 100 });
    const text = (length: number) => wasm(core, { input: utf8.encode('x'.repeat(length)), output: 'bytes' });
    expect(codeOf(await sandbox.run(text(80)))).toBe('ok');
    expect(codeOf(await sandbox.run(text(101)))).toBe('OUTPUT_TOO_LARGE');
  });
});

describe('an Extism plugin', () => {
  const plugin = (entry: string, input: string): RunOptions => wasm(extism, { entry, input });

  it('gets text, answers, and logs', async () => {
    await using sandbox = make();
    const result = await sandbox.run(plugin('echo', 'héllo'));
    expect(dataOf(result)).toBe('héllo');
    expect(result.report.logs).toMatchObject([{ level: 'info', text: 'héllo' }]);
    expect(dataOf(await sandbox.run(wasm(extism, { entry: 'echo', input: { n: 1 } })))).toEqual({ n: 1 });
  });

  it('has the policy’s env as configuration, and nothing inherited', async () => {
    await using sandbox = make({}, { env: { REGION: 'eu' } });
    expect(dataOf(await sandbox.run(plugin('config', 'REGION')))).toBe('eu');
    expect(dataOf(await sandbox.run(plugin('config', 'PATH')))).toBeUndefined();
    expect(dataOf(await sandbox.run(plugin('config', 'constructor')))).toBeUndefined();
  });

  it('keeps variables for one run', async () => {
    await using sandbox = make();
    expect(dataOf(await sandbox.run(plugin('variable', 'a')))).toBeUndefined();
    expect(dataOf(await sandbox.run(plugin('variable', 'a')))).toBeUndefined();
  });

  it('fails with its own words', async () => {
    await using sandbox = make();
    expect(await sandbox.run(plugin('fail', 'out of cheese'))).toMatchObject({
      error: { code: 'GUEST_ERROR', guest: { name: 'PluginError', message: 'out of cheese' } },
    });
  });

  it('is denied the network by name, and the report says what was asked for', async () => {
    await using sandbox = make();
    const request = JSON.stringify({ url: 'https://api.example.com:8443/x', method: 'GET' });
    const result = await sandbox.run(plugin('fetch', request));
    expect(codeOf(result)).toBe('POLICY_DENIED');
    expect(result.report.denials).toMatchObject([{ kind: 'network', subject: 'api.example.com:8443' }]);
  });

  it('cannot point outside the exchange memory, nor fill it without end', async () => {
    await using sandbox = make({ memoryBytes: 4 * 1024 * 1024 });
    expect(await sandbox.run(plugin('lie', ''))).toMatchObject({
      error: { code: 'GUEST_ERROR', guest: { name: 'BadPointer' } },
    });
    const hoard = await sandbox.run(plugin('hoard', ''));
    expect(codeOf(hoard)).toBe('ok');
    expect(hoard.report.usage.memoryBytes).toBeLessThanOrEqual(5 * 1024 * 1024);
    // Nothing of it is left for the next one.
    expect((await sandbox.run(plugin('echo', 'x'))).report.usage.memoryBytes).toBeLessThan(1024 * 1024);
  });
});

describe('a module that is not let in', () => {
  const hex = (text: string): Uint8Array =>
    Uint8Array.from(text.match(/../g) ?? [], byte => Number.parseInt(byte, 16));

  it('is refused before anything of it runs, and the sandbox goes on', async () => {
    await using sandbox = make();
    const cases: [string, Uint8Array, string, RegExp][] = [
      ['nothing', new Uint8Array(0), 'WASM_INVALID', /shorter than 8 bytes/],
      ['a script', hex('23212f62696e2f7368'), 'WASM_INVALID', /no \\0asm/],
      ['a component', hex('0061736d0d000100'), 'WASM_INVALID', /transpile it first/],
      ['a damaged one', hex('0061736d01000000010500'), 'WASM_INVALID', /at byte/],
    ];
    for (const [name, code, expected, message] of cases) {
      const result = await sandbox.run(wasm(code));
      expect(codeOf(result), name).toBe(expected);
      expect(!result.success && result.error.message, name).toMatch(message);
      expect(result.report.usage.fuel).toBeNull();
    }
    expect(codeOf(await sandbox.run(call('nothing')))).toBe('ok');
  });

  it('is the caller’s mistake when it is no Uint8Array', async () => {
    await using sandbox = make();
    await expect(sandbox.run({ runtime: 'wasm', code: 'AGFzbQ' })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('Uint8Array'),
    });
    await expect(sandbox.run({ runtime: 'javascript', code: functions })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    await expect(sandbox.run({ runtime: 'javascript', code: '1', entry: 'x' })).rejects.toMatchObject({
      message: 'entry is an option of the runtime "wasm"',
    });
  });
});

describe('cells of native plugins', () => {
  it('serve runs side by side with cells of scripts', async () => {
    await using sandbox = make({ concurrency: 2 });
    const results = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        i % 2 === 0
          ? sandbox.run(call('add', i, 1))
          : sandbox.run({ runtime: 'javascript', code: 'input + 1', input: i }),
      ),
    );
    expect(results.map(dataOf)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
  });

  it('keep what the caller passed: a change of the bytes afterwards is another module', async () => {
    await using sandbox = make();
    const bytes = new Uint8Array(start);
    expect(dataOf(await sandbox.run(wasm(bytes)))).toBe(1);
    // i32.const 1 of the start function becomes i32.const 2.
    const at = bytes.findIndex((byte, i) => byte === 0x41 && bytes[i + 1] === 1 && bytes[i + 2] === 0x24);
    bytes[at + 1] = 2;
    const running = sandbox.run(wasm(bytes));
    bytes.fill(0);
    expect(dataOf(await running)).toBe(2);
    expect(codeOf(await sandbox.run(wasm(bytes)))).toBe('WASM_INVALID');
  });

  it('cancel a run that computes', async () => {
    await using sandbox = make({ timeoutMs: 10_000 });
    const stop = new AbortController();
    const running = sandbox.run({ ...call('spin'), signal: stop.signal });
    setTimeout(() => stop.abort(), 50);
    expect(codeOf(await running)).toBe('CANCELLED');
    expect(codeOf(await sandbox.run(call('nothing')))).toBe('ok');
  });
});
