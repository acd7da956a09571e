/** Workflows of installed plugins: the manager decides who may call what, with what, and the workflow hears of it. */
import { expect, test } from 'vitest';
import { createPluginManager, generateKeys, packPackage, signPackage } from '../../src/plugins.ts';
import { createWorkflowEngine, type Workflow } from '../../src/workflow.ts';

const CALLER = { id: 'editor', scopes: ['plugin:*:execute'] };
const workflow = (name: string): Workflow => ({
  version: 1,
  nodes: [
    { id: 'start', kind: 'input' },
    { id: 'call', kind: 'plugin', config: { name } },
    { id: 'after', kind: 'plugin', config: { code: 'export default n => n + 1' } },
  ],
  edges: [
    { from: 'start', to: 'call' },
    { from: 'call', to: 'after' },
  ],
});

test('an installed plugin is a node, under the grant of whoever runs the workflow', async () => {
  const author = await generateKeys();
  await using plugins = createPluginManager({ signature: { publicKeys: [{ key: author.publicKey }] } });
  const install = async (name: string, code: string, more: object = {}): Promise<void> => {
    const manifest = { name, version: '1.0.0', runtime: 'javascript', entry: 'main.js', ...more };
    const archive = packPackage({ 'citadel.json': JSON.stringify(manifest), 'main.js': code });
    await plugins.install(await signPackage(archive, author.privateKey));
  };
  await install('double', 'export default ({ n }) => n * 2', {
    input: { type: 'object', required: ['n'], properties: { n: { type: 'number' } } },
  });
  await install('curious', 'export default async () => { await fetch("https://collector.example/") }');

  await using engine = createWorkflowEngine({ manager: plugins });
  const input = [{ n: 1 }, { n: 20 }];
  const done = await engine.run(workflow('double'), { input, caller: CALLER });
  expect(done).toMatchObject({ status: 'success', output: { after: [3, 41] } });

  const refused = async (name: string, caller: typeof CALLER, items: unknown = input): Promise<unknown> =>
    (await engine.run(workflow(name), { input: items as never, caller })).error?.code;
  expect(await refused('double', { id: 'guest', scopes: [] })).toBe('FORBIDDEN');
  expect(await refused('missing', CALLER)).toBe('PLUGIN_NOT_FOUND');
  expect(await refused('double', CALLER, [{ m: 1 }])).toBe('INPUT_REFUSED');
  expect(await refused('curious', CALLER)).toBe('POLICY_DENIED');
});
