/** The façade: checks what the caller says, makes runs of it, and remembers them. */
import { SandboxError } from '../core/errors.ts';
import type { Value } from '../core/value.ts';
import type { Platform } from '../platform/types.ts';
import { type CheckWith, checkWorkflow, checkWorkflowInFull } from './check.ts';
import { copyWorkflow } from './copy.ts';
import type {
  RunOptions,
  Schedule,
  ScheduleOptions,
  WorkflowEngine,
  WorkflowEngineOptions,
} from './engine-types.ts';
import type { NodeKind } from './kind.ts';
import { BUILT_IN_KINDS } from './kinds/index.ts';
import { resolveWorkflowLimits, type WorkflowLimits } from './limits.ts';
import type { RunRecord } from './record.ts';
import { checkResume, WorkflowRun } from './run.ts';
import { startSchedule } from './schedule.ts';
import { Services } from './services.ts';
import type { Workflow, WorkflowCheck } from './types.ts';

const OPTION_KEYS = [
  'policies',
  'sandbox',
  'modules',
  'secrets',
  'egressProxy',
  'databases',
  'manager',
  'kinds',
  'allow',
  'limits',
];
const RUN_KEYS = ['input', 'vars', 'signal', 'caller', 'onEvent', 'beforeNode', 'resume'];

const invalid = (message: string): SandboxError => new SandboxError('INVALID_ARGUMENT', message);

function checkKeys(value: unknown, what: string, known: readonly string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(`${what} takes one object`);
  for (const key of Object.keys(value))
    if (!known.includes(key))
      throw invalid(`${what} knows no option ${JSON.stringify(key)}; it knows ${known.join(', ')}`);
}

class Engine implements WorkflowEngine {
  readonly kinds: ReadonlyMap<string, NodeKind>;
  readonly #platform: Platform;
  readonly #allow: readonly string[] | null;
  readonly #limits: WorkflowLimits;
  readonly #services: Services;
  readonly #closing: AbortController = new AbortController();
  readonly #running: Set<Promise<unknown>> = new Set();
  readonly #schedules: Set<Schedule> = new Set();
  /** The latest runs with what they hold, newest first. */
  #remembered: readonly { readonly record: RunRecord; readonly bytes: number }[] = [];
  #history: readonly RunRecord[] = [];

