/** Finds what would keep a workflow from running, before it runs. */
import { cleanLine } from '../core/text.ts';
import type { ToolName } from '../tools/registry.ts';
import { isRecord, shown } from './fields.ts';
import { findOrder } from './graph.ts';
import type { Complain, NodeKind } from './kind.ts';
import type { WorkflowLimits } from './limits.ts';
import { type Reading, Readings } from './reading.ts';
import { isRetryWord, LONGEST_WAIT_MS, MOST_ATTEMPTS } from './retry.ts';
import type { Services } from './services.ts';
import type { Config, ProblemCode, Workflow, WorkflowCheck, WorkflowNode, WorkflowProblem } from './types.ts';

const ID = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const WORKFLOW_KEYS = ['version', 'name', 'nodes', 'edges'];
const NODE_KEYS = ['id', 'kind', 'title', 'config', 'mode', 'timeoutMs', 'retry', 'concurrency', 'position'];
const EDGE_KEYS = ['from', 'out', 'to', 'in'];
const TEXT_CHARS = 200;
const MAX_CONCURRENCY = 64;

export interface CheckWith {
  readonly kinds: ReadonlyMap<string, NodeKind>;
  /** Kinds that are allowed, `family.*` for a family; null for all. */
  readonly allow: readonly string[] | null;
  readonly limits: WorkflowLimits;
  readonly services: Services;
}

const whole = (value: unknown, min: number, max: number): boolean =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max;

export function isAllowed(kind: string, allow: readonly string[] | null): boolean {
  return (
    allow === null ||
    allow.some(one => one === kind || (one.endsWith('.*') && kind.startsWith(one.slice(0, -1))))
  );
}

/** Nobody reads more. */
const MOST_PROBLEMS = 1_000;

class Check {
  /** In order of what they are about; what is read later keeps its place. */
  readonly #lists: WorkflowProblem[][] = [[]];
  #count = 0;
  readonly readings: Readings;
  readonly #with: CheckWith;
  /** Those that can be asked for their ports. */
  readonly #nodes: Map<string, { readonly node: WorkflowNode; readonly kind: NodeKind }> = new Map();

  constructor(given: CheckWith, later: boolean) {
    this.#with = given;
    this.readings = new Readings(later);
  }

  say(code: ProblemCode, message: string, where: Partial<WorkflowProblem> = {}): void {
    this.#add(Object.freeze({ code, severity: 'error', message, ...where }), this.#lists.at(-1));
  }

  get problems(): readonly WorkflowProblem[] {
    return this.#lists.flat();
  }

