/**
 * Work without end in every kind of node, by its config or by its items: the node's time ends it, and the host's thread goes on with
 * what else it has to do.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Value } from '../../src/index.ts';
import { BUILT_IN_KINDS } from '../../src/workflow/kinds/index.ts';
import {
  createWorkflowEngine,
  type NodeKind,
  openSqlite,
  type RunRecord,
  type Workflow,
  type WorkflowNode,
} from '../../src/workflow.ts';

type Node = Omit<WorkflowNode, 'id'>;
/** Name, the node, the items it gets, codes it may end with. */
type Case = readonly [name: string, node: Node, items: readonly Value[], ...codes: string[]];

const NODE_MS = 1_500;
/**
 * Of the host's own CPU between two turns of its event loop. What these cases cost without an end is seconds to hours; what is
 * left is the copying of their megabytes.
 */
const SLICE_MS = 500;

const nest = (depth: number): Value => {
  let value: Value = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
};
const text = (length: number, char = 'a'): string => char.repeat(length);
const MILLION = text(1_000_000);
const wide = (columns: number, rows: number): string =>
  `${Array.from({ length: columns }, (_, i) => `c${i.toString(36)}`).join(',')}\n${'1\n'.repeat(rows)}`;
/** Finds its one leaf four times as often with each level. */
const PATH = `$${'[*,*,*,*]'.repeat(40)}`;
const DEEP: Value = nest(40);
const LOOPS = '{% for i in (1..3000000) %}{% for j in (1..3000000) %}{% endfor %}{% endfor %}';
const SPARSE = Array.from({ length: 5_000 }, () => ({ 1023: null, 2573: null }));
const keyed = (keys: number): Value =>
  Object.fromEntries(Array.from({ length: keys }, (_, i) => [`k${i}`, i]));

const db = (sql: string, params: readonly unknown[] = [], more: Partial<Node> = {}): Node => ({
  kind: 'db',
  config: { sql, params } as NonNullable<WorkflowNode['config']>,
  ...more,
});
const template = (source: string, more: object = {}): Node => ({
  kind: 'utils.template',
  config: { template: source, ...more },
});
const http = (config: object): Node => ({
  kind: 'http',
  config: { url: 'https://example.invalid/', ...config },
});
const date = (input: string): Node => ({ kind: 'utils.date', config: { input } });
const endless: NodeKind = {
  inputs: ['in'],
  outputs: () => ['out'],
  modes: ['item'],
  check: () => {},
  open: ({ config }) =>
    config['where'] === 'open'
      ? new Promise(() => {})
      : {
          item: () =>
            config['where'] === 'item'
              ? new Promise(() => {})
              : { out: Array.from({ length: 300 }, () => text(1_000_000, String(Math.random()))) },
          close: () => (config['where'] === 'close' ? new Promise(() => {}) : undefined),
        },
};

