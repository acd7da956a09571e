/** One run of a workflow: every node when all that lead to it are done. */
import { SandboxError } from '../core/errors.ts';
import type { LogEntry } from '../core/result.ts';
import type { Value } from '../core/value.ts';
import { RunBudget } from './budget.ts';
import { configOf } from './check.ts';
import { setTimer } from './clock.ts';
import type { RunEvent, RunOptions } from './engine-types.ts';
import { asFailure, failure } from './failure.ts';
import type { NodeKind } from './kind.ts';
import type { WorkflowLimits } from './limits.ts';
import { type NodeRecord, type Ports, type RunRecord, table, WAITING } from './record.ts';
import type { Services } from './services.ts';
import type { Workflow, WorkflowEdge, WorkflowNode } from './types.ts';
import { orAborted, work } from './work.ts';

export interface RunParts {
  readonly id: string;
  readonly workflow: Workflow;
  readonly order: readonly string[];
  readonly kinds: ReadonlyMap<string, NodeKind>;
  readonly limits: WorkflowLimits;
  readonly services: Services;
  readonly options: RunOptions;
  readonly now: () => number;
  /** Items of nodes where the run begins. */
  readonly input: readonly Value[];
}

const DEFAULT_CONCURRENCY = 4;
/** Of a log record, beside its text. */
const LOG_BYTES = 128;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export class WorkflowRun {
  readonly #parts: RunParts;
  readonly #records: Map<string, NodeRecord> = new Map();
  readonly #nodes: Map<string, WorkflowNode> = new Map();
  readonly #into: Map<string, WorkflowEdge[]> = new Map();
  readonly #stop: AbortController = new AbortController();
  readonly #budget: RunBudget;
  readonly #startedAt: string = new Date().toISOString();
  readonly #started: number;
  /** What nodes keep for this run hangs on it. */
  readonly #token: object = Object.freeze({});
  #ended: number | null = null;
  #gate: Promise<void> = Promise.resolve();

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.#started = parts.now();
    this.#budget = new RunBudget(parts.limits.itemBytes);
    for (const node of parts.workflow.nodes) {
      this.#nodes.set(node.id, node);
      this.#into.set(node.id, []);
      this.#records.set(node.id, WAITING);
    }
    for (const edge of parts.workflow.edges) this.#into.get(edge.to)?.push(edge);
    // In their order: what came before has to be the same for what it led to.
    for (const id of parts.order) {
      const before = parts.options.resume?.nodes[id];
      const isSame = this.#into.get(id)?.every(({ from }) => this.#records.get(from)?.reused === true);
      if (before?.status === 'success' && isSame === true) this.#records.set(id, reuse(before));
    }
  }

  /** Resolves for everything that happens to the run. */
  async run(): Promise<RunRecord> {
    const { options, limits, id, workflow, order } = this.#parts;
    const cancel = (): void => this.#stop.abort(failure('CANCELLED', 'the run was cancelled'));
    const stopTimer = setTimer(limits.runTimeoutMs, () =>
      this.#stop.abort(
        failure('RUN_TIMEOUT', `the run took longer than limits.runTimeoutMs = ${limits.runTimeoutMs}`),
      ),
    );
    if (options.signal?.aborted === true) cancel();
    else options.signal?.addEventListener('abort', cancel, { once: true });
    this.#emit({ type: 'run-start', run: id, workflow: workflow.name ?? '', nodes: order });
    try {
      await this.#all();
    } finally {
      stopTimer();
      options.signal?.removeEventListener('abort', cancel);
    }
    this.#ended = this.#parts.now();
    const record = this.record();
    this.#emit({ type: 'run-end', run: id, record });
    return record;
  }

  /** Estimated bytes of its items and logs. */
  get bytes(): number {
    return this.#budget.spent;
  }

  /** Of this moment. */
  record(): RunRecord {
    const { id, workflow } = this.#parts;
    const nodes = table([...this.#records]);
    const leads = new Set(workflow.edges.filter(edge => edge.out !== 'error').map(edge => edge.from));
    const first = this.#firstError();
    return Object.freeze({
      id,
      workflow: workflow.name ?? '',
      status:
        this.#ended === null
          ? ('running' as const)
          : first === null
            ? ('success' as const)
            : first.code === 'CANCELLED'
              ? ('cancelled' as const)
              : ('failure' as const),
      startedAt: this.#startedAt,
      ms: (this.#ended ?? this.#parts.now()) - this.#started,
      error: first,
      nodes,
      output: table(
        workflow.nodes.flatMap(node => {
          const record = this.#records.get(node.id) as NodeRecord;
          if (leads.has(node.id) || record.status !== 'success') return [];
          return [[node.id, record.outputs['out'] ?? []] as const];
        }),
      ),
    });
  }

  #firstError(): RunRecord['error'] {
    const { reason } = this.#stop.signal;
    if (this.#stop.signal.aborted) return asFailure(reason).toJSON();
    for (const id of this.#parts.order) {
      const record = this.#records.get(id);
      if (record?.status === 'failure' && record.error !== null) return { ...record.error, node: id };
    }
    return null;
  }

  /** Starts what can start, until nothing is left that could. */
  async #all(): Promise<void> {
    const { order, limits } = this.#parts;
    const waiting = new Set(order.filter(id => this.#records.get(id)?.status === 'waiting'));
    const busy = new Map<string, Promise<unknown>>();
    for (;;) {
      for (const id of waiting) {
        if (busy.size >= limits.concurrency) break;
        if (!this.#isReady(id)) continue;
        waiting.delete(id);
        busy.set(
          id,
          this.#node(id).finally(() => busy.delete(id)),
        );
      }
      if (busy.size === 0) break;
      await Promise.race(busy.values());
    }
  }

  #isReady(id: string): boolean {
    return (this.#into.get(id) ?? []).every(({ from }) => {
      const status = this.#records.get(from)?.status;
      return status !== 'waiting' && status !== 'running';
    });
  }

  async #node(id: string): Promise<void> {
    const node = this.#nodes.get(id) as WorkflowNode;
    const edges = this.#into.get(id) ?? [];
    const start = this.#parts.now();
    const set = (change: Partial<NodeRecord>): void => {
      const now = { ...(this.#records.get(id) as NodeRecord), ...change };
      this.#records.set(id, Object.freeze({ ...now, ms: this.#parts.now() - start }));
    };
    const end = (change: Partial<NodeRecord>): void => {
      set(change);
      this.#emit({ type: 'node-end', node: id, record: this.#records.get(id) as NodeRecord });
    };
    if (this.#stop.signal.aborted) return end({ status: 'cancelled' });
    const failed = edges.some(
      ({ from, out }) =>
        out !== 'error' &&
        ['failure', 'blocked', 'cancelled'].includes(this.#records.get(from)?.status ?? ''),
    );
    if (failed) return end({ status: 'blocked' });
    const kind = this.#parts.kinds.get(node.kind) as NodeKind;
    const inputs = edges.length === 0 ? { in: this.#parts.input } : this.#gather(edges);
    if (edges.length > 0 && Object.values(inputs).every(items => items.length === 0))
      return end({ status: 'skipped' });
    if (!(await this.#admitted(id))) return end({ status: 'cancelled', inputs });
    this.#records.set(
      id,
      Object.freeze({ ...WAITING, status: 'running', inputs, startMs: this.#parts.now() - this.#started }),
    );
    const { in: items = [] } = inputs;
    this.#emit({ type: 'node-start', node: id, items: items.length });
    try {
      end(await this.#work(node, kind, inputs));
    } catch (error) {
      end({ status: this.#stop.signal.aborted ? 'cancelled' : 'failure', error: asFailure(error).toJSON() });
    }
  }

  /** One node at a time asks whoever steps through the run. */
  #admitted(id: string): Promise<boolean> {
    const { beforeNode } = this.#parts.options;
    const { signal } = this.#stop;
    if (beforeNode === undefined) return Promise.resolve(!signal.aborted);
    const ask = this.#gate.then(() => {
      if (signal.aborted) return;
      this.#emit({ type: 'node-wait', node: id });
      const aborted = new Promise<void>(resolve =>
        signal.addEventListener('abort', () => resolve(), { once: true }),
      );
      return Promise.race([aborted, beforeNode(id)]);
    });
    this.#gate = ask.catch(() => {});
    return ask.then(() => !signal.aborted);
  }

  #gather(edges: readonly WorkflowEdge[]): Ports {
    const inputs: Record<string, Value[]> = Object.create(null);
    for (const { from, out = 'out', in: port = 'in' } of edges) {
      inputs[port] ??= [];
      for (const item of this.#records.get(from)?.outputs[out] ?? []) inputs[port].push(item);
    }
    return inputs;
  }

  async #work(node: WorkflowNode, kind: NodeKind, inputs: Ports): Promise<Partial<NodeRecord>> {
    const { limits, services, options, workflow } = this.#parts;
    const timeoutMs = node.timeoutMs ?? limits.nodeTimeoutMs;
    const stop = new AbortController();
    const cancel = (): void => stop.abort(this.#stop.signal.reason);
    if (this.#stop.signal.aborted) cancel();
    else this.#stop.signal.addEventListener('abort', cancel, { once: true });
    const stopTimer = setTimer(timeoutMs, () =>
      stop.abort(failure('NODE_TIMEOUT', `${node.id} took longer than its timeoutMs = ${timeoutMs}`)),
    );
    const logs: LogEntry[] = [];
    let droppedLogs = 0;
    let reached = -1;
    try {
      const context = { node, config: configOf(node), services, run: this.#token };
      const worker = await orAborted(() => kind.open(context), stop.signal);
      try {
        const { outputs, error, failedItems, retries, account } = await work({
          worker,
          mode: node.mode ?? kind.modes[0] ?? 'item',
          inputs,
          retry: node.retry,
          concurrency: node.concurrency ?? DEFAULT_CONCURRENCY,
          maxItems: limits.items,
          signal: stop.signal,
          vars: options.vars ?? {},
          caller: options.caller,
          budget: this.#budget,
          routesErrors: workflow.edges.some(edge => edge.from === node.id && edge.out === 'error'),
          onLog: entry => {
            if (logs.length < limits.logs && this.#budget.takes(LOG_BYTES + entry.text.length))
              logs.push(entry);
            else droppedLogs += 1;
            this.#emit({ type: 'log', node: node.id, entry });
          },
          onProgress: (done, total, failed) => {
            // Of ten thousand items nobody wants to hear one by one.
            const step = total === 0 ? 100 : Math.floor((done / total) * 100);
            if (step === reached) return;
            reached = step;
            this.#emit({ type: 'node-progress', node: node.id, done, total, failed });
          },
          onRetry: (item, attempt, waitMs, why) =>
            this.#emit({ type: 'node-retry', node: node.id, item, attempt, waitMs, error: why.toJSON() }),
        });
        const change: Mutable<Partial<NodeRecord>> = {
          status: error === null ? 'success' : this.#stop.signal.aborted ? 'cancelled' : 'failure',
          outputs: Object.freeze(outputs),
          error: error === null ? null : error.toJSON(),
          failedItems,
          retries,
          usage: account.usage,
          denials: account.denials,
          egress: account.egress,
          logs,
          droppedLogs,
        };
        return change;
      } finally {
        // Always begun, and waited for as long as the node has time.
        const closing = Promise.resolve().then(() => worker.close?.());
        if (stop.signal.aborted) closing.catch(() => {});
        else await orAborted(() => closing, stop.signal);
      }
    } finally {
      stopTimer();
      this.#stop.signal.removeEventListener('abort', cancel);
    }
  }

  #emit(event: RunEvent): void {
    try {
      this.#parts.options.onEvent?.(event);
    } catch {
      // Whoever watches must not be able to break a run.
    }
  }
}

function reuse(record: NodeRecord): NodeRecord {
  return Object.freeze({ ...record, reused: true });
}

/** @throws SandboxError INVALID_ARGUMENT for a record that is of another workflow */
export function checkResume(record: RunRecord, workflow: Workflow): void {
  for (const { id } of workflow.nodes)
    if (record.nodes[id] === undefined)
      throw new SandboxError(
        'INVALID_ARGUMENT',
        `resume has no node ${id}: it is the record of another workflow`,
      );
}
