/** What a hostile plugin, item or answer tries against the engine that runs it. */
import { afterAll, describe, expect, it } from 'vitest';
import type { Value } from '../../src/index.ts';
import { createWorkflowEngine, openSqlite, type RunRecord, type WorkflowNode } from '../../src/workflow.ts';

const engine = createWorkflowEngine({
  policies: { default: { limits: { timeoutMs: 2_000 } } },
  databases: {
    main: {
      open: () => openSqlite({ setup: 'create table t(a, b)' }),
      verbs: ['select', 'insert'],
      tables: ['t'],
    },
  },
});
afterAll(() => engine.close());

const run = (nodes: readonly Omit<WorkflowNode, 'id'>[], input: Value = [{ a: 1 }]): Promise<RunRecord> =>
  engine.run(
    {
      version: 1,
      nodes: [{ id: 'start', kind: 'input' }, ...nodes.map((node, i) => ({ id: `n${i}`, ...node }))],
      edges: nodes.map((_, i) => ({ from: i === 0 ? 'start' : `n${i - 1}`, to: `n${i}` })),
    },
    { input },
  );
const expression = (text: string): Omit<WorkflowNode, 'id'> => ({
  kind: 'logic.map',
  config: { expression: text },
});
const plugin = (code: string): Omit<WorkflowNode, 'id'> => ({ kind: 'plugin', config: { code } });
const untouched = (): void => {
  expect(({} as Record<string, unknown>)['polluted']).toBe(undefined);
  expect(Object.keys(Object.prototype)).toEqual([]);
};

describe('an expression', () => {
  it.each([
    '(Array.prototype.map = () => [{ value: "forged" }, { value: "more" }], 1)',
    '(Array.prototype.map = () => "no list", 1)',
    '(Array.prototype.map = function () { return { length: 1 } }, 1)',
  ])('that takes over its program cannot give more or less than its items: %s', async text => {
    // What was taken over stays in the guest: the next chunk starts fresh, and a wrong count is a failure.
    const { status, error, output } = await run([expression(text)], [1, 2, 3]);
    if (status === 'success') expect(output['n0']).toHaveLength(3);
    else expect(error).toMatchObject({ code: 'NODE_FAILED', node: 'n0' });
  });

  it.each([
    'Object.defineProperty({}, "message", { get() { throw 1 } })',
    '({ name: { toString: null }, message: 1n })',
    'new Proxy({}, { get() { throw new Error("again") } })',
  ])('that throws %s fails by itself', async thrown => {
    const { error } = await run([expression(`(() => { throw ${thrown} })()`)]);
    expect(error).toMatchObject({ node: 'n0' });
    expect(['GUEST_ERROR', 'NODE_FAILED']).toContain(error?.code);
    untouched();
  });

  it.each(['1); polluted = true; (2', '1\n), (3', 'item /* '])(
    'that would leave its brackets does not run: %j',
    async text => {
      await expect(run([expression(text)])).rejects.toMatchObject({ code: 'WORKFLOW_INVALID' });
    },
  );
});

describe('an item', () => {
  const HOSTILE =
    'export default () => JSON.parse(\'{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}, "a": 1}\')';

  it.each<[string, WorkflowNode['config']]>([
    [
      'utils.template',
      { template: '{{ item.__proto__.polluted }}{{ item.constructor.prototype }}', into: '__proto__' },
    ],
    ['utils.hash', { into: '__proto__' }],
    ['utils.csv', { op: 'format' }],
    ['logic.collect', { into: '__proto__' }],
    ['logic.split', { into: '__proto__' }],
    ['db', { sql: 'select $1 as "__proto__"', params: ['$'], into: '__proto__' }],
  ])('with the names of a prototype changes no prototype in %s', async (kind, config) => {
    const list = kind === 'utils.csv' ? [plugin(HOSTILE), { kind: 'logic.collect' }] : [plugin(HOSTILE)];
    await run([...list, { kind, config: config ?? {} }]);
    untouched();
  });

  it('merges without touching a prototype', async () => {
    const { status } = await engine.run(
      {
        version: 1,
        nodes: [
          { id: 'start', kind: 'input' },
          { id: 'a', ...plugin(HOSTILE) },
          { id: 'b', ...plugin(HOSTILE) },
          { id: 'm', kind: 'logic.merge', config: { by: 'key', key: '$.a' } },
        ],
        edges: [
          { from: 'start', to: 'a' },
          { from: 'start', to: 'b' },
          { from: 'a', to: 'm' },
          { from: 'b', to: 'm', in: 'with' },
        ],
      },
      { input: [1] },
    );
    expect(status).toBe('success');
    untouched();
  });

  it.each([
    '{{ 1 | divided_by: 0 }}',
    '{% include "/etc/passwd" %}',
    '{% render "x" %}',
    '{% layout "/etc/passwd" %}',
  ])('is filled into no template that reads a file: %s', async text => {
    const { status, output, error } = await run([{ kind: 'utils.template', config: { template: text } }]);
    expect(JSON.stringify(output)).not.toContain('root:');
    if (status === 'failure') expect(error?.code).toBe('NODE_FAILED');
  });

  it('that is code in a template stays text', async () => {
    const { output } = await run(
      [{ kind: 'utils.template', config: { template: 'Hello {{ item }}' } }],
      ['{{ vars }}', '{% raw %}', '${process}'],
    );
    expect(output['n0']).toEqual(['Hello {{ vars }}', 'Hello {% raw %}', 'Hello ${process}']);
  });
});

describe('a plugin', () => {
  it('leaves nothing for the next item, nor for another plugin', async () => {
    const first =
      'globalThis.kept = (globalThis.kept ?? 0) + 1; Object.prototype.polluted = 1; export default () => kept';
    const { output } = await run(
      [plugin(first), plugin('export default item => [item, typeof kept, ({}).polluted]')],
      [1, 2, 3],
    );
    expect(output['n1']).toEqual([1, 2, 3].map(() => [1, 'undefined', undefined]));
  });

  it('that loops for ever costs its own node only', async () => {
    const { nodes } = await engine.run(
      {
        version: 1,
        nodes: [
          { id: 'start', kind: 'input' },
          { id: 'spin', ...plugin('for (;;) try { for (;;); } catch {}'), timeoutMs: 300 },
          { id: 'fine', kind: 'utils.hash' },
        ],
        edges: [
          { from: 'start', to: 'spin' },
          { from: 'start', to: 'fine' },
        ],
      },
      { input: ['x'] },
    );
    expect(nodes['spin']?.error?.code).toBe('NODE_TIMEOUT');
    expect(nodes['fine']?.status).toBe('success');
  });

  it('that logs without end fills no memory of the record', async () => {
    const { nodes } = await run([plugin('for (let i = 0; i < 5000; i++) console.log("x".repeat(10), i)')]);
    expect(nodes['n0']?.logs.length).toBeLessThanOrEqual(1_000);
    expect(nodes['n0']?.droppedLogs).toBeGreaterThan(0);
  });

  it('that returns more items than there may be fails', async () => {
    const small = createWorkflowEngine({ limits: { items: 10 } });
    const { error } = await small.run(
      {
        version: 1,
        nodes: [
          { id: 'start', kind: 'input' },
          { id: 'n', kind: 'plugin', mode: 'batch', config: { code: 'Array.from({ length: 11 }, () => 1)' } },
        ],
        edges: [{ from: 'start', to: 'n' }],
      },
      { input: [1] },
    );
    expect(error).toMatchObject({ code: 'NODE_FAILED', node: 'n' });
    await small.close();
  });
});
