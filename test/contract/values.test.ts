import { afterAll, describe, expect, it } from 'vitest';
import type { Value } from '../../src/index.ts';
import { codeOf, dataOf, js, make } from './support.ts';

const sandbox = make();
afterAll(() => sandbox.close());

const VALUES: Readonly<Record<string, Value>> = {
  undefined,
  null: null,
  booleans: [true, false],
  numbers: [0, -0, 1.5, -1e300, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53],
  bigints: [0n, -1n, 2n ** 100n, -(2n ** 100n)],
  texts: ['', 'a\0b', 'é', '日本', '😀', '\ud800', '\u2028'],
  dates: [new Date(0), new Date(8.64e15), new Date(Number.NaN)],
  bytes: Uint8Array.from({ length: 300 }, (_, i) => i & 255),
  nested: { a: [{ b: { c: [1, [2, [3]]] } }] },
  map: new Map<Value, Value>([
    ['k', 1],
    [2, { deep: new Set(['x']) }],
  ]),
  set: new Set<Value>([1, 'a', null]),
  empty: [[], {}, '', new Uint8Array(0), new Map(), new Set()],
  'awkward keys': { constructor: 1, toString: 2, '': 3, 0: 4, 'a b': 5 },
};

describe('a value', () => {
  for (const [name, value] of Object.entries(VALUES)) {
    it(`comes back as it went: ${name}`, async () => {
      expect(dataOf(await sandbox.run(js('input', { input: value })))).toEqual(value);
    });
  }

  it('never pollutes a prototype', async () => {
    const result = dataOf(await sandbox.run(js('JSON.parse(\'{"__proto__":{"polluted":1}}\')'))) as object;
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
    expect(Object.hasOwn(result, '__proto__')).toBe(true);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('is data even when it looks like a promise', async () => {
    // biome-ignore lint/suspicious/noThenProperty: that is the point
    expect(dataOf(await sandbox.run(js('({ then: "x", catch: 1 })')))).toEqual({ then: 'x', catch: 1 });
  });

  it('that cannot cross is refused by its path', async () => {
    for (const [code, text] of [
      ['({ a: [() => {}] })', 'result.a[0] is a function'],
      ['Symbol("s")', 'symbol'],
      ['({ get a() { return 1 } })', 'getter'],
      ['const a = []; a.push(a); a', 'cycle'],
      ['new Proxy({}, {})', ''],
      ['[Promise.resolve()]', 'await it'],
    ] as const) {
      const result = await sandbox.run(js(code));
      if (result.success) expect(result.data).toEqual({});
      else expect(result.error.message).toContain(text);
    }
  });

  it('that nests too deep is refused, whatever its shape', async () => {
    expect(codeOf(await sandbox.run(js('let a = 1; for (let i = 0; i < 400; i++) a = [a]; a')))).toBe('ok');
    for (const code of [
      'let a = 1; for (let i = 0; i < 600; i++) a = [a]; a',
      'let a = {}; for (let i = 0; i < 1e5; i++) a = { a }; a',
    ]) {
      const result = await sandbox.run(js(code));
      expect(['OUTPUT_UNSUPPORTED', 'STACK_OVERFLOW', 'GUEST_ERROR']).toContain(codeOf(result));
    }
    expect(codeOf(await sandbox.run(js('1')))).toBe('ok');
  });

  it('that the caller cannot send is the caller’s mistake', async () => {
    const cyclic: { self?: unknown } = {};
    cyclic.self = cyclic;
    for (const input of [() => 1, { f() {} }, cyclic, Symbol('s')] as unknown[]) {
      await expect(sandbox.run(js('1', { input: input as Value }))).rejects.toMatchObject({
        code: 'INPUT_UNSUPPORTED',
      });
    }
  });
});
