import { afterAll, describe, expect, it } from 'vitest';
import type { PluginRunner, Workflow, WorkflowNode } from '../../../src/workflow.ts';
import { createWorkflowEngine, WORKFLOW_LIMITS } from '../../../src/workflow.ts';

const engine = createWorkflowEngine({
  policies: { web: { network: { allow: ['api.example.com'] } } },
  databases: { main: { open: () => Promise.reject(new Error('never opened')), tables: ['t'] } },
});
afterAll(() => engine.close());

const start: WorkflowNode = { id: 'start', kind: 'input' };
const single = (node: Omit<WorkflowNode, 'id'>): Workflow => ({
  version: 1,
  nodes: [start, { id: 'n', ...node }],
  edges: [{ from: 'start', to: 'n' }],
});
const codes = (workflow: unknown, of = engine): string[] =>
  of.check(workflow).problems.map(({ code }) => code);

describe('the shape', () => {
  it.each([
    [null, 'shape'],
    [[], 'shape'],
    [{ version: 1 }, 'shape'],
    [{ version: 2, nodes: [start], edges: [] }, 'shape'],
    [{ version: 1, nodes: [], edges: [] }, 'shape'],
    [{ version: 1, nodes: [start], edges: [], extra: 1 }, 'shape'],
    [{ version: 1, nodes: [{ ...start, id: '1st' }], edges: [] }, 'shape'],
    [{ version: 1, nodes: [{ ...start, id: '__proto__' }], edges: [] }, 'shape'],
    [{ version: 1, nodes: [{ ...start, tiemoutMs: 5 }], edges: [] }, 'shape'],
    [{ version: 1, nodes: [start, start], edges: [] }, 'duplicate-id'],
    [{ version: 1, nodes: [{ id: 'a', kind: 'constructor' }], edges: [] }, 'unknown-kind'],
    [{ version: 1, nodes: [start], edges: [{ from: 'start', to: 'b' }] }, 'unknown-node'],
    [{ version: 1, nodes: [start, 7], edges: [7] }, 'shape'],
  ])('of %j is refused as %s', (workflow, code) => {
    const { valid, problems } = engine.check(workflow);
    expect(valid).toBe(false);
    expect(problems.map(problem => problem.code)).toContain(code);
  });

  it('is held to its limits, at each and one past it', async () => {
    await using small = createWorkflowEngine({ limits: { nodes: 2, edges: 1 } });
    expect(codes(single({ kind: 'logic.collect' }), small)).toEqual([]);
    const { nodes, edges } = single({ kind: 'logic.collect' });
    expect(codes({ version: 1, nodes: [...nodes, { id: 'x', kind: 'input' }], edges }, small)).toEqual([
      'limit',
    ]);
    expect(codes({ version: 1, nodes, edges: [...edges, ...edges] }, small)).toEqual(['limit']);
  });
});

describe('the graph', () => {
  it('may not lead back: the circle is named', () => {
    const workflow: Workflow = {
      version: 1,
      nodes: [start, ...['a', 'b', 'c'].map(id => ({ id, kind: 'logic.collect' }))],
      edges: [
        { from: 'start', to: 'a' },
        { from: 'a', to: 'b' },
        { from: 'b', to: 'c' },
        { from: 'c', to: 'a' },
      ],
    };
    const { problems, order } = engine.check(workflow);
    expect(problems.map(({ code }) => code)).toEqual(['cycle']);
    expect(problems[0]?.message).toMatch(/a → b → c → a|b → c → a → b|c → a → b → c/);
    expect(order).toEqual([]);
    expect(
      codes({ version: 1, nodes: [{ id: 'a', kind: 'logic.collect' }], edges: [{ from: 'a', to: 'a' }] }),
    ).toEqual(['cycle']);
  });

  it('gives an order in which each node comes after what leads to it', () => {
    const nodes = [{ id: 'z', kind: 'logic.merge' }, { id: 'b', kind: 'logic.collect' }, start];
    const edges = [
      { from: 'b', to: 'z' },
      { from: 'start', to: 'b' },
      { from: 'start', to: 'z', in: 'with' },
    ];
    expect(engine.check({ version: 1, nodes, edges })).toMatchObject({
      valid: true,
      order: ['start', 'b', 'z'],
    });
  });

  it('has no ports that the kinds have not, and leaves none open that is needed', () => {
    const two = single({ kind: 'logic.if', config: { expression: 'true' } });
    const third = { id: 'm', kind: 'logic.collect' };
    const lead = (out: string) => ({
      ...two,
      nodes: [...two.nodes, third],
      edges: [...two.edges, { from: 'n', out, to: 'm' }],
    });
    expect(codes(lead('true'))).toEqual([]);
    expect(codes(lead('error'))).toEqual([]);
    expect(codes(lead('out'))).toEqual(['unknown-port']);
    expect(codes({ ...two, edges: [] })).toEqual(['missing-input']);
    expect(codes({ ...two, edges: [{ from: 'start', to: 'n', in: 'side' }] })).toEqual([
      'unknown-port',
      'missing-input',
    ]);
    expect(codes({ ...two, edges: [...two.edges, { from: 'n', out: 'true', to: 'start' }] })).toEqual(
      expect.arrayContaining(['unknown-port']),
    );
  });
});

