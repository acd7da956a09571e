/** What the entries belong to, started and used once. */

import { createSandbox, type Sandbox } from '../../../src/index.ts';
import { packPackage } from '../../../src/packages/index.ts';
import { createPluginManager, type PluginManager } from '../../../src/plugins.ts';
import type { Config } from '../../../src/workflow/types.ts';
import { createWorkflowEngine, openSqlite, type WorkflowEngine } from '../../../src/workflow.ts';

const FIRST: Readonly<Record<string, Config>> = {
  'utils.pick': { path: '$.s' },
  'utils.template': { template: '{{ item.s }}' },
  'utils.date': { from: '$.s' },
  'utils.csv': { op: 'parse', from: '$.s' },
  'utils.hash': { from: '$.s' },
  'logic.map': { expression: 'item' },
  db: { sql: 'select 1 as n' },
  plugin: { code: '1' },
};

const firstPackage = (content: string): Uint8Array =>
  packPackage({
    'citadel.json': JSON.stringify({
      ...{ name: `first.${content}`, version: '1.0.0', runtime: 'javascript', entry: 'main.js', content },
      output: { type: 'string' },
    }),
    'main.js': 'export default () => "http://a.example/"',
  });

export interface World {
  readonly sandbox: Sandbox;
  readonly engine: WorkflowEngine;
  readonly manager: PluginManager;
  close(): Promise<void>;
}

/** Started and used once: what the first use costs is nobody's data. */
export async function openWorld(): Promise<World> {
  const sandbox = createSandbox({ policy: { limits: { timeoutMs: 1_000 } } });
  const engine = createWorkflowEngine({
    databases: {
      main: {
        open: () => openSqlite({ setup: 'create table seen (a)' }),
        verbs: ['select', 'insert'],
        tables: ['seen'],
      },
    },
    limits: { history: 0 },
  });
  const manager = createPluginManager({
    policy: { limits: { timeoutMs: 1_000 } },
    signature: { required: false },
  });
  await sandbox.run({ runtime: 'javascript', code: '1' });
  for (const [kind, config] of Object.entries(FIRST))
    await engine.run(
      {
        version: 1,
        nodes: [
          { id: 'start', kind: 'input' },
          { id: 'n', kind, config },
        ],
        edges: [{ from: 'start', to: 'n' }],
      },
      { input: [{ s: '1' }] },
    );
  for (const content of ['html', 'markdown', 'csv', 'url']) {
    await manager.install(firstPackage(content), { accept: true });
    await manager.execute(`first.${content}`, {});
  }
  return {
    sandbox,
    engine,
    manager,
    async close() {
      await Promise.all([sandbox.close(), engine.close(), manager.close()]);
    },
  };
}
