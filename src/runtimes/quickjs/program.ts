/** The JavaScript runtime as a cell's shell drives it: one run after the other, each in a guest nobody used before. */
import {
  CONTROL_BYTES,
  CONTROL_LOG_LENGTH,
  CONTROL_LOG_OFFSET,
  CONTROL_REASON,
  CONTROL_STOP,
  STOP_TIMEOUT,
} from '../../protocol/control.ts';
import { FrameWriter } from '../../protocol/frame-writer.ts';
import { FRAME_CAPS, FRAME_DONE, FRAME_LOG, OUTCOMES, type Outcome } from '../../protocol/frames.ts';
import type { CellProgram, Job } from '../../protocol/program.ts';
import { execute, moduleSource } from './execute.ts';
import { type Execution, type RunState, startRun } from './execution.ts';
import { JobImages } from './job-image.ts';
import { Machine, type MachineHooks, type SnapshotMeta, type StopReason } from './machine.ts';
import { createRandom } from './ops/random.ts';
import { utf8Decode } from './ops/utf8.ts';
import { RunRecords } from './records.ts';

export interface ProgramOptions {
  /** Takes a log frame while the guest keeps the thread busy; false when it cannot now. Browsers only. */
  readonly live?: (frame: Uint8Array) => boolean;
}

/** State of Math.random. */
const SEED_BYTES = 8;

/** Live logs of a busy guest are handed over this often. */
const FLUSH_MS = 50;

/** `u32 metaLength, meta (JSON), static data, heap`; written by scripts/build-snapshot.ts. */
export function readSnapshot(bytes: Uint8Array): { meta: SnapshotMeta; image: Uint8Array } {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const meta = JSON.parse(utf8Decode(bytes.subarray(4, 4 + length), true) ?? 'null') as SnapshotMeta;
  return { meta, image: bytes.subarray(4 + length) };
}

/** Jobs whose text need not be parsed again; the sources of their modules are part of it. */
const MAX_JOBS = 64;
const MAX_JOB_CHARS = 4_000_000;

class Program implements CellProgram {
  readonly #options: ProgramOptions;
  readonly #assets: Map<string, Uint8Array> = new Map();
  readonly #out: FrameWriter = new FrameWriter(16 * 1024);
  readonly #images: JobImages = new JobImages();
  #machine: Machine | null = null;
  #control: Int32Array | null = null;
  #inbox: Uint8Array = new Uint8Array(0);
  #id = 0;
  #run: RunState | null = null;
  #cancelled = false;
  #records: RunRecords = new RunRecords();
  #flushedAt = 0;
  readonly #jobs: Map<string, Job> = new Map();
  #jobChars = 0;
  readonly #hooks: MachineHooks;

  constructor(options: ProgramOptions) {
    this.#options = options;
    let random: ((bytes: number) => Uint8Array) | null = null;
    let seeds: Uint8Array = new Uint8Array(0);
    this.#hooks = {
      log: (level, text) => this.#records.log(level, text, Date.now() - (this.#machine?.startedAt ?? 0)),
      deny: (kind, subject) => this.#records.deny(kind, subject),
      random: bytes => {
        random ??= createRandom(this.#assets.get('seed') as Uint8Array);
        return random(bytes);
      },
      seed: () => {
        // Drawn ahead: the generator's price is per request.
        if (seeds.length < SEED_BYTES) seeds = this.#hooks.random(SEED_BYTES * 512);
        const seed = seeds.subarray(0, SEED_BYTES);
        seeds = seeds.subarray(SEED_BYTES);
        return seed;
      },
      loadModule: name => {
        const source = this.#run === null ? null : moduleSource(this.#run, name);
        if (source === null) this.#records.deny(1, name);
        return source;
      },
      stopRequest: () => this.#stopRequest(),
    };
  }

  asset(name: string, bytes: number): Uint8Array {
    const buffer = new Uint8Array(bytes);
    this.#assets.set(name, buffer);
    return buffer;
  }