describe('a node', () => {
  it.each<[string, Omit<WorkflowNode, 'id'>, string]>([
    ['an unknown field', { kind: 'http', config: { url: 'https://a.example/', mehtod: 'GET' } }, 'config'],
    ['a missing field', { kind: 'http' }, 'config'],
    ['a field of the wrong type', { kind: 'http', config: { url: 7 } }, 'config'],
    ['a config that is none', { kind: 'http', config: [] as never }, 'shape'],
    [
      'a template that is none',
      { kind: 'utils.template', config: { template: '{{ item.x | nope }}' } },
      'config',
    ],
    ['a template that reads a file', { kind: 'utils.template', config: { template: '{% if %}' } }, 'config'],
    ['a path that is none', { kind: 'utils.pick', config: { path: 'a.b' } }, 'config'],
    [
      'a path with a regular expression',
      { kind: 'utils.pick', config: { path: "$[?match(@.a, '(a+)+b')]" } },
      'config',
    ],
    ['an expression that is none', { kind: 'logic.map', config: { expression: 'item.' } }, 'code'],
    [
      'an expression that ends its brackets',
      { kind: 'logic.map', config: { expression: '1); evil(' } },
      'code',
    ],
    ['a statement for an expression', { kind: 'logic.map', config: { expression: 'return 1' } }, 'code'],
    ['code that does not parse', { kind: 'plugin', config: { code: 'let = = 1' } }, 'code'],
    ['a plugin without source and name', { kind: 'plugin', config: {} }, 'config'],
    ['a plugin with both', { kind: 'plugin', config: { code: '1', name: 'a' } }, 'config'],
    ['an installed plugin without a manager', { kind: 'plugin', config: { name: 'a' } }, 'permission'],
    ['a module that is no base64', { kind: 'plugin', config: { runtime: 'wasm', code: '%' } }, 'code'],
    ['a module that is none', { kind: 'plugin', config: { runtime: 'wasm', code: 'AAAA' } }, 'code'],
    ['a policy nobody granted', { kind: 'plugin', config: { code: '1', policy: 'root' } }, 'permission'],
    [
      'a policy of prototypes',
      { kind: 'plugin', config: { code: '1', policy: 'constructor' } },
      'permission',
    ],
    [
      'a database nobody granted',
      { kind: 'db', config: { sql: 'select 1', database: 'other' } },
      'permission',
    ],
    ['a cron that is none', { kind: 'timer.cron', config: { expression: 'every day' } }, 'config'],
    [
      'a time zone that is none',
      { kind: 'timer.cron', config: { expression: '* * * * *', timezone: 'Mars/X' } },
      'config',
    ],
    ['a date in no time zone', { kind: 'utils.date', config: { zone: 'Mars/X' } }, 'config'],
    ['a duration that is none', { kind: 'utils.date', config: { add: 'tomorrow' } }, 'config'],
    [
      'a port that is reserved',
      { kind: 'logic.switch', config: { expression: '1', cases: ['error'] } },
      'config',
    ],
    ['a mode it has not', { kind: 'http', mode: 'batch', config: { url: 'https://a.example/' } }, 'config'],
    ['too many retries', { kind: 'logic.collect', retry: { attempts: 11 } }, 'shape'],
    ['retries that are none', { kind: 'logic.collect', retry: 3 as never }, 'shape'],
    ['too much concurrency', { kind: 'logic.collect', concurrency: 65 }, 'shape'],
    ['no time', { kind: 'logic.collect', timeoutMs: 0 }, 'shape'],
    ['more time than there is', { kind: 'logic.collect', timeoutMs: 60_001 }, 'shape'],
    ['a wait that is too long', { kind: 'timer.delay', config: { ms: 86_400_001 } }, 'config'],
    ['a wait as long as the node may take', { kind: 'timer.delay', config: { ms: 60_000 } }, 'config'],
    ['a wait that no node may take', { kind: 'timer.delay', config: { ms: 86_400_000 } }, 'config'],
    [
      'a wait as long as its own time',
      { kind: 'timer.delay', timeoutMs: 1_000, config: { ms: 1_000 } },
      'config',
    ],
    ['retries of nothing', { kind: 'logic.collect', retry: { attempts: 2, on: [] } }, 'shape'],
    ['retries of a success', { kind: 'logic.collect', retry: { attempts: 2, on: [200] } }, 'shape'],
    [
      'retries of what there is not',
      { kind: 'logic.collect', retry: { attempts: 2, on: ['3xx' as never] } },
      'shape',
    ],
  ])('with %s is refused', (_what, node, code) => {
    const { valid, problems } = engine.check(single(node));
    expect(valid).toBe(false);
    expect(problems).toContainEqual(expect.objectContaining({ code, severity: 'error', node: 'n' }));
  });

  it.each<[Omit<WorkflowNode, 'id'>]>([
    [
      {
        kind: 'logic.collect',
        retry: { attempts: 10, delayMs: 60_000, factor: 10 },
        concurrency: 64,
        timeoutMs: 60_000,
      },
    ],
    [{ kind: 'timer.delay', config: { ms: 59_999 } }],
    [{ kind: 'timer.delay', timeoutMs: 60_000, config: { ms: 59_999 } }],
    [{ kind: 'logic.collect', retry: { attempts: 2, on: ['network', '5xx', 429] } }],
    [{ kind: 'logic.map', config: { expression: '({ a: item.x ?? await0, b: [1, 2] }) // yes' } }],
    [{ kind: 'utils.pick', config: { path: '$..a[?@.b > 1]' } }],
    [{ kind: 'http', config: { url: 'https://api.example.com/{{ item.id }}', policy: 'web' } }],
  ])('%j is fine', node => {
    expect(engine.check(single(node)).problems).toEqual([]);
  });

  it('says where code is wrong', () => {
    const { problems } = engine.check(
      single({ kind: 'logic.map', config: { expression: 'item.a +\n  ) 2' } }),
    );
    expect(problems).toMatchObject([{ path: 'config.expression', line: 2, column: 3 }]);
  });

  it('whose address the policy does not allow is warned of', () => {
    const { valid, problems } = engine.check(
      single({ kind: 'http', config: { url: 'https://evil.example/', policy: 'web' } }),
    );
    expect(valid).toBe(true);
    expect(problems).toMatchObject([{ code: 'network', severity: 'warning', path: 'config.url' }]);
  });
});

