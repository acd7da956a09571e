import { expect, test } from 'vitest';
import { countedUpload } from '../../../src/egress/upload.ts';

test('pieces pass while they are allowed, and the producer is told when they are not', async () => {
  let isTold = false;
  const producer = (async function* () {
    try {
      for (;;) yield new Uint8Array(10);
    } finally {
      isTold = true;
    }
  })();
  let left = 25;
  const body = countedUpload(
    producer,
    bytes => {
      left -= bytes;
      return left >= 0;
    },
    new AbortController().signal,
  );
  let passed = 0;
  await expect(async () => {
    for await (const piece of body) passed += piece.length;
  }).rejects.toThrow(RangeError);
  expect([passed, isTold]).toEqual([20, true]);
});

test('a producer that never goes on is left at the end of the request', async () => {
  const stop = new AbortController();
  let returned = 0;
  const body = countedUpload(
    {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => {}),
        return: async () => {
          returned += 1;
          return { done: true, value: undefined };
        },
      }),
    },
    () => true,
    stop.signal,
  );
  const first = body.next();
  stop.abort();
  await expect(first).rejects.toThrow('aborted');
  expect(returned).toBe(1);
});