  constructor(platform: Platform, options: WorkflowEngineOptions) {
    checkKeys(options, 'createWorkflowEngine()', OPTION_KEYS);
    this.#platform = platform;
    this.#limits = resolveWorkflowLimits(options.limits);
    this.#allow = checkAllow(options.allow);
    this.kinds = withOwn(options.kinds);
    this.#services = new Services(platform, {
      policies: { default: {}, ...options.policies },
      sandbox: options.sandbox,
      modules: options.modules ?? {},
      secrets: options.secrets ?? {},
      egressProxy: options.egressProxy,
      databases: options.databases ?? {},
      manager: options.manager,
      limits: this.#limits,
    });
  }

  get history(): readonly RunRecord[] {
    return this.#history;
  }

  check(workflow: unknown): WorkflowCheck {
    return checkWorkflow(workflow, this.#checkWith);
  }

  async checkInFull(
    workflow: unknown,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<WorkflowCheck> {
    if (this.#closing.signal.aborted) throw closed();
    const closing = this.#closing.signal;
    try {
      return await checkWorkflowInFull(
        workflow,
        this.#checkWith,
        signal === undefined ? closing : AbortSignal.any([signal, closing]),
      );
    } catch (error) {
      throw closing.aborted ? closed() : error;
    }
  }

  get #checkWith(): CheckWith {
    return { kinds: this.kinds, allow: this.#allow, limits: this.#limits, services: this.#services };
  }

  run(workflow: Workflow, options: RunOptions = {}): Promise<RunRecord> {
    const run = this.#run(workflow, options);
    this.#running.add(run);
    void run.catch(() => {}).finally(() => this.#running.delete(run));
    return run;
  }

  async #run(given: Workflow, options: RunOptions): Promise<RunRecord> {
    if (this.#closing.signal.aborted) throw closed();
    checkKeys(options, 'run()', RUN_KEYS);
    const { signal, resume, input = {} } = options;
    if (signal !== undefined && !(signal instanceof AbortSignal))
      throw invalid('signal must be an AbortSignal');
    const workflow = copyWorkflow(given) as unknown as Workflow;
    const { order } = valid(
      await this.checkInFull(workflow, signal === undefined || signal.aborted ? {} : { signal }),
    );
    if (resume !== undefined) checkResume(resume, workflow);
    const items = Array.isArray(input) ? (input as readonly Value[]) : [input];
    if (items.length > this.#limits.items)
      throw invalid(`input has ${items.length} items; limits.items = ${this.#limits.items}`);
    const closing = this.#closing.signal;
    const run = new WorkflowRun({
      id: crypto.randomUUID(),
      workflow,
      order,
      kinds: this.kinds,
      limits: this.#limits,
      services: this.#services,
      options: { ...options, signal: signal === undefined ? closing : AbortSignal.any([signal, closing]) },
      now: () => this.#platform.now(),
      input: items,
    });
    const record = await run.run();
    this.#remember(record, run.bytes);
    return record;
  }

  /** As many as fit: all of them together may hold what one may. */
  #remember(record: RunRecord, bytes: number): void {
    let left = this.#limits.itemBytes;
    this.#remembered = [{ record, bytes }, ...this.#remembered].slice(0, this.#limits.history).filter(one => {
      left -= one.bytes;
      return left >= 0;
    });
    this.#history = Object.freeze(this.#remembered.map(one => one.record));
  }

  schedule(given: Workflow, options: ScheduleOptions = {}): Schedule {
    if (this.#closing.signal.aborted) throw closed();
    const workflow = copyWorkflow(given) as unknown as Workflow;
    // What is left out here, each run checks.
    valid(this.check(workflow));
    const { onRun, ...rest } = options;
    const schedule = startSchedule(workflow, this.kinds, (due, signal) =>
      this.run(workflow, {
        ...rest,
        input: { due: due.toISOString() },
        signal: rest.signal === undefined ? signal : AbortSignal.any([signal, rest.signal]),
      }).then(record => onRun?.(record)),
    );
    this.#schedules.add(schedule);
    return schedule;
  }

  async close(): Promise<void> {
    for (const schedule of this.#schedules) schedule.stop();
    this.#closing.abort();
    await Promise.allSettled(this.#running);
    await this.#services.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

const closed = (): SandboxError => new SandboxError('CLOSED', 'the workflow engine was closed');

/** @throws SandboxError WORKFLOW_INVALID */
function valid(check: WorkflowCheck): WorkflowCheck {
  if (check.valid) return check;
  const errors = check.problems.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  throw new SandboxError(
    'WORKFLOW_INVALID',
    `${first?.node === undefined ? '' : `node ${first.node}: `}${first?.message} [${first?.code}]${
      errors.length > 1 ? `; and ${errors.length - 1} more problems: see check()` : ''
    }`,
  );
}

function checkAllow(allow: unknown): readonly string[] | null {
  if (allow === undefined) return null;
  if (!Array.isArray(allow) || !allow.every(one => typeof one === 'string'))
    throw invalid('options.allow must be an array of kinds, such as ["http", "logic.*"]');
  return Object.freeze([...(allow as string[])]);
}

function withOwn(own: Readonly<Record<string, NodeKind>> = {}): ReadonlyMap<string, NodeKind> {
  for (const [name, kind] of Object.entries(own)) {
    if (BUILT_IN_KINDS.has(name))
      throw invalid(`options.kinds: there is a built-in kind ${name}: choose another name`);
    if (!/^[a-z][a-z0-9.-]{0,63}$/.test(name))
      throw invalid(`options.kinds: ${JSON.stringify(name)} must be lower case letters, digits, . and -`);
    if (
      typeof kind?.open !== 'function' ||
      typeof kind.outputs !== 'function' ||
      typeof kind.check !== 'function'
    )
      throw invalid(`options.kinds.${name} must have outputs(), check() and open()`);
  }
  return new Map([...BUILT_IN_KINDS, ...Object.entries(own)]);
}

/**
 * Makes a workflow engine on this platform. No cell starts and no database opens before a run needs it.
 * @throws SandboxError POLICY_INVALID, LIMIT_OUT_OF_RANGE or INVALID_ARGUMENT
 */
export function createWorkflowEngineOn(
  platform: Platform,
  options: WorkflowEngineOptions = {},
): WorkflowEngine {
  return new Engine(platform, options);
}
