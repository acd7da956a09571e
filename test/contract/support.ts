/** What every contract test starts from. The same files run in Node.js, Chromium and Firefox: no `node:` here. */
import { afterAll } from 'vitest';
import {
  createSandbox,
  type ExecutionResult,
  type PluginSecurityPolicy,
  type RunOptions,
  type Sandbox,
} from '../../src/index.ts';

export type Limits = NonNullable<PluginSecurityPolicy['limits']>;

export const make = (
  limits: Limits = {},
  policy: PluginSecurityPolicy = {},
  modules?: Record<string, string>,
): Sandbox =>
  createSandbox({
    policy: { ...policy, limits: { concurrency: 1, ...limits } },
    ...(modules ? { modules } : {}),
  });

/** More than a test and its comparison need; each holds a cell and a spare one. */
const KEPT = 3;
const sandboxes = new Map<string, Sandbox>();
afterAll(() => Promise.all([...sandboxes.values()].map(sandbox => sandbox.close())));

/** The same, kept for the file's other tests: starting Python in a page takes seconds, and runs are fresh. */
export function kept(...options: Parameters<typeof make>): Sandbox {
  const key = JSON.stringify(options);
  const sandbox = sandboxes.get(key) ?? make(...options);
  sandboxes.delete(key);
  sandboxes.set(key, sandbox);
  for (const [old, unused] of sandboxes) {
    if (sandboxes.size <= KEPT) break;
    sandboxes.delete(old);
    void unused.close();
  }
  return sandbox;
}

export const js = (code: string, more: Partial<RunOptions> = {}): RunOptions => ({
  runtime: 'javascript',
  code,
  ...more,
});

export const codeOf = (result: ExecutionResult): string => (result.success ? 'ok' : result.error.code);

export const dataOf = (result: ExecutionResult): unknown => {
  if (!result.success) throw result.error;
  return result.data;
};