const CASES: readonly Case[] = [
  ['many items', { kind: 'input' }, Array.from({ length: 10_000 }, () => ({ 1023: null, 2573: null }))],
  ['an address in loops', http({ url: `https://example.invalid/${LOOPS}` }), [1], 'NODE_TIMEOUT'],
  ['a header in loops', http({ headers: { a: LOOPS } }), [1], 'NODE_TIMEOUT'],
  ['a body of bodies', http({ method: 'POST', body: '{{item}}'.repeat(9_000) }), [MILLION], 'NODE_FAILED', 'NODE_TIMEOUT', 'OUTPUT_TOO_LARGE'],
  [
    'instr of n times n',
    db("select instr($1 || $1 || $1, $1 || 'b') as n", ['$']),
    [text(900_000)],
    'NODE_TIMEOUT',
  ],
  [
    'replace, twice the size each time',
    db("select length(replace(replace(replace($1, 'a', $1), 'a', $1), 'a', $1)) as n", ['$']),
    [text(2_000)],
    'NODE_FAILED',
    'NODE_TIMEOUT',
  ],
  ['LIKE of many parts', db('select 1 as n where $1 like $2', ['$', { value: '%a'.repeat(490) }]), [`${text(900_000)}b`], 'NODE_TIMEOUT', 'NODE_FAILED', ''],
  ['trim of n times n', db('select trim($1, $2) as n', ['$', { value: text(900_000, 'b') }]), [text(900_000)], 'NODE_TIMEOUT', 'NODE_FAILED', ''],
  ['a recursion without an end', db('with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) as n from r'), [1], 'NODE_TIMEOUT', 'NODE_FAILED', 'POLICY_DENIED'],
  ['group_concat of a gigabyte', db('with recursive r(n) as (select 1 union all select n + 1 from r where n < 100000) select length(group_concat($1)) as n from r', ['$']), [text(10_000)], 'NODE_FAILED', 'NODE_TIMEOUT', 'POLICY_DENIED'],
  ['a parameter’s path', db('select $1 as n', [PATH]), [DEEP], 'NODE_TIMEOUT'],
  ['transactions of many items', db('insert into t values ($1, $2)', ['$', '$'], { mode: 'batch' }), Array.from({ length: 3_000 }, () => text(900)), 'NODE_TIMEOUT', ''],
  ['a loop', { kind: 'plugin', config: { code: 'export default () => { for (;;); }' } }, [1], 'NODE_TIMEOUT'],
  ['a program of a million semicolons', { kind: 'plugin', config: { code: `${text(900_000, ';')}export default () => 1` } }, [1], 'NODE_TIMEOUT', ''],
  ['an expression in a loop', { kind: 'logic.map', config: { expression: '(() => { for (;;); })()' } }, [1], 'NODE_TIMEOUT'],
  ['a filter in a loop', { kind: 'logic.filter', config: { expression: '(() => { for (;;); })()' } }, [1], 'NODE_TIMEOUT'],
  ['a condition in a loop', { kind: 'logic.if', config: { expression: '(() => { for (;;); })()' } }, [1], 'NODE_TIMEOUT'],
  ['a switch in a loop', { kind: 'logic.switch', config: { expression: '(() => { for (;;); })()', cases: ['a'] } }, [1], 'NODE_TIMEOUT'],
  ['a key’s path', { kind: 'logic.merge', config: { by: 'key', key: PATH } }, [DEEP], 'NODE_TIMEOUT'],
  ['the path of a list', { kind: 'logic.split', config: { from: PATH } }, [DEEP], 'NODE_TIMEOUT'],
  ['a large item for each entry', { kind: 'logic.split', config: { from: '$.l', into: 'x' } }, [{ ...(keyed(50_000) as object), l: Array.from({ length: 9_999 }, (_, i) => i) }], 'NODE_FAILED', 'NODE_TIMEOUT'],
  ['all sparse objects', { kind: 'logic.collect', config: { into: '4294967294' } }, SPARSE],
  ['a wait as long as its items are many', { kind: 'timer.delay', mode: 'item', concurrency: 1, config: { ms: 1_000 } }, [1, 2, 3, 4], 'NODE_TIMEOUT'],
  ['an interval', { kind: 'timer.interval', config: { everyMs: 1_000 } }, SPARSE],
  ['a day that never comes', { kind: 'timer.cron', config: { expression: '0 0 31 2,4,6,9,11 *', timezone: 'America/New_York' } }, SPARSE],
  ['selectors, four at once', { kind: 'utils.pick', config: { path: PATH, all: true } }, [DEEP], 'NODE_TIMEOUT'],
  ['filters in filters', { kind: 'utils.pick', config: { path: '$[?count(@..[?count(@..[?count(@.*) > 0]) > 0]) > 0]', all: true } }, [nest(90), Array.from({ length: 400 }, (_, i) => [i, [i], [[i, [i]]]])], 'NODE_TIMEOUT', 'NODE_FAILED', ''],
  ['descendants of descendants', { kind: 'utils.pick', config: { path: '$..*..*..*', all: true } }, [Array.from({ length: 60 }, () => nest(90))], 'NODE_TIMEOUT', 'NODE_FAILED'],
  ['loops in loops', template(LOOPS), [1], 'NODE_TIMEOUT', 'NODE_FAILED'],
  ['half a gigabyte for each item', template('{{item.s}}'.repeat(500)), Array.from({ length: 20 }, () => ({ s: MILLION })), 'NODE_FAILED', 'NODE_TIMEOUT'],
  ['escapes five times as long', template('{{item.s}}'.repeat(90), { escape: 'html' }), Array.from({ length: 20 }, () => ({ s: text(1_000_000, '&') })), 'NODE_FAILED', 'NODE_TIMEOUT'],
  ['what is shared, unfolded', template('{{item.a}}'), [{ a: Array(1_500).fill({ s: text(300_000) }) }], 'NODE_FAILED'],
  ['captures that double', template(`{% capture a %}0123456789{% endcapture %}${'{% capture a %}{{a}}{{a}}{% endcapture %}'.repeat(40)}`), [1], 'NODE_FAILED'],
  ['comparisons of all with all', template('{% for i in item %}{% if item contains "zz" %}{% endif %}{% endfor %}'), [Array.from({ length: 30_000 }, (_, i) => `x${i}`)], 'NODE_TIMEOUT', 'NODE_FAILED'],
  ['twenty million bytes', { kind: 'utils.hash', config: { algorithm: 'sha3-256' } }, [text(20_000_000)], 'NODE_TIMEOUT', ''],
  ['what is shared, hashed', { kind: 'utils.hash', config: {} }, [Array(1_500).fill(text(300_000))], 'NODE_FAILED'],
  ['what is shared, in base64', { kind: 'utils.base64', config: {} }, [Array(1_500).fill(text(300_000))], 'NODE_FAILED'],
  ['tokens of any width', date(`${'dMyHmsSqWoLkEa'.replaceAll(/./g, '$&')}dMHmsdMHmsdMHmsdMHmsdMHmsdMHms!`), [text(200, '1')], 'NODE_TIMEOUT', 'NODE_FAILED'],
  ['tokens beside tokens', date('dMdMdMdMdMdMdMdMdMdMdMdMdMdMdMdMdMdM!'), [text(200, '1')], 'NODE_TIMEOUT', 'NODE_FAILED'],
  ['a wide header over many rows', { kind: 'utils.csv', config: {} }, [wide(60_000, 200_000)], 'NODE_FAILED', 'NODE_TIMEOUT'],
  ['quotes that never close', { kind: 'utils.csv', config: {} }, [text(250_000, '"a"b')], 'NODE_FAILED', 'NODE_TIMEOUT'],
  ['a column for each row', { kind: 'utils.csv', config: { op: 'format' } }, [Array.from({ length: 8_000 }, (_, i) => ({ [`k${i}`]: 1 }))], 'NODE_FAILED', 'NODE_TIMEOUT'],
  ['an own kind that never opens', { kind: 'own', config: { where: 'open' } }, [1], 'NODE_TIMEOUT'],
  ['an own kind that never answers', { kind: 'own', config: { where: 'item' } }, [1], 'NODE_TIMEOUT'],
  ['an own kind that never closes', { kind: 'own', config: { where: 'close' } }, [1], 'NODE_TIMEOUT', 'NODE_FAILED'],
  ['an own kind that gives without an end', { kind: 'own', config: {} }, [1], 'NODE_FAILED'],
]; // biome-ignore format: a table