  #add(problem: WorkflowProblem, list: WorkflowProblem[] | undefined): void {
    if (++this.#count < MOST_PROBLEMS) list?.push(problem);
    else if (this.#count === MOST_PROBLEMS)
      list?.push(
        Object.freeze({
          code: 'limit',
          severity: 'error',
          message: `there are ${MOST_PROBLEMS} problems or more: correct these first`,
        }),
      );
  }

  /** False when there is nothing that could be looked at any closer. */
  shape(workflow: unknown): workflow is Workflow {
    if (!isRecord(workflow)) {
      this.say('shape', 'a workflow is an object { version: 1, nodes, edges }');
      return false;
    }
    this.#keys(workflow, WORKFLOW_KEYS, '');
    const { version, name, nodes, edges } = workflow;
    if (version !== 1) this.say('shape', `version must be 1, got ${shown(version)}`);
    if (name !== undefined && (typeof name !== 'string' || name.length > TEXT_CHARS))
      this.say('shape', `name must be a text of at most ${TEXT_CHARS} characters`);
    if (!Array.isArray(nodes) || !Array.isArray(edges)) {
      this.say('shape', 'nodes and edges must be arrays');
      return false;
    }
    const { limits } = this.#with;
    if (nodes.length > limits.nodes || edges.length > limits.edges) {
      this.say(
        'limit',
        `the workflow has ${nodes.length} nodes and ${edges.length} edges; limits.nodes = ${limits.nodes}, limits.edges = ${limits.edges}`,
      );
      return false;
    }
    if (nodes.length === 0)
      this.say('shape', 'there is no node: add one, such as { id: "start", kind: "input" }');
    return true;
  }

  nodes(nodes: readonly unknown[]): void {
    for (const [index, node] of nodes.entries()) this.#node(node, index);
  }

  edges(edges: readonly unknown[]): void {
    const entered = new Set<string>();
    for (const [index, edge] of edges.entries()) {
      if (!isRecord(edge)) {
        this.say('shape', `edges[${index}] must be an object { from, to }`, { edge: index });
        continue;
      }
      this.#keys(edge, EDGE_KEYS, `edges[${index}].`, { edge: index });
      const { from, to, out = 'out', in: enter = 'in' } = edge;
      const [source, target] = [this.#end(from, index, 'from'), this.#end(to, index, 'to')];
      if (source !== undefined) {
        const ports = [...source.kind.outputs(configOf(source.node)), 'error'];
        if (!ports.includes(out as string)) this.#port(index, source.node, 'out', out, ports);
      }
      if (target !== undefined) {
        const { inputs } = target.kind;
        if (!inputs.includes(enter as string)) this.#port(index, target.node, 'in', enter, inputs);
        else entered.add(`${target.node.id} ${String(enter)}`);
      }
    }
    for (const { node, kind } of this.#nodes.values())
      for (const port of kind.inputs)
        if (kind.optional?.includes(port) !== true && !entered.has(`${node.id} ${port}`))
          this.say('missing-input', `nothing leads into ${node.id}.${port}: connect a node to it`, {
            node: node.id,
          });
  }

  #end(
    id: unknown,
    edge: number,
    key: 'from' | 'to',
  ): { readonly node: WorkflowNode; readonly kind: NodeKind } | undefined {
    if (typeof id === 'string' && this.#ids.has(id)) return this.#nodes.get(id);
    this.say('unknown-node', `edges[${edge}].${key} names ${shown(id)}, which is no node`, { edge });
    return undefined;
  }

  #port(edge: number, node: WorkflowNode, key: string, port: unknown, known: readonly string[]): void {
    const list = known.length === 0 ? 'no ports for that' : known.join(', ');
    this.say('unknown-port', `edges[${edge}].${key} names ${shown(port)}; ${node.id} has ${list}`, {
      edge,
      node: node.id,
    });
  }

  readonly #ids: Set<string> = new Set();

  #node(node: unknown, index: number): void {
    if (!isRecord(node)) {
      this.say('shape', `nodes[${index}] must be an object { id, kind }`);
      return;
    }
    const { id, kind: name } = node;
    if (typeof id !== 'string' || !ID.test(id)) {
      this.say(
        'shape',
        `nodes[${index}].id must be a letter, then at most 63 letters, digits, _ and -, got ${shown(id)}`,
      );
      return;
    }
    if (this.#ids.has(id)) {
      this.say('duplicate-id', `there are two nodes ${id}: rename one`, { node: id });
      return;
    }
    this.#ids.add(id);
    this.#keys(node, NODE_KEYS, '', { node: id });
    this.#common(node as unknown as WorkflowNode);
    const kind = typeof name === 'string' ? this.#with.kinds.get(name) : undefined;
    if (kind === undefined) {
      this.say('unknown-kind', `${id} is of the kind ${shown(name)}, which there is not`, {
        node: id,
        path: 'kind',
      });
      return;
    }
    const checked = node as unknown as WorkflowNode;
    this.#nodes.set(id, { node: checked, kind });
    if (!isAllowed(checked.kind, this.#with.allow))
      this.say(
        'permission',
        `nodes of the kind ${checked.kind} are not allowed: ask for it in options.allow`,
        {
          node: id,
          path: 'kind',
        },
      );
    if (checked.mode !== undefined && !kind.modes.includes(checked.mode))
      this.say('config', `mode must be ${kind.modes.join(' or ')} for ${checked.kind}`, {
        node: id,
        path: 'mode',
      });
    if (node['config'] !== undefined && !isRecord(node['config'])) return;
    const config = configOf(checked);
    kind.check(config, this.#complain(id), { node: checked, config, services: this.#with.services });
  }

  #complain(node: string): Complain {
    const list: WorkflowProblem[] = [];
    this.#lists.push(list, []);
    const as: Complain['as'] = (code, severity, path, message, place) =>
      this.#add(
        Object.freeze({
          code,
          severity,
          message: `${path === '' ? '' : `config.${path} `}${cleanLine(message, 400)}`,
          node,
          path: path === '' ? 'config' : `config.${path}`,
          ...place,
        }),
        list,
      );
    return Object.assign((path: string, message: string): void => as('config', 'error', path, message), {
      as,
      reading: <N extends ToolName>(reading: Reading<N>): void => this.readings.add(reading as Reading),
    });
  }

  #common(node: WorkflowNode): void {
    const { id, title, config, mode, timeoutMs, retry, concurrency, position } = node;
    const { nodeTimeoutMs } = this.#with.limits;
    const say = (path: string, message: string): void =>
      this.say('shape', `${id}: ${path} ${message}`, { node: id, path });
    if (title !== undefined && (typeof title !== 'string' || title.length > TEXT_CHARS))
      say('title', `must be a text of at most ${TEXT_CHARS} characters`);
    if (config !== undefined && !isRecord(config)) say('config', 'must be an object');
    if (mode !== undefined && mode !== 'item' && mode !== 'batch') say('mode', 'must be item or batch');
    if (timeoutMs !== undefined && !whole(timeoutMs, 1, nodeTimeoutMs))
      say('timeoutMs', `must be an integer from 1 to limits.nodeTimeoutMs = ${nodeTimeoutMs}`);
    if (concurrency !== undefined && !whole(concurrency, 1, MAX_CONCURRENCY))
      say('concurrency', `must be an integer from 1 to ${MAX_CONCURRENCY}`);
    if (position !== undefined && !(Number.isFinite(position?.x) && Number.isFinite(position?.y)))
      say('position', 'must be { x, y }');
    if (retry === undefined) return;
    if (!isRecord(retry)) {
      say('retry', 'must be an object { attempts }');
      return;
    }
    this.#keys(retry, ['attempts', 'delayMs', 'factor', 'on'], 'retry.', { node: id });
    if (!whole(retry.attempts, 1, MOST_ATTEMPTS))
      say('retry.attempts', `must be an integer from 1 to ${MOST_ATTEMPTS}: the first try counts`);
    if (retry.delayMs !== undefined && !whole(retry.delayMs, 0, LONGEST_WAIT_MS))
      say('retry.delayMs', `must be an integer from 0 to ${LONGEST_WAIT_MS}`);
    const { on } = retry;
    if (on !== undefined && !(Array.isArray(on) && on.length > 0 && on.length <= 50 && on.every(isRetryWord)))
      say('retry.on', 'must list network, 4xx, 5xx and statuses from 400 to 599');
    if (retry.factor !== undefined && !(retry.factor >= 1 && retry.factor <= 10))
      say('retry.factor', 'must be a number from 1 to 10');
  }

  #keys(
    of: Readonly<Record<string, unknown>>,
    known: readonly string[],
    path: string,
    where: Partial<WorkflowProblem> = {},
  ): void {
    for (const key of Object.keys(of))
      if (!known.includes(key))
        this.say('shape', `${path}${cleanLine(key, 60)} is unknown; known: ${known.join(', ')}`, where);
  }
}

