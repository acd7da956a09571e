import { describe, expect, test } from 'vitest';
import { WasmFormatError } from '../../../src/instrument/index.ts';
import { Reader } from '../../../src/instrument/reader.ts';
import { Writer } from '../../../src/instrument/writer.ts';

const read = (...bytes: readonly number[]): Reader => new Reader(Uint8Array.from(bytes), 0, bytes.length);

describe('Reader', () => {
  test.each([
    [[0x00], 0],
    [[0x7f], 127],
    [[0x80, 0x01], 128],
    [[0xe5, 0x8e, 0x26], 624485],
    [[0xff, 0xff, 0xff, 0xff, 0x0f], 0xffffffff],
    [[0x80, 0x80, 0x80, 0x80, 0x08], 0x80000000],
    [[0x80, 0x80, 0x80, 0x80, 0x00], 0],
  ])('reads %j as %d', (bytes, value) => {
    const reader = read(...bytes);
    expect(reader.u32()).toBe(value);
    expect(reader.done).toBe(true);
  });

  test.each([
    [[]],
    [[0x80]],
    [[0xff, 0xff, 0xff, 0xff, 0x1f]], // 33 bits
    [[0x80, 0x80, 0x80, 0x80, 0x80, 0x00]], // six bytes
  ])('refuses %j as a 32-bit number', bytes => {
    expect(() => read(...bytes).u32()).toThrow(WasmFormatError);
  });

  test('reads 64-bit numbers up to the largest and not past it', () => {
    const nine = new Array<number>(9).fill(0xff);
    expect(read(...nine, 0x01).u64()).toBe(2n ** 64n - 1n);
    expect(() => read(...nine, 0x02).u64()).toThrow('64 bits');
    expect(() => read(...nine, 0x80, 0x00).u64()).toThrow('64 bits');
  });

  test('never reads past its own end, though the bytes go on', () => {
    const reader = new Reader(Uint8Array.from([1, 2, 3, 4]), 1, 3);
    reader.skip(2);
    expect(() => reader.u8()).toThrow('unexpected end (at byte 3)');
    expect(() => reader.peek()).toThrow('unexpected end');
    expect(() => reader.skip(1)).toThrow('unexpected end');
    expect(() => new Reader(Uint8Array.from([4, 65, 66]), 0, 3).name(100)).toThrow('unexpected end');
  });

  test('keeps a byte order mark in a name and refuses what is not UTF-8', () => {
    expect(read(4, 0xef, 0xbb, 0xbf, 0x61).name(100)).toBe('\ufeffa');
    expect(() => read(2, 0xc0, 0x80).name(100)).toThrow('not UTF-8');
  });
});

describe('Writer', () => {
  test.each([0, 1, 127, 128, 16383, 16384, 0x7fffffff, 0x80000000, 0xffffffff])(
    'writes %d so that it reads back',
    value => {
      const out = new Writer(1);
      out.u32(value);
      expect(new Reader(out.toBytes(), 0, out.length).u32()).toBe(value);
    },
  );

  test.each([0n, 1n, -1n, 63n, 64n, -64n, -65n, 2n ** 31n - 1n, -(2n ** 31n), 2n ** 63n - 1n, -(2n ** 63n)])(
    'writes %d as the signed number the platform reads',
    value => {
      const out = new Writer();
      out.u8(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
      const init = new Writer();
      init.u8(1, 0x7e, 0, 0x42);
      init.signed(value);
      init.u8(0x0b);
      out.u8(6);
      out.sized(init.view());
      out.u8(7, 5, 1, 1, 0x67, 3, 0);
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(out.toBytes()));
      expect((exports['g'] as WebAssembly.Global).value).toBe(value);
    },
  );
});