const engine = createWorkflowEngine({
  policies: { default: {} },
  databases: {
    main: {
      open: () => openSqlite({ setup: 'create table t(a, b)' }),
      verbs: ['select', 'insert'],
      tables: ['t'],
      functions: ['instr', 'replace', 'trim', 'length', 'group_concat', 'count'],
    },
  },
  kinds: { own: endless },
  limits: { nodeTimeoutMs: NODE_MS },
});
afterAll(() => engine.close());

const workflow = ({ kind, ...node }: Node): Workflow =>
  BUILT_IN_KINDS.get(kind)?.inputs.length === 0
    ? { version: 1, nodes: [{ id: 'x', kind, ...node }], edges: [] }
    : {
        version: 1,
        nodes: [
          { id: 'start', kind: 'input' },
          { id: 'x', kind, ...node },
        ],
        edges: [{ from: 'start', to: 'x' }],
      };

const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};

/** The most of its own CPU that this thread spent between two turns of its event loop. */
async function sliced<T>(work: () => Promise<T>): Promise<{ result: T; worstMs: number }> {
  let [last, worstMs, goesOn] = [cpuMs(), 0, true];
  const look = (): void => {
    const now = cpuMs();
    worstMs = Math.max(worstMs, now - last);
    last = now;
    if (goesOn) setTimeout(look, 1);
  };
  setTimeout(look, 1);
  try {
    return { result: await work(), worstMs };
  } finally {
    look();
    goesOn = false;
  }
}

describe('work without an end', () => {
  // What is loaded once is loaded before anything is measured.
  beforeAll(async () => {
    const warm: readonly Node[] = [
      template('{% if true %}{{ item }}{% endif %}'),
      db('select 1 as n'),
      { kind: 'logic.map', config: { expression: 'item' } },
    ];
    for (const node of warm) await engine.run(workflow(node), { input: [1] });
  });

  it('is tried on every kind there is', () => {
    const tried = new Set(CASES.map(([, { kind }]) => kind));
    expect([...BUILT_IN_KINDS.keys()].filter(kind => !tried.has(kind))).toEqual([]);
  });

  const cases = CASES.map(([name, node, items, ...codes]) => ({ name, node, items, codes }));
  it.each(cases)('ends: $name', async ({ node, items, codes }) => {
    const { result, worstMs } = await sliced<RunRecord>(() => engine.run(workflow(node), { input: items }));
    expect(codes.length === 0 ? [''] : codes).toContain(result.error?.code ?? '');
    expect(worstMs).toBeLessThan(SLICE_MS);
  });

  it('ends when the run is cancelled', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 200);
    const record = await engine.run(workflow(template(LOOPS)), { input: [1], signal: stop.signal });
    expect(record.status).toBe('cancelled');
  });

  it('ends with the run’s own time', async () => {
    await using own = createWorkflowEngine({ limits: { runTimeoutMs: 500 } });
    const record = await own.run(workflow({ kind: 'utils.pick', config: { path: PATH } }), { input: [DEEP] });
    expect(record.error?.code).toBe('RUN_TIMEOUT');
  });

  it('leaves a healthy engine', async () => {
    const { output } = await engine.run(workflow(template('{% for i in item %}{{ i }}{% endfor %}')), {
      input: [[1, 2]],
    });
    expect(output['x']).toEqual(['12']);
  });
});
