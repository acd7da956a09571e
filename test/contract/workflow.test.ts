/** The same workflow gives the same data, denials and fuel in every environment. */
import { expect, it } from 'vitest';
import { capabilities } from '../../src/index.ts';
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
