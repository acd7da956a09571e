import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Value } from '../../../src/core/value.ts';
import { decodeValue, encodeValue, ProtocolError } from '../../../src/protocol/value-codec.ts';
import { type Engine, startEngine } from './engine.ts';
import { randomValue, seeded, show } from './random.ts';

const CAPS = { bytes: 4 * 1024 * 1024 };
const HOLEY: unknown[] = [1];
HOLEY[2] = 3;
let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine.dispose());

/** Through the engine and back. A wrapped value keeps its wrappers there: unwrapping is the guest's business. */
function roundTrip(value: Value): Value {
  const wire = encodeValue(value, CAPS);
  engine.load(wire);
  const back = engine.encode('v', wire[0]);
  if (back === null) throw new Error('the engine refused its own value');
  return decodeValue(back, CAPS);
}

function nested(depth: number): Value {
  let value: Value = 1;
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}

describe('a value crosses the real engine unchanged', () => {
  test.each<[string, Value]>([
    ['null', null],
    ['undefined', undefined],
    ['true', true],
    ['-0', -0],
    ['NaN', Number.NaN],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['an int32', -(2 ** 31)],
    ['past int32', 2 ** 31],
    ['NUL in a string', 'a\0b'],
    ['a lone surrogate', 'a\ud800'],
    ['long Latin-1', 'ÿ'.repeat(10_000)],
    ['long ASCII', 'x'.repeat(10_000)],
    ['long UTF-16', '\u{1F600}'.repeat(10_000)],
    ['the largest BigInt', 2n ** 1_048_575n - 1n],
    ['the smallest BigInt', -(2n ** 1_048_574n)],
    ['an invalid Date', new Date(Number.NaN)],
    ['a Date before 1970', new Date(-1.5)],
    ['bytes', new Uint8Array([0, 255])],
    [
      'keys of all kinds',
      { 1: 1, '01': 2, '-1': 3, 999999999: 4, 2147483647: 5, 2147483648: 6, '': 7, é: 8, 字: 9 },
    ],
    ['an own __proto__', JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":2}}')],
    ['a thenable', JSON.parse('{"then":"x","catch":1}')],
    ['500 levels', nested(500)],
    [
      'a Map',
      new Map<Value, Value>([
        [{ a: 1 }, [2]],
        ['k', new Set([1, 'A', ['A']])],
      ]),
    ],
    ['a Map in 500 levels', [new Map(), nested(499)]],
    ['look-alikes of wrappers', [['A', 1], ['O', []], new Map(), { O: ['M', []] }]],
    ['an object with odd keys beside a Map', { m: new Map(), ...JSON.parse('{"__proto__":1,"toString":2}') }],
  ])('%s', (_, value) => {
    expect(show(roundTrip(value))).toBe(show(value));
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  test('random ones', () => {
    for (let seed = 1; seed <= 1500; seed++) {
      const value = randomValue(seeded(seed), seed % 2 === 0);
      expect(show(roundTrip(value)), `seed ${seed}`).toBe(show(value));
    }
  });
});

test('the guest sees what the host meant', () => {
  const see = (value: unknown, expression: string): string => {
    engine.load(encodeValue(value, CAPS));
    return engine.text(expression);
  };
  expect(see({ a: HOLEY }, 'JSON.stringify(v)')).toBe('{"a":[1,null,3]}');
  expect(see(HOLEY, '1 in v && v[1] === undefined')).toBe('true');
  expect(see(new Date(5), 'v instanceof Date && v.getTime()')).toBe('5');
  expect(see(Buffer.from('hi'), 'v instanceof Uint8Array && v.join()')).toBe('104,105');
  expect(see(new Uint8Array([1, 2, 3, 4]).subarray(1, 3), '[v, v.buffer.byteLength].join()')).toBe('2,3,2');
  expect(see(JSON.parse('{"__proto__":1}'), 'Object.hasOwn(v, "__proto__")')).toBe('true');
  expect(see('\ud800\0', 'v.charCodeAt(0) + v.length')).toBe(String(0xd800 + 2));
  expect(see(new Map([[1, new Set()]]), 'JSON.stringify(v)')).toBe('["M",[1,["S",[]]]]');
  expect(see({ a: [new Map()] }, 'JSON.stringify(v)')).toBe('["O",["a",["A",["M",[]]]]]');
});

describe('what the engine writes and a value has no place for is unsupported, not malformed', () => {
  test.each([
    ['(() => { const a = {}; a.a = [a]; return a })()', 'a cycle'],
    ['new Number(1)', 'a boxed primitive'],
    ['[new ArrayBuffer(1)]', 'an ArrayBuffer'],
    ['new Float64Array(1)', 'a typed array other than Uint8Array'],
    ['(() => { const b = new ArrayBuffer(1); return [new Uint8Array(b), b] })()', 'an ArrayBuffer'],
    [
      '(() => { let a = []; for (let i = 0; i < 500; i++) a = [a]; return a })()',
      'objects nested deeper than 500',
    ],
  ])('%s', (expression, what) => {
    const wire = engine.encode(expression);
    expect(wire).not.toBeNull();
    expect(() => decodeValue(wire as Uint8Array, CAPS)).toThrow(
      expect.objectContaining({
        name: 'ProtocolError',
        reason: 'unsupported',
        message: expect.stringContaining(`the value contains ${what}`),
      }),
    );
  });

  test.each([
    '() => 1',
    'new Map()',
    'Symbol()',
    '/a/',
    '({ get a() { return 1 } })',
    'new Proxy({}, {})',
    'new Error("x")',
  ])('the engine itself refuses %s', expression => {
    expect(engine.encode(expression)).toBeNull();
  });
});

test('shared references arrive as shared objects, and views of one buffer share it', () => {
  const shared = decodeValue(engine.encode('(() => { const a = {}; return [a, a] })()') as Uint8Array, CAPS);
  const [one, two] = shared as readonly Value[];
  expect(one).toBe(two);
  const views = decodeValue(
    engine.encode(
      '(() => { const b = new Uint8Array([1, 2, 3]); return [b, b.subarray(1)] })()',
    ) as Uint8Array,
    CAPS,
  ) as readonly Uint8Array[];
  expect(views).toStrictEqual([new Uint8Array([1, 2, 3]), new Uint8Array([2, 3])]);
  expect(views[0]?.buffer).toBe(views[1]?.buffer);
});

test('a setter on Object.prototype does not see guest data', () => {
  const seen: unknown[] = [];
  Object.defineProperty(Object.prototype, 'should', {
    set: value => seen.push(value),
    get: () => 1,
    configurable: true,
  });
  try {
    for (const collections of [[], [new Map()]]) {
      const wire = encodeValue({ collections, should: 2 }, CAPS);
      expect(Object.getOwnPropertyDescriptor(decodeValue(wire, CAPS), 'should')?.value).toBe(2);
    }
    expect(seen).toEqual([]);
  } finally {
    delete (Object.prototype as { should?: unknown }).should;
  }
});

describe('decodeValue refuses', () => {
  const leb = (value: number): number[] =>
    value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)];
  test.each<[string, number[]]>([
    ['nothing', []],
    ['an unknown mode', [2, 5, 0, 1]],
    ['another version', [0, 4, 0, 1]],
    ['a missing value', [0, 5, 0]],
    ['bytes after the value', [0, 5, 0, 1, 1]],
    ['unknown tags', [0, 5, 0, 200]],
    ['bytecode', [0, 5, 0, 12]],
    ['a module', [0, 5, 0, 13]],
    ['the encoder’s own notes', [0, 5, 0, 64, 0]],
    ['more atoms than bytes', [0, 5, ...leb(2 ** 31), 1]],
    ['an array longer than the bytes', [0, 5, 0, 9, ...leb(2 ** 32 - 1), 1]],
    ['arrays that together announce more than the bytes', [0, 5, 0, 9, 9, 9, 9, 9, 9, 1, 1, 1, 1, 1, 1, 1]],
    ['an object larger than the bytes', [0, 5, 0, 8, ...leb(2 ** 31)]],
    ['a key without an atom', [0, 5, 0, 8, 1, 2, 1]],
    ['the empty atom', [0, 5, 0, 8, 1, 0, 1]],
    ['a string past the end', [0, 5, 0, 7, ...leb(1000), 65]],
    ['a wide string past the end', [0, 5, 0, 7, 5, 65, 0]],
    ['a BigInt past the end', [0, 5, 0, 10, 5, 1]],
    ['a BigInt above the engine’s', [0, 5, 0, 10, ...leb(131_073), ...new Array(131_073).fill(1)]],
    ['a float past the end', [0, 5, 0, 6, 0, 0]],
    ['an integer of more than five bytes', [0, 5, 0, 5, 255, 255, 255, 255, 255, 1]],
    ['an integer of more than 32 bits', [0, 5, 0, 5, 255, 255, 255, 255, 31]],
    ['a reference to nothing', [0, 5, 0, 19, 0]],
    ['a reference past the table', [0, 5, 0, 9, 1, 19, 1]],
    ['a reference to an open container', [0, 5, 0, 9, 1, 19, 0]],
    ['a byte array that refers to itself', [0, 5, 0, 14, 2, 1, 0, 19, 0]],
    ['a byte array of no buffer', [0, 5, 0, 14, 2, 1, 0, 1]],
    ['a byte array larger than its buffer', [0, 5, 0, 14, 2, 2, 0, 15, 1, 0, 0]],
    ['a byte array past its buffer', [0, 5, 0, 14, 2, 1, 1, 15, 1, 0, 0]],
    ['a Date of a string', [0, 5, 0, 17, 7, 2, 65]],
    ['a bare object beside wrappers', [1, 5, 0, 8, 0]],
    ['an empty wrapper', [1, 5, 0, 9, 0]],
    ['an unmarked wrapper', [1, 5, 0, 9, 1, 1]],
    ['an unknown mark', [1, 5, 0, 9, 2, 7, 2, 81, 9, 0]],
    ['a wrapper of three', [1, 5, 0, 9, 3, 7, 2, 77, 9, 0, 1]],
    ['a wrapper without an inner array', [1, 5, 0, 9, 2, 7, 2, 77, 1]],
    ['an odd number of map parts', [1, 5, 0, 9, 2, 7, 2, 77, 9, 1, 1]],
    ['an object key that is no string', [1, 5, 0, 9, 2, 7, 2, 79, 9, 2, 1, 1]],
    ['a reference to an inner array', [1, 5, 0, 9, 2, 7, 2, 65, 19, 1]],
  ])('%s', (_, bytes) => {
    expect(() => decodeValue(new Uint8Array(bytes), CAPS)).toThrow(ProtocolError);
  });

  test('a value above the byte cap, and accepts one at it', () => {
    const wire = encodeValue('x'.repeat(100), CAPS);
    expect(decodeValue(wire, { bytes: wire.length })).toBe('x'.repeat(100));
    expect(() => decodeValue(wire, { bytes: wire.length - 1 })).toThrow(/exceeds its cap/);
    expect(decodeValue(encodeValue(undefined, { bytes: 0 }), { bytes: 0 })).toBeUndefined();
  });

  test('more number keys in one Map than can be forced to collide in bearable time', () => {
    const map = (size: number): Uint8Array =>
      encodeValue(new Map(Array.from({ length: size }, (_, i) => [i, 1])), CAPS);
    expect(decodeValue(map(30_000), CAPS)).toHaveProperty('size', 30_000);
    expect(() => decodeValue(map(30_001), CAPS)).toThrow(/number keys/);
    const texts = new Set(Array.from({ length: 50_000 }, (_, i) => `k${i}`));
    expect(decodeValue(encodeValue(texts, CAPS), CAPS)).toStrictEqual(texts);
  });

  test('more objects than memory should hold for so few bytes', () => {
    const wire = new Uint8Array(5 + 3 + 2 * 2_000_001);
    wire.set([0, 5, 0, 9, ...leb(2_000_001)]);
    for (let at = 4 + leb(2_000_001).length; at < wire.length; at += 2) wire[at] = 9;
    expect(() => decodeValue(wire, { bytes: 64 * 1024 * 1024 })).toThrow(/more than 2000000 objects/);
    // Within its own size as the limit it takes too long before it is too many.
    expect(() => decodeValue(wire, { bytes: wire.length })).toThrow(/more parts than can be read/);
  });
});

test('mutated and cut values end in a value or a ProtocolError', () => {
  const random = seeded(20_260_101);
  const corpus = Array.from({ length: 300 }, (_, i) =>
    encodeValue(randomValue(seeded(i + 9000), i % 2 === 0), CAPS),
  );
  let refused = 0;
  let accepted = 0;
  for (let round = 0; round < 30_000; round++) {
    let bytes = random.pick(corpus).slice();
    for (let edits = random.int(4); edits >= 0; edits--) {
      const at = random.int(bytes.length);
      const edit = random.int(5);
      if (edit === 0) bytes[at] = random.int(256);
      else if (edit === 1)
        bytes[at] = random.pick([0, 1, 2, 7, 8, 9, 14, 15, 17, 18, 19, 64, 65, 127, 128, 255]);
      else if (edit === 2) bytes = bytes.slice(0, at + 1);
      else if (edit === 3) bytes.copyWithin(at, random.int(bytes.length));
      else bytes[at] = (bytes[at] as number) ^ (1 << random.int(8));
    }
    try {
      decodeValue(bytes, CAPS);
      accepted++;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(1000);
  expect(accepted).toBeGreaterThan(1000);
});
