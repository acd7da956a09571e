/** The Python runtime as a cell's shell drives it: one run after the other, each in a guest nobody used before. */
import type { CellProgram, PythonJob } from '../../protocol/program.ts';
import type { Execution } from '../cell/execution.ts';
import { BaseProgram, type Meters, type ProgramOptions } from '../cell/program.ts';
import { Machine } from './machine.ts';
import { PythonRun, type RunHooks } from './run.ts';
import { readSnapshot } from './snapshot.ts';

const NONE: ReadonlyMap<string, Uint8Array> = new Map();

class Program extends BaseProgram<PythonJob> {
  readonly #hooks: RunHooks;
  #machine: Machine | null = null;
  #stdlib: Uint8Array = new Uint8Array(0);
  /** Wheels by file name, under the key their runs name. */
  readonly #packages: Map<string, ReadonlyMap<string, Uint8Array>> = new Map();
  #run: PythonRun | null = null;
  /** A guest has run in the machine as it is. */
  #used = false;

  constructor(options: ProgramOptions) {
    super(options);
    const program = this;
    this.#hooks = {
      stopRequest: () => this.stopRequest(),
      get sleeper(): Int32Array | null {
        return program.sleeper;
      },
      deny: (kind, subject) => this.records.deny(kind, subject),
      net: this.net,
      log: (level, text, atMs) => this.records.log(level, text, atMs),
      random: bytes => this.random(bytes),
    };
  }

  boot(module: WebAssembly.Module): string {
    try {
      const snapshot = readSnapshot(this.assets.get('snapshot') as Uint8Array<ArrayBuffer>);
      this.#stdlib = this.assets.get('stdlib') as Uint8Array;
      this.assets.delete('snapshot');
      this.#machine = new Machine(module, snapshot, { random: bytes => this.random(bytes) });
      return '';
    } catch (error) {
      return `the engine did not start: ${String(error)}`;
    }
  }

  override load(key: string, _module: WebAssembly.Module | null, info: string): void {
    const bytes = this.received();
    const wheels = new Map<string, Uint8Array>();
    for (const [name, from, length] of JSON.parse(info) as [string, number, number][])
      wheels.set(name, bytes.subarray(from, from + length));
    this.#packages.set(key, wheels);
  }

  override unload(key: string): void {
    this.#packages.delete(key);
  }

  protected open(code: string, _jobText: string, job: PythonJob, inbox: Uint8Array): void {
    const library = { stdlib: this.#stdlib, wheels: this.#packages.get(job.packages) ?? NONE };
    this.#run = new PythonRun(code, job, inbox, library, this.#machine as Machine, this.#hooks);
  }

  protected turn(): number | Execution {
    const answer = (this.#run as PythonRun).turn(this.#used);
    this.#used = true;
    return answer;
  }

  protected meters(): Meters {
    const { meter, cpuMs } = this.#run as PythonRun;
    this.#run = null;
    const { memoryBytes } = this.#machine as Machine;
    return {
      begun: true,
      startedAt: meter.startedAt,
      hostMs: meter.hostMs,
      cpuMs,
      fuel: meter.spent,
      memoryBytes,
    };
  }
}

export function createProgram(options: ProgramOptions = {}): CellProgram {
  return new Program(options);
}
