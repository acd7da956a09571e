/** The sandbox host, in a worker of its own: what it does costs the page no frame. */
import { expose } from 'comlink';
import { connectCells } from '../src/browser.ts';
import type { LogEntry } from '../src/core/result.ts';
import {
  capabilities,
  createSandbox,
  type ExecutionResult,
  inspect,
  type PluginSecurityPolicy,
  type RunOptions,
  type Sandbox,
  SandboxError,
  type Value,
  validate,
} from '../src/index.ts';
import type {
  Diagnosis,
  Host,
  Input,
  Inspection,
  Kind,
  Outcome,
  Program,
  Rules,
  RunRequest,
} from './protocol.ts';
import { createPythonCheck } from './python-check.ts';

/** Logs go to the page in batches: a plugin that logs in a loop would flood it with messages. */
const LOG_BATCH_MS = 40;

let sendLogs: (entries: readonly LogEntry[]) => unknown = () => {};
let running: AbortController | null = null;
/** The module that was opened last. */
let opened: Uint8Array = new Uint8Array(0);
/** Settles when nothing runs. */
let idle: Promise<unknown> = Promise.resolve();
let kept: { readonly key: string; readonly sandbox: Sandbox } | null = null;

/** A source the policy does not name would be refused as a mistake; here it is a shelf to choose from. */
function named(modules: Rules['modules'], policy: PluginSecurityPolicy | null): Record<string, string> {
  const list = policy?.modules?.javascript;
  const allowed: readonly unknown[] = Array.isArray(list) ? list : [];
  return Object.fromEntries(Object.entries(modules).filter(([name]) => allowed.includes(name)));
}

/** The sandbox there is, where policy and modules are the same: its cell is warm. */
function sandboxFor(rules: Rules): Sandbox {
  const policy = JSON.parse(rules.policy) as PluginSecurityPolicy;
  const modules = named(rules.modules, policy);
  const key = JSON.stringify([rules.policy, modules]);
  if (kept?.key === key) return kept.sandbox;
  const sandbox = createSandbox({ policy, modules });
  void kept?.sandbox.close();
  kept = { key, sandbox };
  return sandbox;
}

async function warm(rules: Rules, kind: Kind): Promise<void> {
  // A change of rules ends the sandbox of before, and with it a run.
  if (running !== null) return;
  try {
    await sandboxFor(rules).warm(kind === 'typescript' ? 'javascript' : kind);
  } catch {
    // A run under these rules fails for the same reason, and reports it.
  }
}

function asSandboxError(error: unknown): SandboxError {
  return error instanceof SandboxError ? error : new SandboxError('INTERNAL', String(error));
}

function inputValue(input: Input): Value {
  if (input.as === 'nothing') return undefined;
  return input.as === 'text' ? input.text : (JSON.parse(input.text) as Value);
}

function programOf(request: RunRequest): RunOptions {
  if (request.kind === 'script') {
    const { code, language } = request;
    return language === 'python' ? { runtime: 'python', code } : { runtime: 'javascript', code, language };
  }
  const { entry, args, output, files } = request;
  return { runtime: 'wasm', code: opened, args, output, files, ...(entry === '' ? {} : { entry }) };
}

const checkPython = createPythonCheck(async rules => {
  // A change of rules ends the sandbox of before, and with it a run.
  while (running !== null) await idle;
  return sandboxFor(rules);
});

function run(request: RunRequest): Promise<Outcome> {
  const outcome = runNow(request);
  idle = outcome;
  return outcome;
}

async function runNow(request: RunRequest): Promise<Outcome> {
  const { fileName } = request;
  const abort = new AbortController();
  running = abort;
  let batch: LogEntry[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = (): unknown => {
    clearTimeout(timer);
    timer = undefined;
    const entries = batch;
    batch = [];
    return entries.length === 0 ? undefined : sendLogs(entries);
  };
  try {
    const result: ExecutionResult = await sandboxFor(request).run({
      ...programOf(request),
      fileName,
      input: inputValue(request.input),
      signal: abort.signal,
      onLog(entry) {
        batch.push(entry);
        timer ??= setTimeout(flush, LOG_BATCH_MS);
      },
    });
    // The call comes back when the page has them: logs never arrive after the result.
    await flush();
    return result.success
      ? { kind: 'success', data: result.data, files: { ...result.files }, report: result.report }
      : { kind: 'failure', error: result.error.toJSON(), report: result.report };
  } catch (error) {
    return { kind: 'refused', error: asSandboxError(error).toJSON() };
  } finally {
    clearTimeout(timer);
    running = null;
  }
}

function check(program: Program): Diagnosis | Promise<Diagnosis> {
  const { code, language, policy } = program;
  if (language === 'python') return checkPython(program);
  const options = { runtime: 'javascript', code, language } as const;
  try {
    const validation = validate({ ...options, policy: JSON.parse(policy) as PluginSecurityPolicy });
    return { validation, policyError: null };
  } catch (error) {
    // Without a policy nothing is allowed, which would be held against a program that is fine.
    const { problems, ...rest } = validate(options);
    const syntax = problems.filter(problem => problem.rule === 'syntax');
    return {
      validation: { ...rest, problems: syntax, valid: syntax.length === 0 },
      policyError: asSandboxError(error).toJSON(),
    };
  }
}

function inspectOpened(policy: string): Inspection {
  try {
    return {
      inspection: inspect({ code: opened, policy: JSON.parse(policy) as PluginSecurityPolicy }),
      policyError: null,
    };
  } catch (error) {
    return { inspection: inspect({ code: opened }), policyError: asSandboxError(error).toJSON() };
  }
}

expose({
  connect(cells, onLogs) {
    connectCells(cells);
    sendLogs = onLogs;
    return capabilities();
  },
  check,
  open(module) {
    opened = module;
  },
  inspect: inspectOpened,
  warm,
  run,
  stop: () => running?.abort(),
} satisfies Host);
