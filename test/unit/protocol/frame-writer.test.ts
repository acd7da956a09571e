import { describe, expect, test } from 'vitest';
import { FrameWriter } from '../../../src/protocol/frame-writer.ts';
import { seeded } from './random.ts';

function utf8(text: string, maxBytes?: number): Uint8Array {
  const writer = new FrameWriter(9);
  writer.text(text, maxBytes);
  return writer.take().slice(4);
}

describe('FrameWriter.text writes UTF-8', () => {
  test.each([
    '',
    'a',
    'é',
    'Ω',
    '字',
    '\u{1F600}',
    '\ud800',
    '\udc00\ud800',
    'a\ud83dz',
    '\0',
    '\uffff',
    '\u07ff\u0800',
  ])('of %j as TextEncoder does', text => {
    expect(utf8(text)).toEqual(new TextEncoder().encode(text));
  });

  test('of random UTF-16 as TextEncoder does', () => {
    for (let seed = 1; seed <= 500; seed++) {
      const random = seeded(seed);
      const ranges = [0x80, 0x800, 0x10000];
      const units = Array.from({ length: random.int(50) }, () =>
        random.int(3) === 0 ? 0xd800 + random.int(0x800) : random.int(random.pick(ranges)),
      );
      const text = String.fromCharCode(...units);
      expect(utf8(text), `seed ${seed}`).toEqual(new TextEncoder().encode(text));
    }
  });

  test('and cuts between characters', () => {
    const text = 'aé字\u{1F600}';
    const decoder = new TextDecoder('utf-8', { fatal: true });
    for (let max = 0; max <= 12; max++) {
      const bytes = utf8(text, max);
      expect(bytes.length).toBeLessThanOrEqual(max);
      expect(text.startsWith(decoder.decode(bytes))).toBe(true);
    }
    expect(utf8(text, 10)).toEqual(new TextEncoder().encode(text));
    expect(utf8(text, 9)).toEqual(new TextEncoder().encode('aé字'));
  });
});

test('FrameWriter lays frames out as documented, and starts over after take', () => {
  const writer = new FrameWriter(9);
  writer
    .begin(4, 0x01020304)
    .u8(5)
    .u32(6)
    .f64(1)
    .chunk(new Uint8Array([9]))
    .raw(new Uint8Array([8]));
  expect(writer.text('hé')).toBe(3);
  writer.end();
  expect(writer.length).toBe(9 + 1 + 4 + 8 + 5 + 1 + 7);
  expect([...writer.take()]).toEqual([
    4, 4, 3, 2, 1, 26, 0, 0, 0, 5, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 1, 0, 0, 0, 9, 8, 3, 0, 0, 0,
    0x68, 0xc3, 0xa9,
  ]);
  expect(writer.length).toBe(0);
  writer.begin(1, 0).end();
  writer.reset();
  expect(writer.take()).toEqual(new Uint8Array());
});
