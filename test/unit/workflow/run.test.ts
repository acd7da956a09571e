/** The executor, with kinds whose every step the test decides. No cell is started here. */
import { describe, expect, it } from 'vitest';
import type { Value } from '../../../src/core/value.ts';
import type { NodeKind, RunEvent, Workflow, WorkflowEdge, WorkflowNode } from '../../../src/workflow.ts';
import { createWorkflowEngine } from '../../../src/workflow.ts';

type Do = (item: Value, signal: AbortSignal, index: number) => Value | Promise<Value>;

const kind = (work: Do): NodeKind => ({
  inputs: ['in'],
  outputs: () => ['out'],
  modes: ['item', 'batch'],
  check: () => {},
  open: () => ({
    item: async (item, { signal, index }) => ({ out: [await work(item, signal, index)] }),
    batch: async ({ in: items = [] }, { signal }) => ({ out: [await work(items, signal, 0)] }),
  }),
});
const line = (...nodes: readonly Partial<WorkflowNode>[]): Workflow => {
  const all = nodes.map((node, i) => ({ id: `n${i}`, kind: 'do', ...node }));
  return {
    version: 1,
    nodes: [{ id: 'start', kind: 'input' }, ...all],
    edges: all.map(({ id }, i) => ({ from: i === 0 ? 'start' : `n${i - 1}`, to: id })),
  };
};
const lead = (
  workflow: Workflow,
  nodes: readonly WorkflowNode[],
  edges: readonly WorkflowEdge[],
): Workflow => ({
  ...workflow,
  nodes: [...workflow.nodes, ...nodes],
  edges: [...workflow.edges, ...edges],
});
const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));

