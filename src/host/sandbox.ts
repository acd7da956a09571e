/** The façade: checks what the caller says, makes a run of it, and hands it to the pool. */
import { SandboxError } from '../core/errors.ts';
import type { Limits } from '../core/limits.ts';
import type { ExecutionResult, RuntimeName } from '../core/result.ts';
import type { Platform } from '../platform/types.ts';
import { lowerLimits, parsePolicy, type ResolvedPolicy } from '../policy/index.ts';
import { ENGINE_OF } from '../protocol/engines.ts';
import { packInbox } from '../protocol/inbox.ts';
import { encodeValue } from '../protocol/value-codec.ts';
import { readPythonReport, UnreadableReport } from '../validate/python.ts';
import { onlyProblem, sizeProblem, type ValidationReport } from '../validate/report.ts';
import type { CheckOptions, RunOptions, Sandbox, SandboxOptions } from './api.ts';
import { encodeFiles } from './files.ts';
import type { FunctionsShared } from './functions/line.ts';
import { depthHere } from './functions/lineage.ts';
import { declareFunctions, type Registry } from './functions/registry.ts';
import { Grants } from './grants.ts';
import { Jobs } from './jobs.ts';
import { type ModuleStore, modulesOf } from './modules.ts';
import { CHECK_KEYS, type CheckedRun, checkRunOptions, checkSandboxOptions, utf8Length } from './options.ts';
import { packages } from './packages.ts';
import { CellPool } from './pool.ts';
import { Run } from './run.ts';
import { Watchdog } from './watchdog.ts';

/** Stack above this needs a worker whose own stack can be sized. */
const PORTABLE_STACK_BYTES = 128 * 1024;

/** Of WebAssembly memory. */
const PAGE_BYTES = 65_536;

/** Cells that several sandboxes share, each with a policy of its own. Runs of different sandboxes never share a cell. */
export interface SharedCells {
  readonly watchdog: Watchdog;
  readonly pool: CellPool;
}

/** @param perDomain cells that one sandbox may have; at most `limits.concurrency` */
export function createSharedCells(platform: Platform, limits: Limits, perDomain: number): SharedCells {
  const watchdog = new Watchdog(platform.now);
  return { watchdog, pool: new CellPool(platform, watchdog, limits, perDomain) };
}

class SandboxHost implements Sandbox {
  readonly #platform: Platform;
  readonly #policy: ResolvedPolicy;
  readonly #modules: ModuleStore;
  /** Of the modules a script may import. */
  readonly #modulesBytes: number;
  readonly #jobs: Jobs;
  readonly #grants: Grants;
  readonly #functions: Registry;
  readonly #shared: FunctionsShared;
  readonly #watchdog: Watchdog;
  readonly #pool: CellPool;
  /** Runs whose native module is being compiled. */
  readonly #preparing: Set<Run> = new Set();
  /** Runs without an answer, when the cells are not this sandbox's alone. */
  readonly #live: Set<Run> | null;
  #closed = false;

