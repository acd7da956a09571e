/** One sandbox for a file of attacks: what each came to, and that the same sandbox serves a healthy run afterwards. */
import { afterAll, expect, it } from 'vitest';
import { assemble } from '../../../scripts/wat.ts';
import { createSandbox, type ErrorCode, type ExecutionResult, type RunOptions } from '../../../src/index.ts';

export interface Attack {
  /** The published id, or 'own' for a variant that nobody published. */
  readonly id: string;
  readonly title: string;
  /** WebAssembly text, or bytes. */
  readonly module: string | Uint8Array | (() => Uint8Array);
  readonly run?: Partial<RunOptions>;
  /** How it may end; 'ok' when it is harmless. */
  readonly ends: ErrorCode | 'ok' | readonly (ErrorCode | 'ok')[];
  /** More to look at. */
  readonly check?: (result: ExecutionResult) => void;
}

const TIMEOUT_MS = 200;
const MEMORY_BYTES = 32 * 1024 * 1024;

const sandbox = createSandbox({
  policy: {
    limits: {
      timeoutMs: TIMEOUT_MS,
      memoryBytes: MEMORY_BYTES,
      moduleBytes: 32 * 1024 * 1024,
      concurrency: 1,
    },
  },
});
afterAll(() => sandbox.close());

const healthy = await assemble(
  'healthy.wat',
  '(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))',
);

async function bytesOf({ module, title }: Attack): Promise<Uint8Array> {
  if (typeof module === 'string') return assemble(title, module);
  return typeof module === 'function' ? module() : module;
}

export function contain(attacks: readonly Attack[]): void {
  for (const attack of attacks) {
    it(`${attack.id}: ${attack.title}`, async () => {
      const code = await bytesOf(attack);
      const result = await sandbox.run({ runtime: 'wasm', code, ...attack.run });
      const ended = result.success ? 'ok' : result.error.code;
      expect([attack.ends].flat(), result.success ? 'succeeded' : result.error.message).toContain(ended);
      // No module gets as far as having its cell destroyed: the limits written into it hold.
      expect(result.report.terminated).toBe(false);
      expect(result.report.usage.memoryBytes ?? 0).toBeLessThanOrEqual(MEMORY_BYTES);
      attack.check?.(result);
      const after = await sandbox.run({ runtime: 'wasm', code: healthy, input: [20, 22] });
      expect(after).toMatchObject({ success: true, data: 42 });
    });
  }
}