describe('a run', () => {
  it('keeps the order of items whatever finishes first, and never has more under way than it may', async () => {
    let [busy, most] = [0, 0];
    const release: (() => void)[] = [];
    const work: Do = async item => {
      most = Math.max(most, ++busy);
      await new Promise<void>(resolve => {
        release.push(resolve);
        // The last of those under way is let go first.
        if (release.length === 3) for (const go of release.splice(0).reverse()) go();
      });
      busy--;
      return item;
    };
    await using engine = createWorkflowEngine({ kinds: { do: kind(work) } });
    const input = Array.from({ length: 12 }, (_, i) => i);
    const { output, status } = await engine.run(line({ concurrency: 3 }), { input });
    expect({ status, most, out: output['n0'] }).toEqual({ status: 'success', most: 3, out: input });
  });

  it('gives batch nodes all items at once', async () => {
    await using engine = createWorkflowEngine({ kinds: { do: kind(items => (items as Value[]).length) } });
    expect((await engine.run(line({ mode: 'batch' }), { input: [1, 2, 3] })).output['n0']).toEqual([3]);
  });

  it('fails with the earliest item’s error, and what follows is blocked while other branches go on', async () => {
    const seen: Value[] = [];
    const work: Do = item => {
      seen.push(item);
      if (item === 2) throw new Error('two is bad\u202e');
      return item;
    };
    await using engine = createWorkflowEngine({ kinds: { do: kind(work), fine: kind(item => item) } });
    const workflow = lead(
      line({ concurrency: 1 }, {}),
      [{ id: 'side', kind: 'fine' }],
      [{ from: 'start', to: 'side' }],
    );
    const record = await engine.run(workflow, { input: [1, 2, 3] });
    expect(record.status).toBe('failure');
    expect(record.error).toMatchObject({ code: 'NODE_FAILED', message: 'two is bad\ufffd', node: 'n0' });
    expect(Object.entries(record.nodes).map(([id, { status }]) => [id, status])).toEqual([
      ['start', 'success'],
      ['n0', 'failure'],
      ['n1', 'blocked'],
      ['side', 'success'],
    ]);
    expect(seen).toEqual([1, 2]);
    expect(record.output).toMatchObject({ side: [1, 2, 3] });
  });

  it('sends items that fail along the edge from error, with why', async () => {
    const work: Do = item => {
      if ((item as number) % 2 === 0) throw new Error(`${String(item)} is even`);
      return item;
    };
    await using engine = createWorkflowEngine({ kinds: { do: kind(work) } });
    const workflow = lead(
      line({}),
      [{ id: 'bad', kind: 'logic.collect' }],
      [{ from: 'n0', out: 'error', to: 'bad' }],
    );
    const { status, output, nodes } = await engine.run(workflow, { input: [1, 2, 3, 4] });
    expect(status).toBe('success');
    expect(output).toEqual({
      n0: [1, 3],
      bad: [[2, 4].map(item => ({ item, error: { code: 'NODE_FAILED', message: `${item} is even` } }))],
    });
    expect(nodes['n0']).toMatchObject({ failedItems: 2, error: null });
  });

  it('tries again as it is told, longer apart each time, and not what the policy refused', async () => {
    let tries = 0;
    const flaky: Do = () => {
      if (++tries < 4) throw new Error('not yet');
      return 'done';
    };
    const events: RunEvent[] = [];
    await using engine = createWorkflowEngine({ kinds: { do: kind(flaky) } });
    const retry = { attempts: 4, delayMs: 1, factor: 2 };
    const { status, nodes } = await engine.run(line({ retry }), { onEvent: event => events.push(event) });
    expect({ status, tries, retries: nodes['n0']?.retries }).toEqual({
      status: 'success',
      tries: 4,
      retries: 3,
    });
    expect(events.flatMap(event => (event.type === 'node-retry' ? [event.waitMs] : []))).toEqual([1, 2, 4]);

    tries = 0;
    const one = await engine.run(line({ retry: { attempts: 3, delayMs: 0 } }));
    expect({ status: one.status, tries }).toEqual({ status: 'failure', tries: 3 });

    tries = 0;
    const only = await engine.run(line({ retry: { attempts: 1 } }));
    expect({ status: only.status, tries }).toEqual({ status: 'failure', tries: 1 });

    const denied = await engine.run({
      version: 1,
      nodes: [
        { id: 'start', kind: 'input' },
        { id: 'h', kind: 'http', config: { url: 'https://a.example/' }, retry },
      ],
      edges: [{ from: 'start', to: 'h' }],
    });
    expect(denied.nodes['h']).toMatchObject({
      status: 'failure',
      retries: 0,
      error: { code: 'POLICY_DENIED' },
    });
  });

  it('ends a node at its time, even one that does not listen, and other nodes go on', async () => {
    await using engine = createWorkflowEngine({
      kinds: { do: kind(() => new Promise<never>(() => {})), fine: kind(item => item) },
    });
    const workflow = lead(
      line({ timeoutMs: 20 }),
      [{ id: 'side', kind: 'fine' }],
      [{ from: 'start', to: 'side' }],
    );
    const { error, nodes } = await engine.run(workflow);
    expect(error).toMatchObject({ code: 'NODE_TIMEOUT', node: 'n0' });
    expect(nodes['side']?.status).toBe('success');
  });

  it('is cancelled at any stage', async () => {
    await using engine = createWorkflowEngine({ kinds: { do: kind((_, signal) => untilAborted(signal)) } });
    const stop = new AbortController();
    const record = await engine.run(line({}, {}), {
      signal: stop.signal,
      onEvent: event => event.type === 'node-start' && event.node === 'n0' && stop.abort(),
    });
    expect(record).toMatchObject({ status: 'cancelled', error: { code: 'CANCELLED' } });
    expect(Object.values(record.nodes).map(({ status }) => status)).toEqual([
      'success',
      'cancelled',
      'cancelled',
    ]);
    const early = await engine.run(line({}), { signal: AbortSignal.abort() });
    expect(early.status).toBe('cancelled');
  });

  it('has a time of its own', async () => {
    await using engine = createWorkflowEngine({
      kinds: { do: kind((_, signal) => untilAborted(signal)) },
      limits: { runTimeoutMs: 20 },
    });
    expect(await engine.run(line({}))).toMatchObject({ status: 'failure', error: { code: 'RUN_TIMEOUT' } });
  });

  it('ends with the engine', async () => {
    const engine = createWorkflowEngine({ kinds: { do: kind((_, signal) => untilAborted(signal)) } });
    const run = engine.run(line({}));
    await engine.close();
    expect((await run).status).toBe('cancelled');
    await expect(engine.run(line({}))).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('goes on from where it failed, and does nothing twice', async () => {
    const done: string[] = [];
    let broken = true;
    const work: Do = item => {
      done.push(String(item));
      if (broken && item === 'b') throw new Error('down');
      return item;
    };
    await using engine = createWorkflowEngine({
      kinds: { do: kind(work), next: kind(item => `${String(item)}!`) },
    });
    const workflow = line({ kind: 'next' }, {}, { kind: 'next' });
    const seen: string[] = [];
    const first = await engine.run(line({}, { kind: 'next' }), { input: ['a', 'b'] });
    expect(first.status).toBe('failure');
    broken = false;
    const second = await engine.run(line({}, { kind: 'next' }), { input: ['a', 'b'], resume: first });
    expect(second).toMatchObject({ status: 'success', output: { n1: ['a!', 'b!'] } });
    expect(second.nodes['start']?.reused).toBe(true);
    const third = await engine.run(line({}, { kind: 'next' }), {
      resume: second,
      onEvent: event => event.type === 'node-start' && seen.push(event.node),
    });
    expect({ seen, output: third.output }).toEqual({ seen: [], output: second.output });
    await expect(engine.run(workflow, { resume: second })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });

  it('that goes on runs again what came after something that has changed', async () => {
    let broken = true;
    const work: Do = async (item, signal) => {
      if (broken) await untilAborted(signal);
      throw new Error(`bad ${String(item)}`);
    };
    await using engine = createWorkflowEngine({ kinds: { do: kind(work) } });
    const workflow = lead(
      line({ timeoutMs: 20 }),
      [{ id: 'bad', kind: 'logic.collect' }],
      [
        { from: 'n0', out: 'error', to: 'bad' },
        { from: 'start', to: 'bad' },
      ],
    );
    const first = await engine.run(workflow, { input: [1] });
    expect(first.nodes['bad']).toMatchObject({ status: 'success', outputs: { out: [[1]] } });
    broken = false;
    const second = await engine.run(workflow, { input: [1], resume: first });
    expect(second.output['bad']).toEqual([
      [{ item: 1, error: { code: 'NODE_FAILED', message: 'bad 1' } }, 1],
    ]);
    expect(second.nodes['start']?.reused).toBe(true);
    expect(second.nodes['bad']?.reused).toBe(false);
  });

  it('goes step by step when it is told to', async () => {
    const asked: string[] = [];
    await using engine = createWorkflowEngine({ kinds: { do: kind(item => item) } });
    const record = await engine.run(line({}, {}), { beforeNode: node => void asked.push(node) });
    expect(asked).toEqual(['start', 'n0', 'n1']);
    expect(record.status).toBe('success');
    const stop = new AbortController();
    const stopped = engine.run(line({}), {
      signal: stop.signal,
      beforeNode: node => (node === 'n0' ? new Promise<void>(() => stop.abort()) : undefined),
    });
    expect((await stopped).status).toBe('cancelled');
  });

  it('remembers the latest runs, as many as it may', async () => {
    await using engine = createWorkflowEngine({ kinds: { do: kind(item => item) }, limits: { history: 2 } });
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.unshift((await engine.run(line({}), { input: i })).id);
    expect(engine.history.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect(engine.history[0]?.nodes['n0']).toMatchObject({ inputs: { in: [2] }, outputs: { out: [2] } });
  });

  it('is held to its items, at the limit and one past it', async () => {
    await using engine = createWorkflowEngine({ limits: { items: 3 } });
    const split: Workflow = {
      version: 1,
      nodes: [
        { id: 'start', kind: 'input' },
        { id: 's', kind: 'logic.split' },
      ],
      edges: [{ from: 'start', to: 's' }],
    };
    expect((await engine.run(split, { input: [[1, 2, 3]] })).status).toBe('success');
    expect((await engine.run(split, { input: [[1, 2, 3, 4]] })).error).toMatchObject({ code: 'NODE_FAILED' });
    await expect(engine.run(split, { input: [1, 2, 3, 4] })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });

  it('cannot be broken by who watches it, nor by what a kind throws', async () => {
    const hostile = {
      get message(): string {
        throw new Error('no');
      },
      toString(): string {
        throw new Error('no');
      },
    };
    await using engine = createWorkflowEngine({
      kinds: {
        do: kind(() => {
          throw hostile;
        }),
      },
    });
    const record = await engine.run(line({}), {
      onEvent: () => {
        throw new Error('watcher');
      },
    });
    expect(record.error).toMatchObject({
      code: 'NODE_FAILED',
      message: 'something that has no text was thrown',
    });
  });

  it('is not changed by changes to the workflow after it began', async () => {
    const workflow = JSON.parse(JSON.stringify(line({}, {}))) as { nodes: { id: string; kind: string }[] };
    await using engine = createWorkflowEngine({ kinds: { do: kind(item => item) } });
    const run = engine.run(workflow as never, {
      onEvent: () => {
        for (const node of workflow.nodes) node.kind = 'gone';
      },
    });
    expect((await run).status).toBe('success');
  });
});

describe('a schedule', () => {
  const workflow: Workflow = {
    version: 1,
    nodes: [{ id: 't', kind: 'timer.cron', config: { expression: '30 4 * * 1', timezone: 'Europe/Berlin' } }],
    edges: [],
  };

  it('knows when the next run is due, and stops', async () => {
    await using engine = createWorkflowEngine();
    const schedule = engine.schedule(workflow);
    const shown = new Intl.DateTimeFormat('en-GB', {
      timeZone: 'Europe/Berlin',
      weekday: 'short',
      timeStyle: undefined,
      hour: '2-digit',
      minute: '2-digit',
    });
    expect(shown.format(schedule.next as Date)).toBe('Mon 04:30');
    schedule.stop();
    expect(schedule.next).toBe(null);
    expect(() => engine.schedule(line())).toThrow(expect.objectContaining({ code: 'WORKFLOW_INVALID' }));
  });

  it('begins a run whenever it is due, one at a time', async () => {
    const every: NodeKind = {
      inputs: [],
      outputs: () => ['out'],
      modes: ['batch'],
      check: () => {},
      open: () => ({ batch: ({ in: items = [] }) => ({ out: items }) }),
      next: (_, last) => new Date(last.getTime() + 10),
    };
    await using engine = createWorkflowEngine({ kinds: { every } });
    await new Promise<void>(resolve => {
      let runs = 0;
      const schedule = engine.schedule(
        { version: 1, nodes: [{ id: 'e', kind: 'every' }], edges: [] },
        {
          onRun(record) {
            expect(record.output['e']).toEqual([{ due: expect.stringMatching(/^\d{4}-/) }]);
            if (++runs < 3) return;
            schedule.stop();
            resolve();
          },
        },
      );
    });
  });
});
