/** The same workflow gives the same data, denials and fuel in every environment. */
import { expect, it } from 'vitest';
import { capabilities, createSandbox, SandboxError } from '../../src/index.ts';
import { createWorkflowEngine, type PluginRunner, type Workflow } from '../../src/workflow.ts';
import { runReference } from './workflow-reference.ts';

declare module 'vitest/browser' {
  interface BrowserCommands {
    workflowInNode: () => Promise<string>;
  }
}

/** What a process of Node.js says of it. */
async function inNode(): Promise<string> {
  if (capabilities().platform === 'node') return await runReference();
  const { commands } = await import('vitest/browser');
  return await commands.workflowInNode();
}

it('a workflow in three languages gives what it gives in Node.js', async () => {
  const here = JSON.parse(await runReference()) as {
    status: string;
    nodes: { id: string; fuel: number | null }[];
  };
  expect(here).toEqual(JSON.parse(await inNode()));
  // Not the same nothing twice.
  expect(here).toMatchObject({ status: 'success', output: { stats: [{ mean: 8.5 }] } });
  const node = (id: string): unknown => here.nodes.find(one => one.id === id);
  for (const id of ['size', 'sizes', 'area', 'large', 'stats', 'leak', 'spin'])
    expect(node(id)).toMatchObject({ fuel: expect.any(Number) });
  for (const id of ['leak', 'ask', 'drop'])
    expect(node(id)).toMatchObject({ failedItems: 1, denials: [{ hint: expect.any(String) }] });
});

it('a manager runs plugins that are installed, and is told for whom', async () => {
  await using sandbox = createSandbox();
  const asked: unknown[] = [];
  const manager: PluginRunner = {
    execute(name, input, { signal, onLog, caller }) {
      asked.push([name, caller]);
      if (name !== 'double') throw new SandboxError('PLUGIN_NOT_FOUND', `there is no plugin ${name}`);
      return sandbox.run({
        runtime: 'javascript',
        code: 'console.log("at work"); input.n * 2',
        input,
        signal,
        onLog,
      });
    },
  };
  await using engine = createWorkflowEngine({ manager });
  const workflow = (name: string): Workflow => ({
    version: 1,
    nodes: [
      { id: 'start', kind: 'input' },
      { id: 'n', kind: 'plugin', config: { name } },
    ],
    edges: [{ from: 'start', to: 'n' }],
  });
  const ada = { id: 'ada', scopes: ['plugin:double:execute'] };
  const record = await engine.run(workflow('double'), { input: [{ n: 1 }, { n: 21 }], caller: ada });
  expect(record.output['n']).toEqual([2, 42]);
  expect(record.nodes['n']).toMatchObject({
    usage: { runs: 2 },
    logs: [{ text: 'at work' }, { text: 'at work' }],
  });
  expect(asked).toEqual([1, 2].map(() => ['double', ada]));
  expect((await engine.run(workflow('other'))).error).toMatchObject({ code: 'PLUGIN_NOT_FOUND', node: 'n' });
});

it('a sandbox of the embedder’s runs what names no policy, and stays open', async () => {
  await using sandbox = createSandbox({ policy: { env: { WHO: 'mine' } } });
  const engine = createWorkflowEngine({ sandbox });
  const { output } = await engine.run({
    version: 1,
    nodes: [
      { id: 'start', kind: 'input' },
      { id: 'n', kind: 'plugin', config: { code: 'env.WHO' } },
    ],
    edges: [{ from: 'start', to: 'n' }],
  });
  expect(output['n']).toEqual(['mine']);
  await engine.close();
  expect((await sandbox.run({ runtime: 'javascript', code: '1' })).success).toBe(true);
});
