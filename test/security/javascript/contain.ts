/** Runs attacks of one class against one sandbox, which has to stay healthy through all of them. */
import { afterAll, describe, expect, it } from 'vitest';
import {
  capabilities,
  createSandbox,
  type ExecutionResult,
  LIMITS,
  type Limits,
  type Sandbox,
} from '../../../src/index.ts';
import type { Attack } from './attack.ts';

/** What a blocked function leaves behind. */
const BLOCKED =
  /^((?:new )?\w+: policy\.blockedFunctions lets no|not a function|.* is not defined|cannot read property .* of undefined)/;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

const DEADLINE_MS = 250;

export interface ContainOptions {
  readonly limits: Partial<Limits>;
  /** Also under the default policy, which removes what turns text into code. */
  readonly alsoBlocked: boolean;
}

export function contain(title: string, attacks: readonly Attack[], options: ContainOptions): void {
  const limits = { concurrency: 1, ...options.limits };
  describe(title, () => {
    const open = createSandbox({ policy: { blockedFunctions: [], limits } });
    const strict = createSandbox({ policy: { limits } });
    afterAll(() => Promise.all([open.close(), strict.close()]));

    for (const attack of attacks) {
      it(`${attack.id}: ${attack.title}`, async () => {
        const result = await runGracefully(open, attack, limits);
        expectEnding(attack, result);
        await expectHealthy(open);
      });
      if (!options.alsoBlocked) continue;
      it(`${attack.id}: ${attack.title}, when functions from text are blocked`, async () => {
        const result = await runGracefully(strict, attack, limits);
        const { guest } = result.success ? {} : result.error;
        if (guest === undefined || !BLOCKED.test(guest.message)) expectEnding(attack, result);
        await expectHealthy(strict);
      });
    }
  });
}

/**
 * Nothing but a cell that gets no processor is given up: a program that no meter reaches would be terminated every
 * time, a busy machine does it now and then.
 */
async function runGracefully(
  sandbox: Sandbox,
  attack: Attack,
  policy: Partial<Limits>,
): Promise<ExecutionResult> {
  const result = await run(sandbox, attack, policy);
  if (!capabilities().gracefulStop || attack.parser) return result;
  for (let again = 0; again < 3; again++) {
    if (!(again === 0 ? result : await run(sandbox, attack, policy)).report.terminated) return result;
  }
  throw new Error('its cell had to be destroyed, three times in a row');
}

async function run(sandbox: Sandbox, attack: Attack, policy: Partial<Limits>): Promise<ExecutionResult> {
  const { code, language = 'javascript', ends } = attack;
  // A busy machine may need long for what ends by itself; only what may meet its deadline is given a short one.
  const limits = {
    ...([ends].flat().includes('TIMEOUT') ? { timeoutMs: DEADLINE_MS } : {}),
    ...attack.limits,
  };
  const result = await sandbox.run({ runtime: 'javascript', code, language, limits, input: {} });
  for (const { text } of result.report.logs) expect(text).not.toMatch(UNPRINTABLE);
  for (const { subject } of result.report.denials) expect(subject).not.toMatch(UNPRINTABLE);
  if (!result.success) {
    // The host is never at fault, whatever the guest does: no crash, no violation of the protocol.
    expect(['guest', 'limit', 'policy']).toContain(result.error.fault);
    const { guest = { name: '', message: '', stack: '' } } = result.error;
    for (const part of [result.error.message, guest.name, guest.message, guest.stack]) {
      expect(part).not.toMatch(UNPRINTABLE);
    }
  }
  const { memoryBytes } = result.report.usage;
  const most = limits.memoryBytes ?? policy.memoryBytes ?? LIMITS.memoryBytes.default;
  if (memoryBytes !== null) expect(memoryBytes).toBeLessThanOrEqual(most * 1.1);
  return result;
}

function expectEnding(attack: Attack, result: ExecutionResult): void {
  const { ends, value, denied, holds } = attack;
  const ended = result.success ? 'success' : result.error.code;
  expect([ends].flat(), result.success ? '' : JSON.stringify(result.error)).toContain(ended);
  if (result.success && value !== undefined) expect(result.data).toStrictEqual(value);
  if (denied !== undefined) expect(result.report.denials.map(denial => denial.subject)).toEqual(denied);
  holds?.(result);
}

/** What an attack may have left behind is looked for by the next run, and here. */
async function expectHealthy(sandbox: Sandbox): Promise<void> {
  const healthy = await sandbox.run({
    runtime: 'javascript',
    code: `[
      input * 2, typeof __c, typeof __brokeOut, ({}).polluted, [].concat([1]).length, JSON.stringify({ a: [1] }),
      await Promise.resolve(3), new URL('http://a/b').pathname, Object.isFrozen(Object.prototype),
    ]`,
    input: 21,
  });
  expect(healthy).toMatchObject({
    success: true,
    data: [42, 'undefined', 'undefined', undefined, 1, '{"a":[1]}', 3, '/b', false],
  });
  expect('polluted' in {}).toBe(false);
}
