/**
 * A workflow of 50 JavaScript nodes on 1,000 items, in every way its nodes can be told to work. A node-run is one node's work on
 * one item.
 *
 *   npm run bench:workflow
 */
import type { Workflow, WorkflowNode } from '../src/workflow.ts';
import { createWorkflowEngine } from '../src/workflow.ts';

const NODES = 50;
const ITEMS = 1_000;
const CODE =
  'export default item => ({ ...item, steps: item.steps + 1, total: Math.round(item.total * 1.01 * 100) / 100 });';
const BATCH_CODE = CODE.replace('export default', 'const one =').concat(
  'export default items => items.map(one);',
);
const EXPRESSION = '({ ...item, steps: item.steps + 1, total: Math.round(item.total * 1.01 * 100) / 100 })';

type Node = Omit<WorkflowNode, 'id'>;

const item =
  (code: (i: number) => string) =>
  (i: number): Node => ({ kind: 'plugin', mode: 'item', concurrency: 16, config: { code: code(i) } });

const WAYS: Readonly<Record<string, (i: number) => Node>> = {
  'plugin, item: a fresh guest for each item': item(() => CODE),
  'plugin, batch: a guest for all items of a node': () => ({
    kind: 'plugin',
    mode: 'batch',
    config: { code: BATCH_CODE },
  }),
  '50 plugins, item: and a fresh cell for each plugin': item(i => `${CODE} // ${i}`),
  '50 plugins, batch': i => ({ kind: 'plugin', mode: 'batch', config: { code: `${BATCH_CODE} // ${i}` } }),
  'logic.map, batch: a guest for 500 items': () => ({
    kind: 'logic.map',
    config: { expression: EXPRESSION },
  }),
};

function chain(node: (i: number) => Node): Workflow {
  const ids = Array.from({ length: NODES }, (_, i) => `n${i}`);
  return {
    version: 1,
    nodes: [{ id: 'start', kind: 'input' }, ...ids.map((id, i) => ({ id, ...node(i) }))],
    edges: ids.map((id, i) => ({ from: i === 0 ? 'start' : `n${i - 1}`, to: id })),
  };
}

const input = Array.from({ length: ITEMS }, (_, id) => ({
  id,
  name: `item ${id}`,
  steps: 0,
  total: 100 + id,
}));
let missed = false;
for (const [name, node] of Object.entries(WAYS)) {
  await using engine = createWorkflowEngine();
  const record = await engine.run(chain(node), { input });
  const out = record.output[`n${NODES - 1}`] as readonly { steps: number }[] | undefined;
  if (record.status !== 'success' || out?.length !== ITEMS || out.some(({ steps }) => steps !== NODES))
    throw new Error(`${name}: ${record.error?.message ?? 'wrong output'}`);
  const rate = Math.round((NODES * ITEMS) / (record.ms / 1000));
  missed ||= rate < 3_000 && !name.startsWith('50');
  console.log(`${rate.toLocaleString('en').padStart(9)} node-runs/s  ${name} (${Math.round(record.ms)} ms)`);
}
if (missed) {
  console.error('Below 3,000 node-runs/s');
  process.exitCode = 1;
}
