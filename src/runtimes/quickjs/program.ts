/** The JavaScript runtime as a cell's shell drives it: one run after the other, each in a guest nobody used before. */
import type { CellProgram, ScriptJob } from '../../protocol/program.ts';
import type { Execution } from '../cell/execution.ts';
import { BaseProgram, type Meters, type ProgramOptions } from '../cell/program.ts';
import { utf8Decode } from '../cell/utf8.ts';
import { execute, moduleSource } from './execute.ts';
import { type RunState, startRun } from './execution.ts';
import { JobImages } from './job-image.ts';
import { Machine, type MachineHooks, type SnapshotMeta } from './machine.ts';

export type { ProgramOptions } from '../cell/program.ts';

/** State of Math.random. */
const SEED_BYTES = 8;

/** `u32 metaLength, meta (JSON), static data, heap`; written by scripts/build-snapshot.ts. */
export function readSnapshot(bytes: Uint8Array): { meta: SnapshotMeta; image: Uint8Array } {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const meta = JSON.parse(utf8Decode(bytes.subarray(4, 4 + length), true) ?? 'null') as SnapshotMeta;
  return { meta, image: bytes.subarray(4 + length) };
}

class Program extends BaseProgram<ScriptJob> {
  #images: JobImages = new JobImages('');
  #machine: Machine | null = null;
  #run: RunState | null = null;
  readonly #hooks: MachineHooks;

  constructor(options: ProgramOptions) {
    super(options);
    let seeds: Uint8Array = new Uint8Array(0);
    this.#hooks = {
      log: (level, text) => this.records.log(level, text, Date.now() - (this.#machine?.startedAt ?? 0)),
      net: this.net,
      random: bytes => this.random(bytes),
      seed: () => {
        // Drawn ahead: the generator's price is per request.
        if (seeds.length < SEED_BYTES) seeds = this.random(SEED_BYTES * 512);
        const seed = seeds.subarray(0, SEED_BYTES);
        seeds = seeds.subarray(SEED_BYTES);
        return seed;
      },
      loadModule: name => {
        const source = this.#run === null ? null : moduleSource(this.#run, name);
        if (source === null) this.records.deny(1, name);
        return source;
      },
      stopRequest: () => this.stopRequest(),
    };
  }

  boot(module: WebAssembly.Module): string {
    try {
      const { meta, image } = readSnapshot(this.assets.get('snapshot') as Uint8Array);
      this.#machine = new Machine(module, meta, image, this.#hooks);
      this.#images = new JobImages(utf8Decode(this.assets.get('doors') as Uint8Array, true) ?? '');
      this.assets.delete('snapshot');
      this.assets.delete('doors');
      return '';
    } catch (error) {
      return `the engine did not start: ${String(error)}`;
    }
  }

  protected open(code: string, jobText: string, job: ScriptJob, inbox: Uint8Array): void {
    this.#run = startRun(code, jobText, job, inbox);
  }

  protected turn(): number | Execution {
    const run = this.#run as RunState;
    const machine = this.#machine as Machine;
    const busySince = Date.now();
    const waited = machine.hostMs;
    const result = execute(machine, run, this.#hooks, this.#images);
    // Idle time before this turn was excused in it as well.
    run.cpuMs += Math.max(0, Date.now() - busySince - (machine.hostMs - waited));
    return result;
  }

  protected meters(): Meters {
    const { begun, cpuMs } = this.#run as RunState;
    const { startedAt, hostMs, fuel, peakMemory } = this.#machine as Machine;
    this.#run = null;
    return { begun, startedAt, hostMs, cpuMs, fuel, memoryBytes: peakMemory };
  }
}

export function createProgram(options: ProgramOptions = {}): CellProgram {
  return new Program(options);
}
