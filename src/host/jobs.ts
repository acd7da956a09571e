/** What a run is told of its policy and limits, as JSON that is made once for each distinct kind of run. */
import type { Limits } from '../core/limits.ts';
import type { ResolvedPolicy } from '../policy/index.ts';
import type { JobBase, NativeJob, PythonJob, ScriptJob } from '../protocol/program.ts';
import type { Registry } from './functions/registry.ts';
import type { CheckedRun } from './options.ts';

type Placeholders = Readonly<Record<string, string>>;

/** Distinct jobs whose JSON is kept. */
const JOB_CACHE = 64;

export class Jobs {
  readonly #policy: ResolvedPolicy;
  readonly #modules: ScriptJob['modules'];
  readonly #texts: Map<string, string> = new Map();

  constructor(policy: ResolvedPolicy, modules: ScriptJob['modules']) {
    this.#policy = policy;
    this.#modules = modules;
  }

  /** `module` is the key of a native module or of packages, or ''. */
  text(
    run: CheckedRun,
    module: string,
    limits: Limits,
    placeholders: Placeholders,
    functions: Registry,
  ): string {
    const { runtime, language, fileName, entry, args, output, onLog } = run;
    const key = JSON.stringify([
      runtime,
      language,
      fileName,
      module,
      run.check,
      entry,
      args,
      output,
      onLog !== undefined,
      placeholders,
      functions.id,
      ...Object.values(limits),
    ]);
    let text = this.#texts.get(key);
    if (text === undefined) {
      if (this.#texts.size >= JOB_CACHE) this.#texts.clear();
      const base = this.#base(run, limits, placeholders, functions.names);
      text = JSON.stringify(
        runtime === 'python'
          ? this.#python(run, module, limits, base)
          : runtime === 'wasm'
            ? this.#native(run, module, limits, base)
            : this.#script(run, limits, base),
      );
      this.#texts.set(key, text);
    }
    return text;
  }

  #base(run: CheckedRun, limits: Limits, placeholders: Placeholders, names: readonly string[]): JobBase {
    const { timeoutMs, fuel, memoryBytes, outputBytes, logBytes, logEntries } = limits;
    const { network } = this.#policy;
    const { requests, uploadBytes } = network.limits;
    const env = { ...this.#policy.env, ...placeholders };
    return {
      env, timeoutMs, fuel, memoryBytes, outputBytes, logBytes, logEntries, liveLogs: run.onLog !== undefined,
      network: { requests, uploadBytes },
      functions: { names, calls: limits.functionCalls, inputBytes: limits.functionInputBytes },
    }; // biome-ignore format: a list
  }

  #script(run: CheckedRun, limits: Limits, base: JobBase): ScriptJob {
    const { language, fileName } = run;
    const { blockedFunctions } = this.#policy;
    const { stackBytes } = limits;
    return {
      ...base,
      language,
      fileName,
      modules: this.#modules,
      blockedFunctions,
      stackBytes,
    };
  }

  #native(run: CheckedRun, module: string, limits: Limits, base: JobBase): NativeJob {
    const { fileName, entry, args, output } = run;
    return {
      ...base,
      ...this.#files(limits),
      module,
      fileName,
      entry,
      args,
      output,
    };
  }

  #python(run: CheckedRun, packages: string, limits: Limits, base: JobBase): PythonJob {
    const { network } = this.#policy;
    return {
      ...base,
      ...this.#files(limits),
      fileName: run.fileName,
      modules: this.#policy.modules.python,
      packages,
      check: run.check && (network.allow.length + network.allowIp.length > 0 ? 'online' : 'offline'),
    };
  }

  #files({
    fileBytes,
    fileCount,
    openFiles,
  }: Limits): Pick<PythonJob, 'mounts' | 'fileBytes' | 'fileCount' | 'openFiles'> {
    const { read, write } = this.#policy.files;
    const mounts: NativeJob['mounts'] = [
      ...read.map(path => [path, 'read'] as const),
      ...write.map(path => [path, 'write'] as const),
    ];
    return { mounts, fileBytes, fileCount, openFiles };
  }
}
