/** What a run is told of its policy and limits, as JSON that is made once for each distinct kind of run. */
import type { Limits } from '../core/limits.ts';
import type { ResolvedPolicy } from '../policy/index.ts';
import type { JobBase, NativeJob, PythonJob, ScriptJob } from '../protocol/program.ts';
import type { CheckedRun } from './options.ts';

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
  text(run: CheckedRun, module: string, limits: Limits): string {
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
      ...Object.values(limits),
    ]);
    let text = this.#texts.get(key);
    if (text === undefined) {
      if (this.#texts.size >= JOB_CACHE) this.#texts.clear();
      text = JSON.stringify(
        runtime === 'python'
          ? this.#python(run, module, limits)
          : runtime === 'wasm'
            ? this.#native(run, module, limits)
            : this.#script(run, limits),
      );
      this.#texts.set(key, text);
    }
    return text;
  }

  #base(run: CheckedRun, limits: Limits): JobBase {
    const { timeoutMs, fuel, memoryBytes, outputBytes, logBytes, logEntries } = limits;
    const { env } = this.#policy;
    return {
      env, timeoutMs, fuel, memoryBytes, outputBytes, logBytes, logEntries, liveLogs: run.onLog !== undefined,
    }; // biome-ignore format: a list
  }

  #script(run: CheckedRun, limits: Limits): ScriptJob {
    const { language, fileName } = run;
    const { blockedFunctions } = this.#policy;
    const { stackBytes } = limits;
    return {
      ...this.#base(run, limits),
      language,
      fileName,
      modules: this.#modules,
      blockedFunctions,
      stackBytes,
    };
  }

  #native(run: CheckedRun, module: string, limits: Limits): NativeJob {
    const { fileName, entry, args, output } = run;
    return { ...this.#base(run, limits), ...this.#files(limits), module, fileName, entry, args, output };
  }

  #python(run: CheckedRun, packages: string, limits: Limits): PythonJob {
    return {
      ...this.#base(run, limits),
      ...this.#files(limits),
      fileName: run.fileName,
      modules: this.#policy.modules.python,
      packages,
      check: run.check,
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
