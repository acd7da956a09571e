/** What every contract test starts from. The same files run in Node.js, Chromium and Firefox: no `node:` here. */
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
