/** Many cells at once: what the machine cannot do at once is nobody's failure. */
import { expect, it } from 'vitest';
import { createSandbox } from '../../../src/index.ts';

const limits = { concurrency: 24, maxExecutionTimeMs: 600_000 };

it.each([
  ['HOST-CROWD-001', 'for(;;);'],
  ['HOST-CROWD-002', 'for(;;) console.log("x".repeat(1000))'],
  ['HOST-CROWD-003', 'const a = []; for(;;) a.push("x".repeat(1000) + a.length)'],
])(
  '%s healthy plugins succeed beside as many of %s',
  async (_, hostile) => {
    await using sandbox = createSandbox({ policy: { limits } });
    const results = await Promise.all(
      Array.from({ length: 24 }, (_, i) =>
        sandbox.run({
          runtime: 'javascript',
          plugin: `p${i}`,
          code: i % 2 === 0 ? hostile : '6 * 7',
          limits: { timeoutMs: 2000 },
        }),
      ),
    );
    for (const [i, result] of results.entries()) {
      if (i % 2 === 1) expect(result).toMatchObject({ success: true, data: 42 });
      else expect(result.success ? 'ok' : result.error.code).toMatch(/^(TIMEOUT|MEMORY_LIMIT)$/);
    }
  },
  300_000,
);

it('HOST-CROWD-004 a sandbox of one does not wait for all the cells of a sandbox of many', async () => {
  await using many = createSandbox({ policy: { limits } });
  await using one = createSandbox();
  const order: string[] = [];
  const run = (sandbox: typeof one, plugin: string): Promise<unknown> =>
    sandbox
      .run({ runtime: 'javascript', plugin, code: '1' })
      .then(({ success }) => order.push(success ? plugin : 'failed'));
  await Promise.all([...Array.from({ length: 24 }, (_, i) => run(many, `p${i}`)), run(one, 'one')]);
  expect(order).not.toContain('failed');
  expect(order.indexOf('one')).toBeLessThan(16);
}, 300_000);
