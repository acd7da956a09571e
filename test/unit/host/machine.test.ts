import { expect, test } from 'vitest';
import { Machine } from '../../../src/host/machine.ts';

test('as many start at once as there are processors, and owners take turns', () => {
  const machine = new Machine(2);
  const [many, one] = [{}, {}];
  const begun: string[] = [];
  const done = new Map<string, () => void>();
  const start = (owner: object, name: string): void =>
    void done.set(
      name,
      machine.start(owner, () => void begun.push(name)),
    );
  for (let i = 0; i < 5; i++) start(many, `many ${i}`);
  start(one, 'one');
  expect(begun).toEqual(['many 0', 'many 1']);
  done.get('many 0')?.();
  done.get('many 0')?.();
  expect(begun).toEqual(['many 0', 'many 1', 'many 2']);
  done.get('many 1')?.();
  expect(begun.at(-1)).toBe('one');
  // One that gives up while it waits takes no turn.
  done.get('many 3')?.();
  done.get('one')?.();
  expect(begun).toEqual(['many 0', 'many 1', 'many 2', 'one', 'many 4']);
  expect(machine.crowding).toBe(1);
  for (let i = 0; i < 6; i++) machine.ran(1);
  expect(machine.crowding).toBe(4);
});
