/** The native runtime as a cell's shell drives it: modules are loaded once, and every run gets a fresh instance. */
import {
  entriesOf,
  type PluginInfo,
  type PluginLimits,
  preparePlugin,
  refusalOf,
} from '../../instrument/plugin/index.ts';
import type { CellProgram, NativeJob } from '../../protocol/program.ts';
import { type Execution, failed } from '../cell/execution.ts';
import { BaseProgram, type Meters, type ProgramOptions } from '../cell/program.ts';
import type { LoadedModule } from './guest.ts';
import { Kernel } from './kernel.ts';
import { NativeRun, type RunHooks } from './run.ts';

function describe(module: WebAssembly.Module, info: PluginInfo): LoadedModule {
  return {
    module,
    info,
    signatures: new Map(info.functions),
    entries: entriesOf(info),
    uses: new Set(info.imports),
  };
}

class Program extends BaseProgram<NativeJob> {
  /** By key; a module that was refused is what its runs answer. */
  readonly #modules: Map<string, LoadedModule | Execution> = new Map();
  readonly #hooks: RunHooks;
  #kernel: Kernel | null = null;
  #run: NativeRun | Execution | null = null;
  #cpuMs = 0;

  constructor(options: ProgramOptions) {
    super(options);
    const program = this;
    this.#hooks = {
      stopRequest: () => this.stopRequest(),
      get sleeper(): Int32Array | null {
        return program.sleeper;
      },
      log: (level, text, atMs) => this.records.log(level, text, atMs),
      net: this.net,
      random: bytes => this.random(bytes),
    };
  }

  boot(module: WebAssembly.Module): string {
    try {
      this.#kernel = new Kernel(module, () => {
        if (this.#run instanceof NativeRun) this.#run.meter.tick();
      });
      return '';
    } catch (error) {
      return `the engine did not start: ${String(error)}`;
    }
  }

  override load(key: string, module: WebAssembly.Module | null, info: string): void {
    try {
      if (module !== null) {
        this.#modules.set(key, describe(module, JSON.parse(info) as PluginInfo));
        return;
      }
      const bytes = this.received() as Uint8Array<ArrayBuffer>;
      const prepared = preparePlugin(bytes, JSON.parse(info) as PluginLimits);
      this.#modules.set(key, describe(new WebAssembly.Module(prepared.bytes), prepared.info));
    } catch (error) {
      const { code, message } = refusalOf(error);
      this.#modules.set(key, failed(code, { message }));
    }
  }

  override unload(key: string): void {
    this.#modules.delete(key);
  }

  protected open(_code: string, _jobText: string, job: NativeJob, inbox: Uint8Array): void {
    const loaded = this.#modules.get(job.module);
    if (loaded === undefined) throw new Error('a run without its module');
    this.#run =
      'outcome' in loaded ? loaded : new NativeRun(loaded, job, inbox, this.#kernel as Kernel, this.#hooks);
  }

  protected turn(): number | Execution {
    const run = this.#run as NativeRun | Execution;
    if (!(run instanceof NativeRun)) return run;
    const result = run.turn();
    this.#cpuMs = Math.max(0, Date.now() - run.meter.startedAt - run.meter.sleptMs);
    return result;
  }

  protected meters(): Meters {
    const run = this.#run;
    this.#run = null;
    if (!(run instanceof NativeRun))
      return { begun: false, startedAt: 0, hostMs: 0, cpuMs: 0, fuel: 0, memoryBytes: 0 };
    const { startedAt, hostMs, spent } = run.meter;
    return { begun: true, startedAt, hostMs, cpuMs: this.#cpuMs, fuel: spent, memoryBytes: run.memoryBytes };
  }
}

export function createProgram(options: ProgramOptions = {}): CellProgram {
  return new Program(options);
}
