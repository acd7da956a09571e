import { expect, test } from 'vitest';
import { Slots } from '../../../src/egress/slots.ts';

const never: AbortSignal = new AbortController().signal;

test('places are given in order, and never more than there are', async () => {
  const slots = new Slots(2);
  const order: number[] = [];
  const gives = await Promise.all([slots.take(never), slots.take(never)]);
  const waiting = [1, 2, 3].map(async number => {
    const give = await slots.take(never);
    order.push(number);
    return give;
  });
  await Promise.resolve();
  expect(order).toEqual([]);
  gives[0]?.();
  const give = await waiting[0];
  expect(order).toEqual([1]);
  // Giving back twice gives one place.
  gives[0]?.();
  give?.();
  give?.();
  await waiting[1];
  expect(order).toEqual([1, 2]);
  gives[1]?.();
  await waiting[2];
  expect(order).toEqual([1, 2, 3]);
});

test('who leaves the queue takes no place', async () => {
  const slots = new Slots(1);
  const first = await slots.take(never);
  const leaver = new AbortController();
  const left = slots.take(leaver.signal);
  const next = slots.take(never);
  leaver.abort();
  expect(await left).toBeNull();
  first?.();
  expect(await next).toBeTypeOf('function');
  expect(await slots.take(AbortSignal.abort())).toBeNull();
});
