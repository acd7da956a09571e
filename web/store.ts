/** What the page knows: the document with its history, and the run. Changed here only; React reads it. */
import { useSyncExternalStore } from 'react';
import type { FlowDocument } from '../examples/workflows/index.ts';
import type { ErrorWire } from '../src/core/errors.ts';
import type { LogEntry } from '../src/core/result.ts';
import type { Capabilities } from '../src/platform/types.ts';
import type { NodeRecord, RunRecord, WorkflowCheck, WorkflowEdge, WorkflowNode } from '../src/workflow.ts';
import type { HostEvent } from './protocol.ts';

export interface NodeProgress {
  readonly status: NodeRecord['status'] | 'next';
  readonly done: number;
  readonly total: number;
  readonly failed: number;
  readonly startMs: number;
  readonly record: NodeRecord | null;
}

export interface LogLine {
  readonly key: number;
  readonly node: string;
  readonly level: LogEntry['level'] | 'denied' | 'failed' | 'retry';
  readonly text: string;
}

export type Phase = 'idle' | 'starting' | 'running' | 'done';

export interface State {
  readonly document: FlowDocument;
  readonly secrets: Readonly<Record<string, string>>;
  /** The example that was opened last, while it is unchanged. */
  readonly example: string | null;
  readonly selected: string | null;
  readonly check: WorkflowCheck | null;
  readonly settingsError: ErrorWire | null;
  readonly phase: Phase;
  readonly nodes: Readonly<Record<string, NodeProgress>>;
  readonly waiting: string | null;
  readonly logs: readonly LogLine[];
  readonly droppedLogs: number;
  readonly record: RunRecord | null;
  readonly refused: ErrorWire | null;
  readonly download: { readonly loaded: number; readonly total: number } | null;
  readonly startedAt: number;
  readonly capabilities: Capabilities | null;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly notice: string | null;
}

const MAX_HISTORY = 100;
const MAX_LOGS = 2_000;
/** Typing within this time is one step back. */
const TOGETHER_MS = 800;

export const EMPTY: FlowDocument = {
  workflow: {
    version: 1,
    name: 'Untitled',
    nodes: [{ id: 'start', kind: 'input', title: 'Input', position: { x: 0, y: 0 } }],
    edges: [],
  },
  settings: { input: {}, vars: {}, policies: { default: {} }, database: null },
};

