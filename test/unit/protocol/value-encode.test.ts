import vm from 'node:vm';
import { describe, expect, test } from 'vitest';
import { SandboxError } from '../../../src/core/errors.ts';
import { decodeValue, encodeValue } from '../../../src/protocol/value-codec.ts';

const CAPS = { bytes: 1024 * 1024 };

function refusal(value: unknown, bytes = CAPS.bytes): { code: string; message: string } {
  try {
    encodeValue(value, { bytes });
  } catch (error) {
    if (error instanceof SandboxError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('the value was accepted');
}

const crossing = (value: unknown): unknown => decodeValue(encodeValue(value, CAPS), CAPS);

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

describe('encodeValue names what does not cross, and where', () => {
  class Account {}
  const thrower = {
    get a(): never {
      throw new Error('no');
    },
  };
  test.each<[unknown, string]>([
    [() => {}, 'input is a function'],
    [Symbol('s'), 'input is a symbol'],
    [{ items: [1, 2, 3, { f() {} }] }, 'input.items[3].f is a function'],
    [{ 'a b': { é: Symbol('s') } }, 'input["a b"].é is a symbol'],
    [{ '\u202e\n': { a: Symbol('s') } }, 'input["\ufffd "].a is a symbol'],
    [new Map([[{ a: () => {} }, 1]]), 'input<key 0>.a is a function'],
    [
      {
        m: new Map<unknown, unknown>([
          [1, 1],
          [2, Symbol('s')],
        ]),
      },
      'input.m<value 1> is a symbol',
    ],
    [new Set([1, [Symbol('s')]]), 'input<item 1>[0] is a symbol'],
    [[new Account()], 'input[0] is an instance of Account; only plain objects'],
    [Promise.resolve(1), 'input is an instance of Promise; only plain'],
    [new Error('x'), 'input is an instance of Error; only plain'],
    [/x/, 'input is an instance of RegExp; only plain'],
    [new Number(1), 'input is an instance of Number; only plain'],
    [new WeakMap(), 'input is an instance of WeakMap; only plain'],
    [new Float32Array(1), 'input is a Float32Array; pass a Uint8Array'],
    [new ArrayBuffer(1), 'input is an ArrayBuffer; pass new Uint8Array(buffer)'],
    [new Proxy(new Uint8Array(1), {}), 'input is an instance of Uint8Array'],
    [thrower, 'input.a could not be read'],
    [
      {
        x: new Proxy(
          {},
          {
            ownKeys: () => {
              throw new Error('no');
            },
          },
        ),
      },
      'input.x could not be read',
    ],
    [
      {
        x: new Proxy(
          {},
          {
            getPrototypeOf: () => {
              throw new Error('no');
            },
          },
        ),
      },
      'input.x could not be read',
    ],
    [2n ** 1_048_575n, 'input is a BigInt of more than 1048575 bits'],
    [-(2n ** 1_048_575n) - 1n, 'input is a BigInt of more than 1048575 bits'],
    [nested(501), '… is nested deeper than 500'],
  ])('case %#', (value, message) => {
    const found = refusal(value);
    expect(found.code).toBe('INPUT_UNSUPPORTED');
    expect(found.message).toContain(message);
    expect(found.message.length).toBeLessThan(400);
  });

  test('cycles, however they close', () => {
    const cyclic: { a: { b: unknown[] } } = { a: { b: [1, {}] } };
    (cyclic.a.b[1] as { c?: unknown }).c = cyclic.a;
    expect(refusal(cyclic).message).toBe('input.a.b[1].c refers back to input.a; pass a tree without cycles');
    const map = new Map<unknown, unknown>();
    map.set(1, [map]);
    expect(refusal(map).message).toBe('input<value 0>[0] refers back to input; pass a tree without cycles');
    const heavy: { text: string; self?: unknown } = { text: 'x'.repeat(100_000) };
    heavy.self = heavy;
    expect(refusal(heavy).message).toContain('refers back to input');
  });
});

describe('encodeValue bounds the size', () => {
  test('at the cap and past it', () => {
    for (const value of [
      'x'.repeat(1000),
      { key: ['Ω'.repeat(500)] },
      new Uint8Array(500),
      new Map([[1, 'y'.repeat(50)]]),
      2n ** 999n,
    ]) {
      const { length } = encodeValue(value, CAPS);
      expect(encodeValue(value, { bytes: length })).toHaveLength(length);
      expect(refusal(value, length - 1)).toEqual({
        code: 'INPUT_TOO_LARGE',
        message: `input needs more than ${length - 1} bytes when encoded`,
      });
    }
  });

  test('while encoding, for what a few references make exponential', () => {
    let bomb: unknown = 'x';
    for (let i = 0; i < 100; i++) bomb = [bomb, bomb];
    expect(refusal(bomb).code).toBe('INPUT_TOO_LARGE');
    const endless: unknown = new Proxy([], { get: (_, key) => (key === 'length' ? 2 ** 32 - 1 : 'x') });
    expect(refusal(endless).code).toBe('INPUT_TOO_LARGE');
    expect(refusal(new Array(2 ** 32 - 1)).code).toBe('INPUT_TOO_LARGE');
    const hall: unknown = new Proxy(
      {},
      {
        ownKeys: () => ['a'],
        getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
        get: (_, key, self) => (typeof key === 'string' ? { self } : undefined),
      },
    );
    expect(refusal(hall).code).toBe('INPUT_UNSUPPORTED');
  });

  test('but always lets undefined through', () => {
    expect(encodeValue(undefined, { bytes: 0 })).toEqual(new Uint8Array([0, 5, 0, 2]));
  });
});

describe('encodeValue carries', () => {
  test('holes as undefined', () => {
    const holey: unknown[] = [1];
    holey[2] = 3;
    expect(crossing(holey)).toStrictEqual([1, undefined, 3]);
  });

  test('objects without a prototype and of another realm as plain ones', () => {
    expect(crossing(Object.assign(Object.create(null), { a: 1 }))).toStrictEqual({ a: 1 });
    const foreign: unknown = vm.runInNewContext(
      '({ o: { a: [1] }, d: new Date(5), m: new Map([[1, 2]]), s: new Set([3]), u: new Uint8Array([4]) })',
    );
    expect(crossing(foreign)).toStrictEqual({
      o: { a: [1] },
      d: new Date(5),
      m: new Map([[1, 2]]),
      s: new Set([3]),
      u: new Uint8Array([4]),
    });
  });

  test('what subclasses of carried types hold, by brand', () => {
    class Later extends Date {
      override getTime(): number {
        return -1;
      }
    }
    class Odd extends Map<string, number> {
      override get size(): number {
        return 99;
      }
      override *[Symbol.iterator](): MapIterator<[string, number]> {}
    }
    expect(crossing([new Later(5), new Odd([['a', 1]])])).toStrictEqual([new Date(5), new Map([['a', 1]])]);
    expect(crossing(Buffer.from([1, 2]))).toStrictEqual(new Uint8Array([1, 2]));
    expect(crossing(new Uint8Array(new SharedArrayBuffer(2)))).toStrictEqual(new Uint8Array(2));
  });

  test('own enumerable string keys only', () => {
    const value = Object.defineProperty({ a: 1, [Symbol('s')]: 2 }, 'hidden', { value: 3 });
    expect(crossing(value)).toStrictEqual({ a: 1 });
    expect(crossing(Object.assign([1], { extra: 2 }))).toStrictEqual([1]);
  });

  test('shared references, each time they occur', () => {
    const shared = { a: 1 };
    const [one, two] = crossing([shared, shared]) as readonly unknown[];
    expect([one, two]).toStrictEqual([shared, shared]);
    expect(one).not.toBe(two);
  });

  test('what each property answers the first time, Maps or not', () => {
    for (const extra of [null, new Map([[1, 2]])]) {
      let reads = 0;
      const value = {
        get n(): number {
          return ++reads;
        },
        extra,
      };
      expect(crossing(value)).toStrictEqual({ n: 1, extra });
      expect(reads).toBe(1);
    }
  });

  test('a value whose getter encodes another one', () => {
    const value = {
      a: 'x'.repeat(100),
      get b(): unknown {
        return crossing({ inner: ['y'.repeat(100)] });
      },
      c: 1,
    };
    expect(crossing(value)).toStrictEqual({ a: 'x'.repeat(100), b: { inner: ['y'.repeat(100)] }, c: 1 });
  });
});
