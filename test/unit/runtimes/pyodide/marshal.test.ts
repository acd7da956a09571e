/** Marshalled values: what is written is read again, and no bytes whatever make the reader do anything but answer or refuse. */
import { expect, it } from 'vitest';
import type { Value } from '../../../../src/index.ts';
import { readMarshal, Unsupported } from '../../../../src/runtimes/pyodide/marshal-read.ts';
import { MarshalWriter } from '../../../../src/runtimes/pyodide/marshal-write.ts';

/** Numbers below `n`, the same ones for a seed. */
function dice(seed: number): (n: number) => number {
  let state = seed >>> 0 || 1;
  return n => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % n;
  };
}

const TEXTS = [
  '',
  'a',
  'key',
  'x'.repeat(255),
  'x'.repeat(256),
  'é',
  '日本',
  '🎈',
  '\ud800',
  'a\udc00\ud83c',
  '\0',
  '__proto__',
  'é'.repeat(300),
];
const NUMBERS = [
  0,
  1,
  -1,
  255,
  2 ** 31 - 1,
  -(2 ** 31),
  2 ** 31,
  2 ** 45 + 1,
  -(2 ** 45),
  Number.MAX_SAFE_INTEGER,
  -0,
  1.5,
  -1e300,
  Number.NaN,
  Number.POSITIVE_INFINITY,
];

function random(roll: (n: number) => number, depth: number): Value {
  const pick = <T>(list: readonly T[]): T => list[roll(list.length)] as T;
  switch (roll(depth > 0 ? 12 : 7)) {
    case 0:
      return null;
    case 1:
      return roll(2) === 0;
    case 2:
    case 3:
      return pick(NUMBERS);
    case 4:
      // Smaller ones come back as numbers.
      return (2n ** BigInt(54 + roll(400)) + BigInt(roll(1000))) * (roll(2) === 0 ? 1n : -1n);
    case 5:
      return pick(TEXTS);
    case 6:
      return new Uint8Array(roll(20)).map(() => roll(256));
    case 7:
    case 8:
      return Array.from({ length: roll(5) }, () => random(roll, depth - 1));
    case 9:
      return new Set(Array.from({ length: roll(4) }, () => random(roll, 0)));
    case 10:
      return new Map<Value, Value>([
        [roll(9), random(roll, depth - 1)],
        [pick(TEXTS), null],
      ]);
    default: {
      const object: Record<string, Value> = Object.create(null);
      for (let i = roll(5); i > 0; i--) object[pick(TEXTS)] = random(roll, depth - 1);
      return object;
    }
  }
}

function write(value: Value): Uint8Array {
  const writer = new MarshalWriter();
  writer.value(value);
  return writer.finish().slice();
}

it('what is written is read again', () => {
  for (let seed = 1; seed <= 3000; seed++) {
    const value = random(dice(seed * 7919), 4);
    expect(readMarshal(write(value), 0, { dates: false })).toEqual(value);
  }
});

it('dates are complex numbers, and only for who expects them', () => {
  const bytes = write([new Date(86_400_123), new Date(Number.NaN)]);
  expect(readMarshal(bytes, 0, { dates: true })).toEqual([new Date(86_400_123), new Date(Number.NaN)]);
  expect(() => readMarshal(bytes, 0, { dates: false })).toThrow(/complex/);
});

it('bytes that were changed, cut or made up are read or refused, and nothing else', () => {
  let read = 0;
  let refused = 0;
  for (let seed = 1; seed <= 20_000; seed++) {
    const roll = dice(seed * 104_729);
    const bytes = roll(4) === 0 ? new Uint8Array(roll(60)).map(() => roll(256)) : write(random(roll, 3));
    for (let i = roll(4); i > 0 && bytes.length > 0; i--) bytes[roll(bytes.length)] = roll(256);
    try {
      readMarshal(bytes.subarray(0, bytes.length - (roll(3) === 0 ? roll(bytes.length + 1) : 0)), 0, {
        dates: roll(2) === 0,
      });
      read++;
    } catch (error) {
      if (!(error instanceof Unsupported)) throw new Error(`seed ${seed}: ${String(error)}`);
      refused++;
    }
  }
  expect(read).toBeGreaterThan(2000);
  expect(refused).toBeGreaterThan(5000);
});

it('a count without its items takes no memory, and a deep value no stack', () => {
  for (const tag of ['[', '(', '<', '>', 's', 'u', 'a', 'l'])
    expect(() =>
      readMarshal(new Uint8Array([tag.charCodeAt(0), 0xff, 0xff, 0xff, 0x7f]), 0, { dates: false }),
    ).toThrow(Unsupported);
  const deep = new Uint8Array(5 * 100_000);
  for (let i = 0; i < deep.length; i += 5) deep.set([0x5b, 1, 0, 0, 0], i);
  expect(() => readMarshal(deep, 0, { dates: false })).toThrow(/deeper/);
});

it('what refers to itself, or to nothing, is refused', () => {
  const list = [0x80 | 0x5b, 1, 0, 0, 0, 0x72, 0, 0, 0, 0];
  expect(() => readMarshal(new Uint8Array(list), 0, { dates: false })).toThrow(/itself/);
  expect(readMarshal(new Uint8Array([0x72, 9, 0, 0, 0]), 0, { dates: false })).toBeUndefined();
});
