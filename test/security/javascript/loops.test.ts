import { afterAll, describe, expect, it } from 'vitest';
import { createSandbox } from '../../../src/index.ts';
import { HOSTILE_LOOPS } from './hostile-loops.ts';

const TIMEOUT_MS = 200;
const sandbox = createSandbox({
  policy: {
    blockedFunctions: [],
    limits: { timeoutMs: TIMEOUT_MS, concurrency: 1, memoryBytes: 256 * 1024 * 1024 },
  },
});
afterAll(() => sandbox.close());

/** Every way to end that is the guest's or a limit's doing. */
const ENDED = new Set([
  'TIMEOUT',
  'MEMORY_LIMIT',
  'STACK_OVERFLOW',
  'GUEST_ERROR',
  'GUEST_SYNTAX',
  'OUTPUT_TOO_LARGE',
  'OUTPUT_UNSUPPORTED',
  'NEVER_SETTLES',
  'POLICY_DENIED',
]);

describe('a guest that never ends', () => {
  it('comes in at least 70 kinds', () => {
    expect(HOSTILE_LOOPS.length).toBeGreaterThanOrEqual(70);
  });

  for (const { id, code } of HOSTILE_LOOPS) {
    // A busy machine may keep the cell's thread waiting for longer than its grace; an unmetered loop fails each time.
    it(`is stopped without terminating its cell: ${id}`, { retry: 2 }, async () => {
      const result = await sandbox.run({ runtime: 'javascript', code });
      if (!result.success) expect(ENDED).toContain(result.error.code);
      expect(result.report.terminated).toBe(false);
      const healthy = await sandbox.run({ runtime: 'javascript', code: 'input + 1', input: 1 });
      expect(healthy).toMatchObject({ success: true, data: 2 });
    });
  }
});