  boot(module: WebAssembly.Module): string {
    try {
      const { meta, image } = readSnapshot(this.#assets.get('snapshot') as Uint8Array);
      this.#machine = new Machine(module, meta, image, this.#hooks);
      this.#assets.delete('snapshot');
      return '';
    } catch (error) {
      return `the engine did not start: ${String(error)}`;
    }
  }

  control(): SharedArrayBuffer | null {
    if (typeof SharedArrayBuffer !== 'function') return null;
    this.#control = new Int32Array(new SharedArrayBuffer(CONTROL_BYTES));
    return this.#control.buffer as SharedArrayBuffer;
  }

  inbox(bytes: number): Uint8Array {
    this.#inbox = new Uint8Array(bytes);
    return this.#inbox;
  }

  begin(id: number, code: string, jobText: string): void {
    const job = this.#job(jobText);
    this.#id = id;
    this.#cancelled = false;
    this.#records.reset(job);
    this.#flushedAt = Date.now();
    this.#run = startRun(code, jobText, job, this.#inbox);
  }

  step(): number {
    const machine = this.#machine;
    const run = this.#run;
    if (machine === null || run === null) return -1;
    const busySince = Date.now();
    const result = execute(machine, run, this.#hooks, this.#images);
    run.cpuMs += Date.now() - busySince;
    if (typeof result === 'number') {
      if (run.job.liveLogs && this.#records.bytes > 0) this.#writeLogs();
      return result;
    }
    this.#finish(machine, run, result);
    return -1;
  }

  cancel(id: number): void {
    if (id === this.#id) this.#cancelled = true;
  }

  pending(): number {
    return this.#out.length;
  }

  take(): Uint8Array {
    return this.#out.take();
  }

  #job(text: string): Job {
    let job = this.#jobs.get(text);
    if (job === undefined) {
      if (this.#jobs.size >= MAX_JOBS || this.#jobChars + text.length > MAX_JOB_CHARS) {
        this.#jobs.clear();
        this.#jobChars = 0;
      }
      this.#jobChars += text.length;
      job = JSON.parse(text) as Job;
      this.#jobs.set(text, job);
    }
    return job;
  }

  #stopRequest(): StopReason | null {
    if (this.#run?.job.liveLogs === true) this.#flushLive();
    if (this.#cancelled) return 'CANCELLED';
    const control = this.#control;
    if (control === null || Atomics.load(control, CONTROL_STOP) !== (this.#id | 0)) return null;
    return Atomics.load(control, CONTROL_REASON) === STOP_TIMEOUT ? 'TIMEOUT' : 'CANCELLED';
  }

  /** Hands logs over while the guest keeps the thread: by the control area's window, or the shell's own way. */
  #flushLive(): void {
    if (this.#records.bytes === 0) return;
    const now = Date.now();
    if (now - this.#flushedAt < FLUSH_MS) return;
    this.#flushedAt = now;
    const { live } = this.#options;
    const control = this.#control;
    if (live !== undefined) {
      const writer = new FrameWriter();
      writer.begin(FRAME_LOG, this.#id).raw(this.#records.take()).end();
      live(writer.take());
      return;
    }
    if (control === null || Atomics.load(control, CONTROL_LOG_LENGTH) !== 0) return;
    const room = CONTROL_BYTES - CONTROL_LOG_OFFSET - 9;
    const writer = new FrameWriter();
    writer.begin(FRAME_LOG, this.#id).raw(this.#records.take(room)).end();
    const frame = writer.take();
    new Uint8Array(control.buffer).set(frame, CONTROL_LOG_OFFSET);
    Atomics.store(control, CONTROL_LOG_LENGTH, frame.length);
    Atomics.notify(control, CONTROL_LOG_LENGTH);
  }

  #writeLogs(): void {
    this.#out.begin(FRAME_LOG, this.#id).raw(this.#records.take()).end();
  }

  #finish(machine: Machine, run: RunState, result: Execution): void {
    const records = this.#records;
    const guestMs = run.begun ? Math.max(0, Date.now() - machine.startedAt) : Number.NaN;
    this.#out
      .begin(FRAME_DONE, this.#id)
      .u8(OUTCOMES.indexOf(result.outcome satisfies Outcome))
      .f64(guestMs)
      .f64(Math.min(run.cpuMs, guestMs))
      .f64(run.begun ? machine.fuel : Number.NaN)
      .f64(run.begun ? machine.peakMemory : Number.NaN)
      .u32(records.droppedLogs)
      .u32(records.droppedDenials)
      .u32(result.line)
      .u32(result.column);
    this.#out.text(result.name, FRAME_CAPS.name);
    this.#out.text(result.message, FRAME_CAPS.message);
    this.#out.text(result.stack, FRAME_CAPS.stack);
    this.#out.u32(records.denials.length);
    for (const { kind, subject } of records.denials) {
      this.#out.u8(kind);
      this.#out.text(subject, FRAME_CAPS.subject);
    }
    this.#out.chunk(result.value).chunk(records.take()).end();
    this.#run = null;
  }
}

export function createProgram(options: ProgramOptions = {}): CellProgram {
  return new Program(options);
}
