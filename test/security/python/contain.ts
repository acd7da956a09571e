/** Runs attacks of one class against one sandbox, which has to stay healthy through all of them, in the same cell. */
import { afterAll, describe, expect, it } from 'vitest';
import {
  createSandbox,
  type ErrorCode,
  type ExecutionResult,
  type Limits,
  type Value,
} from '../../../src/index.ts';

export type Ending = 'success' | ErrorCode;

export interface Attack {
  /** Of the published collection the case is from, or `own`. */
  readonly id: string;
  readonly title: string;
  readonly code: string;
  readonly input?: Value;
  readonly limits?: Partial<Limits>;
  /** How the run ends; several only where speed decides. */
  readonly ends: Ending | readonly Ending[];
  /** The whole result. */
  readonly value?: Value;
  /** Found in the message of the error the guest raised. */
  readonly raises?: RegExp;
  readonly holds?: (result: ExecutionResult) => void;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
const DEADLINE_MS = 400;
const MEMORY_BYTES = 64 * 1024 * 1024;

export function contain(title: string, attacks: readonly Attack[]): void {
  describe(title, () => {
    const sandbox = createSandbox({ policy: { limits: { concurrency: 1, memoryBytes: MEMORY_BYTES } } });
    afterAll(() => sandbox.close());

    it.each(attacks.map(attack => [`${attack.id}: ${attack.title}`, attack] as const))(
      '%s',
      async (_name, attack) => {
        const { code, input, limits } = attack;
        const ends = [attack.ends].flat();
        const result = await sandbox.run({
          runtime: 'python',
          code,
          input,
          limits: { ...(ends.includes('TIMEOUT') ? { timeoutMs: DEADLINE_MS } : {}), ...limits },
        });
        expect(ends, result.success ? JSON.stringify(result.data) : JSON.stringify(result.error)).toContain(
          result.success ? 'success' : result.error.code,
        );
        if (!result.success) {
          // The host is never at fault, whatever the guest does.
          expect(['guest', 'limit', 'policy']).toContain(result.error.fault);
          const { guest = { name: '', message: '', stack: '' } } = result.error;
          for (const part of [result.error.message, guest.name, guest.message, guest.stack])
            expect(part).not.toMatch(UNPRINTABLE);
        }
        for (const { text } of result.report.logs) expect(text).not.toMatch(UNPRINTABLE);
        if (attack.raises !== undefined)
          expect(!result.success && result.error.guest?.message).toMatch(attack.raises);
        if (attack.value !== undefined) expect(result.success && result.data).toStrictEqual(attack.value);
        attack.holds?.(result);
        const { memoryBytes } = result.report.usage;
        if (memoryBytes !== null) expect(memoryBytes).toBeLessThanOrEqual(MEMORY_BYTES * 1.1);
        const healthy = await sandbox.run({
          runtime: 'python',
          code: 'import sys, json, builtins\n[input * 2, json.dumps([1]), hasattr(builtins, "left"), sys.getrecursionlimit(), len("é")]',
          input: 21,
        });
        expect(healthy).toMatchObject({ success: true, data: [42, '[1]', false, 1000, 1] });
      },
    );
  });
}
