/** The workflow engine, in a worker of its own: what it does costs the page no frame. */
import { expose } from 'comlink';
import type { FlowDocument } from '../examples/workflows/index.ts';
import { connectCells } from '../src/browser.ts';
import { capabilities, createSandbox, type Sandbox, SandboxError } from '../src/index.ts';
import {
  createWorkflowEngine,
  type Database,
  type DatabaseGrant,
  openSqlite,
  type WorkflowCheck,
  type WorkflowEngine,
  type WorkflowProblem,
} from '../src/workflow.ts';
import type { CheckRequest, Diagnosis, Host, HostEvent, Outcome, Request, RunRequest } from './protocol.ts';

/** Events go to the page in batches: a plugin that logs in a loop would flood it with messages. */
const BATCH_MS = 40;

let send: (events: readonly HostEvent[]) => unknown = () => {};
let batch: HostEvent[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;
let running: AbortController | null = null;
let goOn: (() => void) | null = null;

function flush(): unknown {
  clearTimeout(timer);
  timer = undefined;
  const events = batch;
  batch = [];
  return events.length === 0 ? undefined : send(events);
}

function emit(event: HostEvent): void {
  batch.push(event);
  timer ??= setTimeout(flush, BATCH_MS);
}

/** A database that is empty again for each run, while its engine and the cells of that stay. */
class FreshDatabase implements Database {
  readonly dialect = 'sqlite';
  readonly #setup: string;
  #opened: Promise<Database> | null = null;

  constructor(setup: string) {
    this.#setup = setup;
  }

  forget(): void {
    void this.#opened?.then(db => db.close()).catch(() => {});
    this.#opened = null;
  }

  async run(...args: Parameters<Database['run']>): ReturnType<Database['run']> {
    this.#opened ??= openSqlite({ setup: this.#setup });
    return (await this.#opened).run(...args);
  }

  close(): void {
    this.forget();
  }
}

interface Kept {
  readonly key: string;
  readonly engine: WorkflowEngine;
  readonly database: FreshDatabase | null;
}

let kept: Kept | null = null;
/** Engines of other settings; one of them may be at work. */
const retired: WorkflowEngine[] = [];

function closeRetired(): void {
  for (const engine of retired.splice(0)) void engine.close();
}

/** The engine there is, where settings are the same: its cells are warm. */
function engineFor({ settings }: FlowDocument, secrets: Request['secrets']): Kept {
  const { policies, database: given } = settings;
  const key = JSON.stringify([policies, given, secrets]);
  if (kept?.key === key) return kept;
  const database = given === null ? null : new FreshDatabase(given.setup);
  const grants: Record<string, DatabaseGrant> =
    database === null || given === null
      ? {}
      : {
          main: {
            open: () => database,
            verbs: given.verbs as NonNullable<DatabaseGrant['verbs']>,
            tables: given.tables,
          },
        };
  const engine = createWorkflowEngine({ policies, secrets, databases: grants });
  if (kept !== null) retired.push(kept.engine);
  if (running === null) closeRetired();
  kept = { key, engine, database };
  return kept;
}

const asError = (error: unknown): SandboxError =>
  error instanceof SandboxError ? error : new SandboxError('INTERNAL', String(error));

let reader: Sandbox | null = null;
const readBefore: Map<string, readonly WorkflowProblem[]> = new Map();

/** What Python says of a program. It has to start for that. */
async function readPython(node: string, code: string): Promise<readonly WorkflowProblem[]> {
  const known = readBefore.get(code);
  if (known !== undefined) return known.map(problem => ({ ...problem, node }));
  reader ??= createSandbox();
  const { problems } = await reader.validate({ runtime: 'python', code });
  const found = problems.map(
    ({ rule, message, line, column }): WorkflowProblem => ({
      code: 'code',
      severity: rule === 'syntax' ? 'error' : 'warning',
      message: `config.code ${message}`,
      node,
      path: 'config.code',
      line,
      column,
    }),
  );
  if (readBefore.size > 50) readBefore.clear();
  readBefore.set(code, found);
  return found;
}

async function withPython(check: WorkflowCheck, { workflow }: FlowDocument): Promise<WorkflowCheck> {
  const more: WorkflowProblem[] = [];
  for (const { id, config } of workflow.nodes)
    if (config?.['runtime'] === 'python' && typeof config['code'] === 'string')
      more.push(...(await readPython(id, config['code'])));
  const problems = [...check.problems, ...more];
  return { ...check, problems, valid: !problems.some(({ severity }) => severity === 'error') };
}

async function check({ document, secrets, python }: CheckRequest): Promise<Diagnosis> {
  try {
    const flow = JSON.parse(document) as FlowDocument;
    const found = engineFor(flow, secrets).engine.check(flow.workflow);
    return { check: python ? await withPython(found, flow) : found, error: null };
  } catch (error) {
    return { check: null, error: asError(error).toJSON() };
  }
}

async function run({ document, secrets, stepwise, resume }: RunRequest): Promise<Outcome> {
  const abort = new AbortController();
  running = abort;
  try {
    const flow = JSON.parse(document) as FlowDocument;
    const { engine, database } = engineFor(flow, secrets);
    if (resume === null) database?.forget();
    const { input, vars } = flow.settings;
    const record = await engine.run(flow.workflow, {
      input,
      vars,
      signal: abort.signal,
      onEvent: emit,
      ...(resume === null ? {} : { resume }),
      ...(stepwise
        ? {
            beforeNode: () =>
              new Promise<void>(resolve => {
                goOn = resolve;
              }),
          }
        : {}),
    });
    return { kind: 'done', record };
  } catch (error) {
    return { kind: 'refused', error: asError(error).toJSON() };
  } finally {
    // The call comes back when the page has them: no event arrives after the result.
    await flush();
    running = null;
    goOn = null;
    closeRetired();
  }
}

expose({
  connect(cells, onEvents) {
    connectCells(cells);
    send = onEvents;
    return capabilities();
  },
  check,
  run,
  step: () => goOn?.(),
  stop: () => running?.abort(),
} satisfies Host);
