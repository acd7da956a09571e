/** The façade: checks what the caller says, makes a run of it, and hands it to the pool. */
import { SandboxError } from '../core/errors.ts';
import type { Limits } from '../core/limits.ts';
import type { ExecutionResult } from '../core/result.ts';
import type { Platform } from '../platform/types.ts';
import { lowerLimits, parsePolicy, type ResolvedPolicy } from '../policy/index.ts';
import type { Job } from '../protocol/program.ts';
import { encodeValue } from '../protocol/value-codec.ts';
import type { RunOptions, Sandbox, SandboxOptions } from './api.ts';
import { checkRunOptions, checkSandboxOptions, utf8Length } from './options.ts';
import { CellPool } from './pool.ts';
import { Run } from './run.ts';
import { Watchdog } from './watchdog.ts';

/** Stack above this needs a worker whose own stack can be sized. */
const PORTABLE_STACK_BYTES = 128 * 1024;

/** Distinct jobs whose JSON is kept. */
const JOB_CACHE = 64;

class SandboxHost implements Sandbox {
  readonly #platform: Platform;
  readonly #policy: ResolvedPolicy;
  readonly #modules: readonly (readonly [string, string])[];
  readonly #modulesBytes: number;
  readonly #watchdog: Watchdog;
  readonly #pool: CellPool;
  readonly #jobs: Map<string, string> = new Map();
  #closed = false;

  constructor(platform: Platform, options: SandboxOptions) {
    this.#platform = platform;
    checkSandboxOptions(options);
    this.#policy = parsePolicy(options.policy);
    this.#checkEnforceable(this.#policy.limits);
    this.#modules = this.#resolveModules(options.modules);
    this.#modulesBytes = this.#modules.reduce((sum, [, source]) => sum + utf8Length(source), 0);
    this.#watchdog = new Watchdog(platform.now);
    this.#pool = new CellPool(platform, this.#watchdog, this.#policy.limits);
  }

  async run(options: RunOptions): Promise<ExecutionResult> {
    if (this.#closed) throw new SandboxError('CLOSED', 'run() was called on a closed sandbox');
    const checked = checkRunOptions(options);
    const limits = lowerLimits(this.#policy.limits, checked.limits, 'limits');
    const codeBytes = utf8Length(checked.code) + this.#modulesBytes;
    if (codeBytes > limits.codeBytes) {
      throw new SandboxError(
        'CODE_TOO_LARGE',
        `the program has ${codeBytes} bytes, modules included; limits.codeBytes = ${limits.codeBytes}`,
      );
    }
    const { signal } = checked;
    const run = new Run(
      {
        runtime: checked.runtime,
        platform: this.#platform.name,
        code: checked.code,
        job: this.#job(checked.language, checked.fileName, limits, checked.onLog !== undefined),
        input: encodeValue(checked.input, { bytes: limits.inputBytes }),
        limits,
        domain: checked.plugin,
        onLog: checked.onLog,
      },
      this.#platform.now,
      overdue =>
        this.#pool.end(
          overdue,
          'RUN_TIMEOUT',
          `the run took longer than limits.maxExecutionTimeMs = ${limits.maxExecutionTimeMs}`,
        ),
    );
    const cancel = (): void => this.#pool.end(run, 'CANCELLED', 'the caller aborted the run');
    if (signal?.aborted) {
      run.fail('CANCELLED', 'the caller aborted the run before it started');
      return run.result;
    }
    this.#pool.submit(run);
    if (run.settled) return run.result;
    this.#watchdog.watch(run);
    signal?.addEventListener('abort', cancel, { once: true });
    run.onSettled = () => {
      this.#watchdog.unwatch(run);
      signal?.removeEventListener('abort', cancel);
    };
    return run.result;
  }

  async warm(): Promise<void> {
    if (this.#closed) throw new SandboxError('CLOSED', 'warm() was called on a closed sandbox');
    await this.#pool.warm();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#pool.close();
    this.#watchdog.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #job(language: Job['language'], fileName: string, limits: Limits, liveLogs: boolean): string {
    const key = JSON.stringify([language, fileName, liveLogs, ...Object.values(limits)]);
    let job = this.#jobs.get(key);
    if (job === undefined) {
      if (this.#jobs.size >= JOB_CACHE) this.#jobs.clear();
      const { env, blockedFunctions } = this.#policy;
      const { timeoutMs, fuel, memoryBytes, stackBytes, outputBytes, logBytes, logEntries } = limits;
      job = JSON.stringify({
        language,
        fileName,
        env,
        modules: this.#modules,
        blockedFunctions,
        timeoutMs,
        fuel,
        memoryBytes,
        stackBytes,
        outputBytes,
        logBytes,
        logEntries,
        liveLogs,
      } satisfies Job);
      this.#jobs.set(key, job);
    }
    return job;
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
 * Makes a sandbox. No cell starts before the first run, or `warm()`.
 * @throws SandboxError POLICY_INVALID, LIMIT_OUT_OF_RANGE, INVALID_ARGUMENT or UNENFORCEABLE.
 */
export function createSandboxOn(platform: Platform, options: SandboxOptions = {}): Sandbox {
  return new SandboxHost(platform, options);
}