export class Store {
  #state: State = {
    document: EMPTY,
    secrets: {},
    example: null,
    selected: null,
    check: null,
    settingsError: null,
    phase: 'idle',
    nodes: {},
    waiting: null,
    logs: [],
    droppedLogs: 0,
    record: null,
    refused: null,
    download: null,
    startedAt: 0,
    capabilities: null,
    canUndo: false,
    canRedo: false,
    notice: null,
  };
  #past: FlowDocument[] = [];
  #future: FlowDocument[] = [];
  #last: { readonly kind: string; readonly at: number } = { kind: '', at: 0 };
  #key = 0;
  readonly #listeners: Set<() => void> = new Set();

  get = (): State => this.#state;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  set(change: Partial<State>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }

  /** Opens another document: nothing of the one before can be undone. */
  load(document: FlowDocument, secrets: State['secrets'] = {}, example: string | null = null): void {
    this.#past = [];
    this.#future = [];
    const plugin = document.workflow.nodes.find(node => node.kind === 'plugin');
    this.set({
      document,
      secrets,
      example,
      selected: plugin?.id ?? document.workflow.nodes[0]?.id ?? null,
      canUndo: false,
      canRedo: false,
      check: null,
      settingsError: null,
      ...this.#noRun(),
    });
  }

  /** `kind` names what is done: the same thing again and again is one step of history. */
  edit(kind: string, document: FlowDocument): void {
    const now = Date.now();
    const together = kind !== '' && kind === this.#last.kind && now - this.#last.at < TOGETHER_MS;
    this.#last = { kind, at: now };
    if (!together) this.#past = [...this.#past.slice(1 - MAX_HISTORY), this.#state.document];
    this.#future = [];
    this.set({ document, canUndo: true, canRedo: false });
  }

  undo(): void {
    const before = this.#past.pop();
    if (before === undefined) return;
    this.#future.push(this.#state.document);
    this.#jump(before);
  }

  redo(): void {
    const after = this.#future.pop();
    if (after === undefined) return;
    this.#past.push(this.#state.document);
    this.#jump(after);
  }

  #jump(document: FlowDocument): void {
    this.#last = { kind: '', at: 0 };
    const { selected } = this.#state;
    this.set({
      document,
      selected: document.workflow.nodes.some(({ id }) => id === selected) ? selected : null,
      canUndo: this.#past.length > 0,
      canRedo: this.#future.length > 0,
    });
  }

  #noRun(): Partial<State> {
    return {
      phase: 'idle',
      nodes: {},
      waiting: null,
      logs: [],
      droppedLogs: 0,
      record: null,
      refused: null,
      download: null,
    };
  }

  begin(resumed: boolean): void {
    const nodes = resumed ? this.#state.nodes : {};
    this.set({ ...this.#noRun(), nodes, phase: 'starting', startedAt: performance.now() });
  }

  take(events: readonly HostEvent[]): void {
    const nodes: Record<string, NodeProgress> = { ...this.#state.nodes };
    const lines: LogLine[] = [];
    let { waiting, download, phase } = this.#state;
    const say = (node: string, level: LogLine['level'], text: string): void => {
      lines.push({ key: ++this.#key, node, level, text });
    };
    const at = (id: string): NodeProgress =>
      nodes[id] ?? { status: 'waiting', done: 0, total: 0, failed: 0, startMs: 0, record: null };
    for (const event of events)
      switch (event.type) {
        case 'run-start':
          phase = 'running';
          break;
        case 'node-wait':
          waiting = event.node;
          nodes[event.node] = { ...at(event.node), status: 'next' };
          break;
        case 'node-start':
          waiting = null;
          nodes[event.node] = {
            ...at(event.node),
            status: 'running',
            record: null,
            done: 0,
            failed: 0,
            total: event.items,
            startMs: performance.now() - this.#state.startedAt,
          };
          break;
        case 'node-progress':
          nodes[event.node] = {
            ...at(event.node),
            done: event.done,
            total: event.total,
            failed: event.failed,
          };
          break;
        case 'node-retry':
          say(event.node, 'retry', `try ${event.attempt + 1} in ${event.waitMs} ms: ${event.error.message}`);
          break;
        case 'log':
          say(event.node, event.entry.level, event.entry.text);
          break;
        case 'node-end':
          nodes[event.node] = { ...at(event.node), status: event.record.status, record: event.record };
          for (const denial of event.record.denials)
            say(event.node, 'denied', `${denial.kind} ${denial.subject}: ${denial.hint}`);
          if (event.record.error !== null && event.record.status === 'failure')
            say(event.node, 'failed', `${event.record.error.code}: ${event.record.error.message}`);
          break;
        case 'download':
          download = event.loaded >= event.total ? null : { loaded: event.loaded, total: event.total };
          break;
        case 'run-end':
          break;
      }
    const all = lines.length === 0 ? this.#state.logs : [...this.#state.logs, ...lines];
    const over = Math.max(0, all.length - MAX_LOGS);
    this.set({
      nodes,
      waiting,
      download,
      phase,
      logs: over === 0 ? all : all.slice(over),
      droppedLogs: this.#state.droppedLogs + over,
    });
  }
}

export const store: Store = new Store();

/** Part of the state; `pick` must give the same object while nothing of it changed. */
export function useStore<T>(pick: (state: State) => T): T {
  return useSyncExternalStore(store.subscribe, () => pick(store.get()));
}

const workflowOf = (): FlowDocument['workflow'] => store.get().document.workflow;

export function editWorkflow(kind: string, change: Partial<FlowDocument['workflow']>): void {
  const { document } = store.get();
  store.edit(kind, { ...document, workflow: { ...document.workflow, ...change } });
}

export function editSettings(kind: string, change: Partial<FlowDocument['settings']>): void {
  const { document } = store.get();
  store.edit(kind, { ...document, settings: { ...document.settings, ...change } });
}

export function editNode(id: string, kind: string, change: Partial<WorkflowNode>): void {
  const nodes = workflowOf().nodes.map(node => (node.id === id ? { ...node, ...change } : node));
  editWorkflow(`${kind} ${id}`, { nodes });
}

export function addNode(
  kind: string,
  title: string,
  config: WorkflowNode['config'],
  place: { x: number; y: number },
): string {
  const { nodes } = workflowOf();
  const base = kind.split('.').at(-1) ?? kind;
  let [id, count] = [base, 1];
  while (nodes.some(node => node.id === id)) {
    count += 1;
    id = `${base}${count}`;
  }
  editWorkflow('', { nodes: [...nodes, { id, kind, title, config: config ?? {}, position: place }] });
  store.set({ selected: id });
  return id;
}

export function removeNodes(ids: readonly string[]): void {
  const { nodes, edges } = workflowOf();
  editWorkflow('', {
    nodes: nodes.filter(({ id }) => !ids.includes(id)),
    edges: edges.filter(({ from, to }) => !ids.includes(from) && !ids.includes(to)),
  });
  if (ids.includes(store.get().selected ?? '')) store.set({ selected: null });
}

const same = (a: WorkflowEdge, b: WorkflowEdge): boolean =>
  a.from === b.from &&
  a.to === b.to &&
  (a.out ?? 'out') === (b.out ?? 'out') &&
  (a.in ?? 'in') === (b.in ?? 'in');

export function connect(edge: WorkflowEdge): void {
  const { edges } = workflowOf();
  if (edge.from !== edge.to && !edges.some(one => same(one, edge)))
    editWorkflow('', { edges: [...edges, edge] });
}

export function disconnect(gone: readonly WorkflowEdge[]): void {
  const { edges } = workflowOf();
  editWorkflow('', { edges: edges.filter(edge => !gone.some(one => same(one, edge))) });
}