describe('permissions', () => {
  it('narrow what kinds there are', async () => {
    await using narrow = createWorkflowEngine({ allow: ['input', 'logic.*'] });
    expect(codes(single({ kind: 'logic.collect' }), narrow)).toEqual([]);
    expect(codes(single({ kind: 'plugin', config: { code: '1' } }), narrow)).toEqual(['permission']);
    expect(codes(single({ kind: 'timer.delay', config: { ms: 1 } }), narrow)).toEqual(['permission']);
  });

  it('cannot be part of the workflow', () => {
    expect(codes({ ...single({ kind: 'logic.collect' }), policies: { default: {} } })).toEqual(['shape']);
    expect(codes(single({ kind: 'plugin', config: { code: '1', policy: { network: {} } } }))).toContain(
      'config',
    );
  });
});

describe('an engine', () => {
  it.each([
    [{ polices: {} }, 'INVALID_ARGUMENT'],
    [{ policies: { default: { netwrok: {} } } }, 'POLICY_INVALID'],
    [{ limits: { nodes: 0 } }, 'LIMIT_OUT_OF_RANGE'],
    [{ limits: { node: 1 } }, 'INVALID_ARGUMENT'],
    [{ allow: 'http' }, 'INVALID_ARGUMENT'],
    [{ kinds: { http: {} } }, 'INVALID_ARGUMENT'],
    [{ kinds: { 'my.kind': {} } }, 'INVALID_ARGUMENT'],
  ])('made with %j is refused with %s', (options, code) => {
    expect(() => createWorkflowEngine(options as never)).toThrow(expect.objectContaining({ code }));
  });

  it.each(Object.entries(WORKFLOW_LIMITS))(
    'takes limits.%s from its floor to its ceiling',
    async (name, { min, ceiling }) => {
      for (const value of [min, ceiling]) await createWorkflowEngine({ limits: { [name]: value } }).close();
      for (const value of [min - 1, ceiling + 1, 1.5])
        expect(() => createWorkflowEngine({ limits: { [name]: value } })).toThrow(
          expect.objectContaining({ code: 'LIMIT_OUT_OF_RANGE' }),
        );
    },
  );

  it('does not run what has errors, and says the first', async () => {
    await expect(engine.run(single({ kind: 'http' }))).rejects.toMatchObject({
      code: 'WORKFLOW_INVALID',
      message: 'node n: config.url is missing [config]',
    });
  });

  it('with a manager takes installed plugins', async () => {
    const manager: PluginRunner = { execute: () => Promise.reject(new Error('not now')) };
    await using managed = createWorkflowEngine({ manager });
    expect(codes(single({ kind: 'plugin', config: { name: 'a' } }), managed)).toEqual([]);
  });
});