  constructor(
    platform: Platform,
    options: SandboxOptions,
    shared: SharedCells | null,
    plugin: string | null,
  ) {
    this.#platform = platform;
    checkSandboxOptions(options);
    this.#policy = parsePolicy(options.policy);
    this.#checkEnforceable(this.#policy.limits);
    this.#modules = modulesOf(platform);
    const sources = this.#resolveModules(options.modules);
    this.#jobs = new Jobs(this.#policy, sources);
    this.#grants = new Grants(platform, this.#policy, options);
    this.#functions = declareFunctions(options.functions, 'options.functions');
    this.#shared = {
      platform,
      allowed: this.#policy.functions,
      onError: options.onFunctionError,
      plugin,
      abandoned: 0,
    };
    this.#modulesBytes = sources.reduce((sum, [, source]) => sum + utf8Length(source), 0);
    this.#live = shared === null ? null : new Set();
    this.#watchdog = shared?.watchdog ?? new Watchdog(platform.now);
    this.#pool = shared?.pool ?? new CellPool(platform, this.#watchdog, this.#policy.limits);
  }

  async run(options: RunOptions): Promise<ExecutionResult> {
    if (this.#closed) throw new SandboxError('CLOSED', 'run() was called on a closed sandbox');
    return this.#start(checkRunOptions(options));
  }

  async validate(options: CheckOptions): Promise<ValidationReport> {
    if (this.#closed) throw new SandboxError('CLOSED', 'validate() was called on a closed sandbox');
    const checked = { ...checkRunOptions(options, 'validate()', CHECK_KEYS), check: true };
    if (checked.runtime !== 'python')
      throw new SandboxError(
        'INVALID_ARGUMENT',
        'sandbox.validate() reads Python; for JavaScript use validate(), and inspect() for WebAssembly',
      );
    const tooLong = sizeProblem(checked.code as string, this.#policy);
    if (tooLong !== null) return tooLong;
    const result = await this.#start(checked);
    if (!result.success && result.error.code === 'STACK_OVERFLOW')
      return onlyProblem('syntax', 'the program is nested too deeply to be read');
    if (!result.success) throw result.error;
    try {
      return readPythonReport(result.data);
    } catch (error) {
      if (!(error instanceof UnreadableReport)) throw error;
      throw new SandboxError('PROTOCOL_VIOLATION', 'a cell answered what no healthy cell answers');
    }
  }

  async #start(checked: CheckedRun): Promise<ExecutionResult> {
    const limits = lowerLimits(this.#policy.limits, checked.limits, 'limits');
    this.#checkCodeSize(checked.code, limits);
    const depth = depthHere(this.#platform, checked.signal);
    const run = this.#newRun(checked, limits, depth);
    if (depth > this.#policy.limits.nesting) {
      run.fail(
        'NESTED_TOO_DEEP',
        `host functions started runs ${depth} deep inside each other, limits.nesting = ${this.#policy.limits.nesting}`,
      );
      return run.result;
    }
    if (checked.packages !== undefined) await this.#verified(run);
    const { signal } = checked;
    if (signal?.aborted) {
      run.fail('CANCELLED', 'the caller aborted the run before it started');
      return run.result;
    }
    this.#watchdog.watch(run);
    const cancel = (): void => this.#pool.end(run, 'CANCELLED', 'the caller aborted the run');
    signal?.addEventListener('abort', cancel, { once: true });
    run.onSettled = () => {
      this.#watchdog.unwatch(run);
      signal?.removeEventListener('abort', cancel);
      this.#preparing.delete(run);
      this.#live?.delete(run);
    };
    this.#live?.add(run);
    this.#submit(run);
    return run.result;
  }

  /** Rejects for a package that is not the file its hash names: the caller's mistake, like any other option's. */
  async #verified({ request }: Run): Promise<void> {
    if (request.module?.answer !== null) return;
    await request.module.ready;
    if (this.#closed) throw new SandboxError('CLOSED', 'the sandbox was closed while packages were checked');
  }

  #newRun(checked: CheckedRun, limits: Limits, depth: number): Run {
    const { code, runtime } = checked;
    const input = encodeValue(checked.input, { bytes: limits.inputBytes });
    const native = typeof code !== 'string';
    const network = this.#grants.grant(checked.plugin, checked.secrets);
    const registry = declareFunctions(checked.functions, 'functions', this.#functions);
    const files = runtime !== 'javascript' ? encodeFiles(checked.files, this.#policy.files, limits) : null;
    const module = native
      ? this.#modules.find(code, {
          memoryPages: Math.floor(limits.memoryBytes / PAGE_BYTES),
          tableEntries: limits.tableEntries,
        })
      : packages.find(checked.packages, limits);
    return new Run(
      {
        runtime,
        platform: this.#platform.name,
        code: native ? '' : code,
        module,
        job: this.#jobs.text(checked, module?.key ?? '', limits, network.placeholders, registry),
        input: files === null ? input : packInbox(input, files),
        inputBytes: input.length,
        writable: this.#policy.files.write,
        limits,
        domain: checked.plugin,
        onLog: checked.onLog,
        network,
        functions: { shared: this.#shared, registry },
        depth,
      },
      this.#platform.now,
      overdue =>
        this.#pool.end(
          overdue,
          'RUN_TIMEOUT',
          `the run took longer than limits.maxExecutionTimeMs = ${limits.maxExecutionTimeMs}`,
        ),
    );
  }

  /** Hands a run to the pool, when its module is ready. */
  #submit(run: Run): void {
    const { module } = run.request;
    if (module !== null && module.answer === null) {
      this.#preparing.add(run);
      void module.ready.then(
        () => this.#submit(run),
        (error: unknown) =>
          run.fail('CELL_START_FAILED', `the module could not be prepared: ${String(error)}`),
      );
      return;
    }
    if (run.settled) return;
    this.#preparing.delete(run);
    if (module?.answer && 'code' in module.answer) run.fail(module.answer.code, module.answer.message);
    else this.#pool.submit(run);
  }

  async warm(runtime: RuntimeName = 'javascript'): Promise<void> {
    if (this.#closed) throw new SandboxError('CLOSED', 'warm() was called on a closed sandbox');
    await this.#pool.warm(ENGINE_OF[runtime]);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const run of this.#preparing) run.fail('CANCELLED', 'the sandbox was closed');
    if (this.#live === null) {
      this.#pool.close();
      this.#watchdog.close();
    } else for (const run of [...this.#live]) this.#pool.end(run, 'CANCELLED', 'the sandbox was closed');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #checkCodeSize(code: string | Uint8Array, limits: Limits): void {
    const [bytes, what, name, note] =
      typeof code === 'string'
        ? ([utf8Length(code) + this.#modulesBytes, 'program', 'codeBytes', ', modules included'] as const)
        : ([code.length, 'module', 'moduleBytes', ''] as const);
    if (bytes > limits[name]) {
      throw new SandboxError(
        'CODE_TOO_LARGE',
        `the ${what} has ${bytes} bytes${note}; limits.${name} = ${limits[name]}`,
      );
    }
  }

  #checkEnforceable(limits: Limits): void {
    if (limits.stackBytes > PORTABLE_STACK_BYTES && !this.#platform.capabilities().stackSizing) {
      throw new SandboxError(
        'UNENFORCEABLE',
        `policy.limits.stackBytes above ${PORTABLE_STACK_BYTES} needs a worker whose stack can be sized, which this platform has not`,
      );
    }
  }

  #resolveModules(
    sources: Readonly<Record<string, string>> | undefined,
  ): readonly (readonly [string, string])[] {
    const allowed = this.#policy.modules.javascript;
    for (const name of Object.keys(sources ?? {})) {
      if (!allowed.includes(name)) {
        throw new SandboxError(
          'INVALID_ARGUMENT',
          `options.modules has a source for ${JSON.stringify(name)}, which policy.modules.javascript does not list`,
        );
      }
    }
    return allowed.map(name => {
      const source = sources !== undefined && Object.hasOwn(sources, name) ? sources[name] : undefined;
      if (source === undefined) {
        throw new SandboxError(
          'INVALID_ARGUMENT',
          `policy.modules.javascript lists ${JSON.stringify(name)}, but options.modules has no source for it`,
        );
      }
      return [name, source] as const;
    });
  }
}

/**
 * Makes a sandbox; `plugin` is what its host functions are told of all its runs. No cell starts before the first run, or `warm()`.
 * @throws SandboxError POLICY_INVALID, LIMIT_OUT_OF_RANGE, INVALID_ARGUMENT or UNENFORCEABLE.
 */
export function createSandboxOn(
  platform: Platform,
  options: SandboxOptions = {},
  shared: SharedCells | null = null,
  plugin: string | null = null,
): Sandbox {
  return new SandboxHost(platform, options, shared, plugin);
}
