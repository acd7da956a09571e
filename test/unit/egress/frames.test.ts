import { expect, test } from 'vitest';
import {
  ByteSource,
  encodeFrame,
  FRAME_DATA,
  FRAME_END,
  MOST_FRAME_BYTES,
  readFrame,
} from '../../../src/platform/net-frames.ts';

function sourceOf(pieces: readonly Uint8Array[]): ByteSource {
  const left = [...pieces];
  return new ByteSource(async () => left.shift() ?? null);
}

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

/** Two frames one after the other. */
const WHOLE: Uint8Array = new Uint8Array([
  ...encodeFrame(FRAME_DATA, bytes(1, 2, 3)),
  ...encodeFrame(FRAME_END, bytes()),
]);

test('frames are read wherever the stream is cut', async () => {
  for (let size = 1; size <= WHOLE.length; size++) {
    const pieces: Uint8Array[] = [bytes()];
    for (let at = 0; at < WHOLE.length; at += size) pieces.push(WHOLE.subarray(at, at + size), bytes());
    const source = sourceOf(pieces);
    expect(await readFrame(source)).toEqual({ type: FRAME_DATA, payload: bytes(1, 2, 3) });
    expect(await readFrame(source)).toEqual({ type: FRAME_END, payload: bytes() });
    expect(await readFrame(source)).toBeNull();
  }
});

test('a stream that ends within a frame is not taken for its end', async () => {
  const first = encodeFrame(FRAME_DATA, bytes(1, 2, 3));
  for (let length = 1; length < first.length; length++) {
    await expect(readFrame(sourceOf([first.subarray(0, length)])), String(length)).rejects.toMatchObject({
      fault: 'reset',
    });
  }
});

test('a frame that is too long is refused before it is gathered', async () => {
  const start = bytes(0, 0, 0, 0, FRAME_DATA);
  new DataView(start.buffer).setUint32(0, MOST_FRAME_BYTES + 1);
  await expect(readFrame(sourceOf([start]))).rejects.toMatchObject({ fault: 'protocol' });
});

test('what follows an amount is not lost', async () => {
  const source = sourceOf([bytes(1, 2, 3, 4), bytes(5)]);
  expect(await source.take(2)).toEqual(bytes(1, 2));
  expect([await source.rest(), await source.rest(), await source.rest()]).toEqual([
    bytes(3, 4),
    bytes(5),
    null,
  ]);
});
