/** The soak in short (bench/soak-python.ts): every kind of guest after every other, in one pool, under several domains. */
import { expect, it } from 'vitest';
import { guestRun, PYTHON_GUESTS, type PythonGuest } from '../../../bench/python-guests.ts';
import { createSandbox, type ExecutionResult } from '../../../src/index.ts';

const ROUNDS = 6;
/** Coprime to the number of guests: another one is before each in every round. */
const STEPS = [1, 5, 7, 11, 13, 17];
const MB = 1024 * 1024;

function check(guest: PythonGuest, result: ExecutionResult): void {
  const got = result.success ? 'success' : result.error.code;
  expect(guest.outcome, `${guest.name}: ${result.success ? '' : result.error.message}`).toContain(got);
  if (result.success && guest.data !== undefined) expect(result.data, guest.name).toEqual(guest.data);
  // None of them is a reason to give up a cell; a busy machine may be one, where time runs out.
  if (got !== 'TIMEOUT') expect(result.report.terminated, guest.name).toBe(false);
}

it('clean, crashing, filling and endless guests leave the pool healthy and the memory as it was', async () => {
  await using sandbox = createSandbox({
    policy: { limits: { concurrency: 2, timeoutMs: 60_000, maxExecutionTimeMs: 600_000 } },
  });
  const held: number[] = [];
  const count = PYTHON_GUESTS.length;
  for (let round = 0; round < ROUNDS; round++) {
    const step = STEPS[round] as number;
    const guests = PYTHON_GUESTS.map((_, i) => PYTHON_GUESTS[(i * step) % count] as PythonGuest);
    await Promise.all(
      guests.map(async (guest, i) => check(guest, await sandbox.run(guestRun(guest, round * count + i)))),
    );
    held.push(process.memoryUsage().rss);
  }
  // Cells grow while they warm up; after that nothing does. One that kept its guests would hold gigabytes by now.
  const [, warm = 0] = held;
  expect(
    Math.max(...held.slice(2)),
    held.map(bytes => `${Math.round(bytes / MB)} MB`).join(' '),
  ).toBeLessThan(warm + 200 * MB);
}, 240_000);
