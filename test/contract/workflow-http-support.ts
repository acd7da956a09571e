/** An HTTP node on its own, and a server that says what it is told to: for every environment. */
import { inject } from 'vitest';
import type { Value } from '../../src/core/value.ts';
import { capabilities, type PluginSecurityPolicy } from '../../src/index.ts';
import {
  type Config,
  createWorkflowEngine,
  type RunRecord,
  type Workflow,
  type WorkflowNode,
} from '../../src/workflow.ts';

export const port: number = inject('originPort');
export const base: string = `http://localhost:${port}`;
export const policies: Readonly<Record<string, PluginSecurityPolicy>> = {
  default: { network: { allow: [`localhost:${port}`], allowIp: ['127.0.0.1', '::1'] } },
};
export const isPage: boolean = capabilities().platform === 'browser';

export function workflow(config: Config, more: Partial<WorkflowNode> = {}, routes = false): Workflow {
  return {
    version: 1,
    nodes: [
      { id: 'in', kind: 'input' },
      { id: 'h', kind: 'http', config, ...more },
      ...(routes ? [{ id: 'bad', kind: 'logic.collect' }] : []),
    ],
    edges: [{ from: 'in', to: 'h' }, ...(routes ? [{ from: 'h', out: 'error', to: 'bad' }] : [])],
  };
}

export async function run(
  config: Config,
  item: Value = {},
  more: Partial<WorkflowNode> = {},
): Promise<RunRecord> {
  await using engine = createWorkflowEngine({ policies });
  return await engine.run(workflow(config, more), { input: [item], vars: { base } });
}

export async function out(...args: Parameters<typeof run>): Promise<unknown> {
  const record = await run(...args);
  if (record.status !== 'success') throw new Error(`${record.error?.code}: ${record.error?.message}`);
  return (record.output['h'] as unknown[])[0];
}

export const hexOf = (bytes: Uint8Array | string): string =>
  [...(typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes)]
    .map(byte => byte.toString(16).padStart(2, '0'))
    .join('');

/** Where a server says this. */
export function saying(body: Uint8Array | string, headers: readonly string[] = [], more = ''): string {
  const named = headers.map(line => `&h=${encodeURIComponent(line)}`).join('');
  return `${base}/say?hex=${hexOf(body)}${named}${more}`;
}
export const bytes = (...of: number[]): Uint8Array => new Uint8Array(of);
export const latin1 = (text: string): Uint8Array => Uint8Array.from(text, char => char.charCodeAt(0));
export const type = (value: string): string[] => [`content-type: ${value}`];

/** What the server got. */
export interface Got {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** As Latin-1. */
  readonly body: string;
}
export const echo = async (config: Config, item?: Value): Promise<Got> =>
  (await out({ url: `${base}/echo`, method: 'POST', ...config }, item)) as Got;
export const utf8 = (text: string): string => new TextDecoder('utf-8', { fatal: true }).decode(latin1(text));
