/** What a run may hold, what a check may read, and what a database keeps when a statement is ended. */
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Value } from '../../../src/index.ts';
import { RunBudget } from '../../../src/workflow/budget.ts';
import {
  createWorkflowEngine,
  openSqlite,
  type SqliteOptions,
  type Statement,
  type Workflow,
  type WorkflowEngine,
  type WorkflowNode,
} from '../../../src/workflow.ts';

function engine(options: Parameters<typeof createWorkflowEngine>[0] = {}): WorkflowEngine {
  const made = createWorkflowEngine(options);
  onTestFinished(() => made.close());
  return made;
}

const chain = (...nodes: readonly Omit<WorkflowNode, 'id'>[]): Workflow => ({
  version: 1,
  nodes: [{ id: 'start', kind: 'input' }, ...nodes.map((node, i) => ({ id: `n${i}`, ...node }))],
  edges: nodes.map((_, i) => ({ from: i === 0 ? 'start' : `n${i - 1}`, to: `n${i}` })),
});
const hash = { kind: 'utils.hash', config: { into: 'h' } };

describe('the items of a run', () => {
  const spentBy = (input: Value): number => {
    const budget = new RunBudget(1e9);
    budget.pay(input);
    return budget.spent;
  };

  it('may hold limits.itemBytes, and not a byte more', async () => {
    const input = [{ a: 'x'.repeat(1_000) }];
    const bytes = 8 + spentBy(input[0] as Value);
    const workflow: Workflow = { version: 1, nodes: [{ id: 'start', kind: 'input' }], edges: [] };
    expect(await engine({ limits: { itemBytes: bytes } }).run(workflow, { input })).toMatchObject({
      status: 'success',
    });
    expect(await engine({ limits: { itemBytes: bytes - 1 } }).run(workflow, { input })).toMatchObject({
      error: { code: 'NODE_FAILED', message: expect.stringContaining(`limits.itemBytes = ${bytes - 1}`) },
    });
  });

  it('count what is shared once, however many nodes it passes', async () => {
    const input = Array.from({ length: 20 }, (_, i) => ({ s: `${i}`.repeat(50_000) }));
    const record = await engine({ limits: { itemBytes: 3_000_000 } }).run(
      chain(...Array.from({ length: 20 }, (_, i) => ({ kind: 'utils.hash', config: { into: `h${i}` } }))),
      { input },
    );
    expect(record.status).toBe('success');
  });

  it('are copied with what they hold, whatever their keys are', async () => {
    const input = [JSON.parse('{"1023":1,"2573":2,"__proto__":3,"k":1}')];
    const { output } = await engine().run(chain(hash), { input });
    expect(Object.keys(output['n0']?.[0] as object)).toEqual(['1023', '2573', '__proto__', 'k', 'h']);
  });

  it.each<[string, Omit<WorkflowNode, 'id'>, Value]>([
    ['a list in an item for each of its entries', { kind: 'logic.split', config: { from: '$.l', into: 'x' } }, Object.fromEntries([...Array.from({ length: 10_000 }, (_, i) => [`k${i}`, i] as const), ['l', Array(9_000).fill(1)]])],
    ['texts of a plugin', { kind: 'plugin', config: { code: 'export default () => Array.from({ length: 40 }, (_, i) => String(i).repeat(10000))' } }, 1],
    ['texts of a template', { kind: 'utils.template', config: { template: '{{ item.s }}', into: 's2' } }, { s: 'x'.repeat(900_000) }],
  ])('end the node for good when they are too much: %s', async (_name, node, item) => {
    const record = await engine({ limits: { itemBytes: 1_500_000 } }).run(
      {
        ...chain({ ...node, retry: { attempts: 3, delayMs: 0 } }, { kind: 'logic.collect' }),
        edges: [
          { from: 'start', to: 'n0' },
          { from: 'n0', out: 'error', to: 'n1' },
        ],
      },
      { input: Array.from({ length: 3 }, () => item) },
    );
    expect(record.error).toMatchObject({ code: 'NODE_FAILED', node: 'n0' });
    expect(record.error?.message).toContain('limits.itemBytes');
    expect(record.nodes['n0']).toMatchObject({ retries: 0 });
  }); // biome-ignore format: a table

  it('that are remembered hold no more than those of one run may', async () => {
    const own = engine({ limits: { itemBytes: 250_000 } });
    for (let i = 0; i < 5; i++) await own.run(chain(), { input: ['x'.repeat(100_000)] });
    expect(own.history).toHaveLength(2);
  });
});