export function configOf(node: WorkflowNode): Config {
  return isRecord(node.config) ? node.config : {};
}

function begin(
  workflow: unknown,
  given: CheckWith,
  later: boolean,
): { check: Check; order: readonly string[] } {
  const check = new Check(given, later);
  let order: readonly string[] = [];
  if (check.shape(workflow)) {
    check.nodes(workflow.nodes);
    check.edges(workflow.edges);
    const found = findOrder(workflow);
    if ('cycle' in found)
      check.say('cycle', `these nodes lead back to themselves: ${found.cycle.join(' → ')}: remove an edge`, {
        node: found.cycle[0] as string,
      });
    else order = found.order;
  }
  return { check, order };
}

function outcome({ check, order }: ReturnType<typeof begin>): WorkflowCheck {
  const problems = Object.freeze(check.problems);
  return Object.freeze({
    valid: !problems.some(({ severity }) => severity === 'error'),
    problems,
    order: Object.freeze(order),
  });
}

/**
 * Never throws for any value: what is wrong is in `problems`. Programs, templates and paths are read as long as all of them together
 * take no more than 50 ms; of the others a warning says that they were not.
 */
export function checkWorkflow(workflow: unknown, given: CheckWith): WorkflowCheck {
  return outcome(begin(workflow, given, false));
}

/** The same, and everything is read: what is too long for the host's thread in a cell. @throws the signal's reason */
export async function checkWorkflowInFull(
  workflow: unknown,
  given: CheckWith,
  signal?: AbortSignal,
): Promise<WorkflowCheck> {
  const begun = begin(workflow, given, true);
  await begun.check.readings.finish(given.services.tools, {
    signal,
    deadlineMs: given.limits.runTimeoutMs,
  });
  return outcome(begun);
}
