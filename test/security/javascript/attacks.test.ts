import { afterAll, describe, expect, it } from 'vitest';
import { createSandbox, type ExecutionResult } from '../../../src/index.ts';
import { ATTACKS } from './attacks.ts';

const limits = { timeoutMs: 400, concurrency: 1, memoryBytes: 64 * 1024 * 1024 };
const strict = createSandbox({ policy: { limits } });
const open = createSandbox({ policy: { blockedFunctions: [], limits } });
afterAll(() => Promise.all([strict.close(), open.close()]));

/** Words that would mean a power of the host was seen. */
const POWER = /\b(object|function)\b/;

/** Rows that ask for the type of a function of the guest’s own. */
const GUEST_FUNCTIONS: ReadonlySet<string> = new Set(['JS-ESC-001', 'JS-ESC-015', 'JS-ESC-016']);

/** What is asked of single rows beyond what is asked of all. */
const EXACT: Readonly<Record<string, (result: ExecutionResult) => void>> = {
  // By default the patching itself fails: its first line names a blocked function.
  'JS-ESC-012': result =>
    result.success
      ? expect(result.data).toBe('undefined')
      : expect(result.error.guest?.name).toBe('ReferenceError'),
  // QuickJS has an InternalError of its own.
  'JS-ESC-014': result => expect(result.success && result.data).toBe('InternalError'),
  'JS-ESC-040': result => expect(result.success && result.data).toBe(''),
  'JS-ESC-041': result => expect(result).toMatchObject({ error: { code: 'GUEST_SYNTAX' } }),
  'JS-CPU-039': result => expect(result).toMatchObject({ error: { code: 'OUTPUT_UNSUPPORTED' } }),
  'JS-VAL-006': result => expect(result).toMatchObject({ error: { code: 'OUTPUT_UNSUPPORTED' } }),
  'JS-VAL-007': result => expect(result.success).toBe(false),
  'JS-VAL-012': result => expect(result).toMatchObject({ data: { a: 1n, b: [2n ** 70n] } }),
  'JS-VAL-017': result => expect(result).toMatchObject({ data: 'a\0b' }),
  'JS-VAL-019': result => expect(result.success && Number.isNaN((result.data as Date).getTime())).toBe(true),
  'JS-ERR-001': result => expect(result.success).toBe(false),
  'JS-ERR-004': result => expect(result).toMatchObject({ error: { code: 'GUEST_ERROR' } }),
  'JS-ERR-010': result => expect(result).toMatchObject({ error: { code: 'GUEST_ERROR' } }),
  'JS-JOB-008': result => expect(result).toMatchObject({ data: 'returned' }),
};

function inspectData(value: unknown, seen: Set<object> = new Set()): void {
  expect(typeof value).not.toBe('function');
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  for (const key of Reflect.ownKeys(value)) {
    const own = Reflect.getOwnPropertyDescriptor(value, key);
    expect(own !== undefined && 'value' in own).toBe(true);
    inspectData(own?.value, seen);
  }
}

describe('published attacks', () => {
  for (const { id, title, code, expect: outcome } of ATTACKS) {
    for (const [mode, sandbox] of [
      ['default policy', strict],
      ['nothing blocked', open],
    ] as const) {
      it(`${id} ${title} (${mode})`, async () => {
        const rss = process.memoryUsage().rss;
        const result = await sandbox.run({ runtime: 'javascript', code });
        expect(result.report.terminated).toBe(false);
        expect((process.memoryUsage().rss - rss) / 1024 / 1024).toBeLessThan(400);
        if (result.success) inspectData(result.data);
        else {
          expect(['guest', 'limit', 'policy']).toContain(result.error.fault);
          // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
          expect(JSON.stringify(result.error)).not.toMatch(/\\u00[01]|\\u001b/);
        }
        expect(JSON.stringify(result.report.logs).length).toBeLessThan(1_000_000);
        if (
          outcome.startsWith('deny') &&
          /^JS-ESC/.test(id) &&
          result.success &&
          typeof result.data === 'string'
        ) {
          if (!GUEST_FUNCTIONS.has(id)) expect(result.data).not.toMatch(POWER);
        }
        if (outcome.startsWith('timeout') && result.success) {
          // It may also simply end in time; what it may not is leave anything running.
          expect(result.report.usage.guestMs).toBeLessThan(limits.timeoutMs + 50);
        }
        if (outcome.startsWith('memlimit'))
          expect(result.report.usage.memoryBytes ?? 0).toBeLessThan(limits.memoryBytes * 1.1);
        EXACT[id]?.(result);
        const healthy = await sandbox.run({
          runtime: 'javascript',
          code: '[input + 1, typeof globalThis.__c, typeof globalThis.__brokeOut, ({}).polluted, [].concat([1]).length]',
          input: 1,
        });
        expect(healthy).toMatchObject({ success: true, data: [2, 'undefined', 'undefined', undefined, 1] });
        expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
      });
    }
  }
});