describe('a check', () => {
  const nodes = (count: number, code: (i: number) => string): Workflow => ({
    version: 1,
    nodes: [
      { id: 'start', kind: 'input' },
      ...Array.from({ length: count }, (_, i) => ({
        id: `n${i}`,
        kind: 'plugin',
        config: { code: code(i) },
      })),
    ],
    edges: Array.from({ length: count }, (_, i) => ({ from: 'start', to: `n${i}` })),
  });
  /** 60,000 characters: one fits, two do not. */
  const long = (i: number): string => `${';'.repeat(60_000)}export default () => ${i === 5 ? '(' : i}`;

  it('reads programs within one budget, and names those it did not read', () => {
    const { valid, problems } = engine().check(nodes(8, long));
    expect(valid).toBe(true);
    expect(problems.map(({ node, code, severity }) => [node, code, severity])).toEqual(
      Array.from({ length: 7 }, (_, i) => [`n${i + 1}`, 'limit', 'warning']),
    );
    expect(problems[0]?.message).toContain('checkInFull()');
  });

  it('in full reads all of them, and says the same of each as alone', async () => {
    const own = engine();
    const { valid, problems } = await own.checkInFull(nodes(8, long));
    expect(valid).toBe(false);
    expect(problems).toMatchObject([{ node: 'n5', code: 'code', severity: 'error', line: 1 }]);
    await expect(own.run(nodes(8, long))).rejects.toMatchObject({ code: 'WORKFLOW_INVALID' });
  });

  it.each<[string, WorkflowNode['config']]>([
    ['utils.template', { template: '{{ a }}'.repeat(14_000) }],
    ['logic.map', { expression: `[${'1,'.repeat(4_990)}]` }],
    ['db', { sql: 'select 1', params: Array.from({ length: 400 }, () => `$${'.a'.repeat(90)}`) }],
    ['plugin', { runtime: 'wasm', code: 'AAAA'.repeat(10_000) }],
  ])('counts what %s has to be read', async (kind, config) => {
    const own = engine({
      databases: { main: { open: () => openSqlite(), tables: [] } },
      limits: { nodes: 400 },
    });
    const many: Workflow = {
      version: 1,
      nodes: [
        { id: 'start', kind: 'input' },
        ...Array.from({ length: 300 }, (_, i) => ({
          id: `n${i}`,
          kind,
          ...(config === undefined ? {} : { config }),
        })),
      ],
      edges: Array.from({ length: 300 }, (_, i) => ({ from: 'start', to: `n${i}` })),
    };
    const left = own.check(many).problems.filter(({ code }) => code === 'limit');
    expect(left.length).toBeGreaterThan(100);
  });

  it('of a workflow with too many things in it ends', async () => {
    const config = Object.fromEntries(Array.from({ length: 300_000 }, (_, i) => [`k${i}`, 1]));
    const own = engine();
    expect(own.check(chain({ kind: 'utils.hash', config })).problems).toHaveLength(1_000);
    await expect(own.run(chain({ kind: 'utils.hash', config }))).rejects.toMatchObject({
      code: 'WORKFLOW_INVALID',
      message: expect.stringContaining('200000'),
    });
  });

  it('of a workflow that cannot be written as JSON refuses it', async () => {
    const own = engine();
    const circle: Record<string, unknown> = { version: 1 };
    circle['nodes'] = [circle];
    for (const workflow of [circle, { version: 1n }, { ...chain(), name: { toJSON: () => 1n } }])
      await expect(own.run(workflow as never)).rejects.toMatchObject({ code: 'WORKFLOW_INVALID' });
  });
});

