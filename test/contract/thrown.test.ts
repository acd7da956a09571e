/** What was thrown reaches the caller: name, message, code, cause, members and fields, in both languages. */
import { afterAll, describe, expect, it } from 'vitest';
import type { GuestThrow } from '../../src/index.ts';
import { dataOf, js, make } from './support.ts';

const sandbox = make();
afterAll(() => sandbox.close());

async function thrown(code: string, runtime: 'javascript' | 'python' = 'javascript'): Promise<GuestThrow> {
  const result = await sandbox.run({ runtime, code });
  const guest = result.success ? undefined : result.error.guest;
  if (guest === undefined) throw new Error(`nothing was thrown: ${JSON.stringify(result)}`);
  // It is written as JSON everywhere.
  expect(JSON.parse(JSON.stringify(guest))).toMatchObject({ name: guest.name, message: guest.message });
  return guest;
}

describe('what a JavaScript plugin threw', () => {
  it('has the name, message and code of a DOMException', async () => {
    for (const [code, name, number] of [
      ['btoa("Zoë €")', 'InvalidCharacterError', 5],
      ['atob("a")', 'InvalidCharacterError', 5],
      ['structuredClone(() => {})', 'DataCloneError', 25],
      ['AbortSignal.abort().throwIfAborted()', 'AbortError', 20],
      ['throw new DOMException("m", "QuotaExceededError")', 'QuotaExceededError', 22],
      ['crypto.getRandomValues(new Uint8Array(70000))', 'QuotaExceededError', 22],
    ] as const) {
      const guest = await thrown(code);
      expect(guest).toMatchObject({ name, code: number });
      expect(guest.message).not.toBe('');
    }
    const own = await thrown('throw new DOMException("m", "Own")');
    expect(own).toMatchObject({ name: 'Own', message: 'm' });
    expect(own.code).toBeUndefined();
  });

  it('has its causes, as deep as is kept', async () => {
    const code = 'throw new Error("a", { cause: new TypeError("b", { cause: { code: "C", why: "c" } }) })';
    expect(await thrown(code)).toMatchObject({
      message: 'a',
      cause: { name: 'TypeError', message: 'b', cause: { code: 'C', fields: { why: 'c' } } },
    });
    expect((await thrown('throw new Error("a", { cause: "text" })')).cause).toEqual({
      name: 'a value',
      message: 'text',
    });
    const circle = await thrown('const e = new Error("c"); e.cause = e; throw e');
    let depth = 0;
    for (let at = circle.cause; at !== undefined; at = at.cause) depth++;
    expect(depth).toBe(5);
  });

  it('has the members of an AggregateError', async () => {
    const guest = await thrown('await Promise.any([Promise.reject(new RangeError("a")), Promise.reject(2)])');
    expect(guest).toMatchObject({
      name: 'AggregateError',
      errors: [
        { name: 'RangeError', message: 'a' },
        { name: 'a value', message: '2' },
      ],
    });
    const many =
      'throw new AggregateError(Array.from({ length: 1000 }, (_, i) => new Error("e" + i)), "all")';
    expect((await thrown(many)).errors).toHaveLength(10);
  });

  it('has its own fields, as data', async () => {
    const code = `class HttpError extends Error { name = 'HttpError'; status = 404; get body() { return 1 } }
      throw Object.assign(new HttpError('no'), { code: 'E_HTTP', headers: { a: ['b'] }, at: new Date(0), size: 10n, send() {}, url: new URL('https://a.example') })`;
    expect(await thrown(code)).toMatchObject({
      name: 'HttpError',
      message: 'no',
      code: 'E_HTTP',
      fields: { status: 404, headers: { a: ['b'] }, at: new Date(0), size: '10' },
    });
    expect(Object.keys((await thrown(code)).fields ?? {})).toEqual(['status', 'headers', 'at', 'size']);
  });

  it('is told although it is no error', async () => {
    expect(await thrown('throw { code: 5, reason: "no" }')).toMatchObject({
      code: 5,
      fields: { reason: 'no' },
    });
    expect(await thrown('throw { message: "m", status: 1 }')).toMatchObject({
      message: 'm',
      fields: { status: 1 },
    });
    expect(await thrown('throw null')).toMatchObject({ name: 'a value', message: 'null' });
    expect(await thrown('Promise.reject({ code: 7 }); 1')).toMatchObject({ code: 7 });
  });

  it('can neither run code nor grow while it is told', async () => {
    const big =
      'const e = new Error("big"); for (let i = 0; i < 5000; i++) e["k" + i] = "v".repeat(5000); e.nest = {}; let at = e.nest; for (let i = 0; i < 1000; i++) at = at.x = {}; throw e';
    const guest = await thrown(big);
    expect(Object.keys(guest.fields ?? {}).length).toBeLessThanOrEqual(20);
    expect(JSON.stringify(guest).length).toBeLessThan(20_000);
    const traps = `Object.prototype.get = () => 1; Array.prototype[Symbol.iterator] = null; Object.keys = null;
      throw Object.defineProperty(new Error('t'), 'g', { get() { throw 5 }, enumerable: true })`;
    expect(await thrown(traps)).toMatchObject({ message: 't' });
    const proxy =
      'throw new Proxy(new Error("p"), { getOwnPropertyDescriptor() { throw 1 }, ownKeys() { throw 2 } })';
    expect((await thrown(proxy)).name).toBe('a value');
    const polluted = await thrown(
      'throw JSON.parse(\'{"message":"m","__proto__":{"x":1},"constructor":1}\')',
    );
    expect(Object.getPrototypeOf(polluted.fields)).toBe(Object.prototype);
    expect(Object.hasOwn(polluted.fields ?? {}, '__proto__')).toBe(true);
    expect((await thrown('throw Object.assign(new Error("c"), { a: "\\u202e\\u0007" })')).fields).toEqual({
      a: '\ufffd\ufffd',
    });
    expect(dataOf(await sandbox.run(js('1 + 1')))).toBe(2);
  });
});

describe('what a Python plugin raised', () => {
  it('has its cause, members, notes, number and fields', async () => {
    const caused = await thrown(
      [
        'try:',
        '    1 / 0',
        'except ZeroDivisionError as cause:',
        '    error = ValueError("outer")',
        '    error.status = 404',
        '    error.body = {"a": [1, {"b": None}]}',
        '    error.add_note("look here")',
        '    raise error from cause',
      ].join('\n'),
      'python',
    );
    expect(caused).toMatchObject({
      name: 'ValueError',
      message: 'outer',
      cause: { name: 'ZeroDivisionError' },
      fields: { status: 404, body: { a: [1, { b: null }] }, __notes__: ['look here'] },
    });
    expect(
      await thrown('raise ExceptionGroup("g", [ValueError("a"), OSError(2, "no")])', 'python'),
    ).toMatchObject({
      errors: [{ name: 'ValueError', message: 'a' }, { code: 2 }],
    });
    expect((await thrown('open("/nope")', 'python')).code).toBeTypeOf('number');
  });

  it('is told although its class works against that', async () => {
    const code = [
      'class E(Exception):',
      '    def __str__(self): raise RuntimeError',
      '    @property',
      '    def __dict__(self): raise RuntimeError',
      'raise E("q")',
    ].join('\n');
    expect(await thrown(code, 'python')).toMatchObject({ name: 'E' });
    expect(dataOf(await sandbox.run({ runtime: 'python', code: '1 + 1' }))).toBe(2);
  });
});