describe('SQLite', () => {
  const open = async (options: SqliteOptions = {}) => {
    const made = await openSqlite({
      setup: 'create table t(a, b); insert into t values (0, null)',
      ...options,
    });
    onTestFinished(() => made.close());
    const run = (...list: readonly Statement[]) => made.run(list, AbortSignal.timeout(60_000));
    return { made, run };
  };
  const statement = (sql: string, ...values: Statement['values']): Statement => ({
    sql,
    values,
    maxRows: 1_000,
  });
  const endless = statement('select instr(?1, ?2)', 'a'.repeat(900_000), `${'a'.repeat(450_000)}b`);
  const count = statement('select count(*), sum(a) from t');

  it('is as the last transaction left it when a statement was ended', async () => {
    const { made, run } = await open();
    await run(statement('insert into t values (?1, ?2)', 1, 'kept'));
    const before = made.export();
    await expect(
      made.run([statement('delete from t'), endless], AbortSignal.timeout(300)),
    ).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(await run(count)).toMatchObject([{ rows: [[2, 1]] }]);
    expect(made.export()).toEqual(before);
  });

  it.each([
    [
      'schema and indexes',
      ['create table u(x primary key)', 'create index i on t(a)', "insert into u values ('é')"],
    ],
    [
      'more pages',
      [
        'insert into t select value, hex(randomblob(2000)) from (with recursive r(value) as (select 1 union all select value + 1 from r where value < 200) select value from r)',
      ],
    ],
    ['fewer pages', ['insert into t values (1, hex(zeroblob(200000)))', 'delete from t', 'vacuum']],
    ['an update in place', ['update t set b = 7']],
  ])('keeps %s across an end', async (_name, writes) => {
    const { made, run } = await open();
    for (const sql of writes) await run(statement(sql));
    const dump = statement('select type, name, sql from sqlite_master');
    const rows = statement('select rowid, a, b from t order by rowid');
    const before = await run(dump, rows);
    await expect(made.run([endless], AbortSignal.timeout(300))).rejects.toThrow();
    expect(await run(dump, rows)).toEqual(before);
    const again = await open({ file: made.export(), setup: '' });
    expect(await again.run(dump, rows)).toEqual(before);
  });

  it('undoes a transaction that fails, and goes on in the same cell', async () => {
    const { run } = await open();
    await expect(
      run(statement('insert into t values (5, 5)'), statement('select * from missing')),
    ).rejects.toThrow(/no such table/);
    await expect(run(statement('begin'))).rejects.toThrow(/at once/);
    expect(await run(count)).toMatchObject([{ rows: [[1, 0]] }]);
  });

  it('undoes a transaction whose answer does not fit', async () => {
    const { run } = await open({ steps: 2_000_000_000, memoryBytes: 100_000 });
    await expect(
      run(
        statement('insert into t values (9, 9)'),
        ...Array.from({ length: 10 }, () => statement('select zeroblob(8000000)')),
      ),
    ).rejects.toThrow(/more bytes than an answer may have/);
    expect(await run(count)).toMatchObject([{ rows: [[1, 0]] }]);
  });

  it('ends those that wait with their own signals', async () => {
    const { made, run } = await open();
    const first = made.run([endless], AbortSignal.timeout(900));
    const second = made.run([count], AbortSignal.timeout(100));
    await expect(second).rejects.toThrow();
    await expect(first).rejects.toThrow();
    expect(await run(count)).toMatchObject([{ rows: [[1, 0]] }]);
  });

  it('bounds what a single step works on, at the limit and one past it', async () => {
    const { run } = await open();
    const length = (bytes: number) => run(statement('select length(zeroblob(?1))', bytes));
    expect(await length(16 * 1024 * 1024)).toMatchObject([{ rows: [[16 * 1024 * 1024]] }]);
    await expect(length(16 * 1024 * 1024 + 1)).rejects.toThrow(/too big/);
    const like = (chars: number) => run(statement("select 'a' like ?1", '%'.repeat(chars)));
    expect(await like(1_000)).toMatchObject([{ rows: [[1]] }]);
    await expect(like(1_001)).rejects.toThrow(/too complex/);
  });

  it('gives every type back as it was', async () => {
    const { run } = await open();
    const values = [
      null,
      true,
      7,
      2 ** 53 - 1,
      -(2n ** 63n),
      0.5,
      'é\u{1f600}',
      new Uint8Array([0, 255]),
      new Date(0),
    ];
    const [rows] = await run(statement(`select ${values.map((_, i) => `?${i + 1}`).join(', ')}`, ...values));
    expect(rows?.rows[0]).toEqual([
      null,
      1,
      7,
      2 ** 53 - 1,
      -(2n ** 63n),
      0.5,
      'é\u{1f600}',
      new Uint8Array([0, 255]),
      '1970-01-01T00:00:00.000Z',
    ]);
    await expect(run(statement('select ?1', 2n ** 63n))).rejects.toThrow(/64 bits/);
  });

  it('draws random numbers that differ from cell to cell', async () => {
    const draw = async () =>
      JSON.stringify(await (await open()).run(statement('select hex(randomblob(16)) as r')));
    expect(await draw()).not.toBe(await draw());
  });
});
