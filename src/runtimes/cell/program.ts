/**
 * What every engine's program has in common: assets, the control area, the caches of jobs, log records and how they
 * leave, and the frame that ends a run. An engine says how it boots, begins a run, and takes a turn.
 */
import { concatBytes } from '../../core/bytes.ts';
import {
  CONTROL_BEGUN,
  CONTROL_BEGUN_AT,
  CONTROL_BYTES,
  CONTROL_OUT_BYTES,
  CONTROL_OUT_LENGTH,
  CONTROL_OUT_OFFSET,
  CONTROL_REASON,
  CONTROL_REPLY_LENGTH,
  CONTROL_REPLY_OFFSET,
  CONTROL_REPLY_RUN,
  CONTROL_STOP,
  NONE_BEGUN,
  STOP_TIMEOUT,
} from '../../protocol/control.ts';
import { FrameWriter } from '../../protocol/frame-writer.ts';
import { FRAME_CAPS, FRAME_DONE, FRAME_LOG, OUTCOMES } from '../../protocol/frames.ts';
import type { CellProgram, JobBase } from '../../protocol/program.ts';
import type { Execution, StopReason } from './execution.ts';
import { NetLink, type NetWindow } from './net.ts';
import { createRandom } from './random.ts';
import { RunRecords } from './records.ts';

export interface ProgramOptions {
  /** Takes a log frame while the guest keeps the thread busy; false when it cannot now. Browsers only. */
  readonly live?: (frame: Uint8Array) => boolean;
}

/** What a run cost, as its engine metered it. */
export interface Meters {
  /** The guest had begun: without it nothing was measured. */
  readonly begun: boolean;
  /** `Date.now()` when the guest's time began. */
  readonly startedAt: number;
  /** Milliseconds since then that were spent waiting for host functions. */
  readonly hostMs: number;
  readonly cpuMs: number;
  readonly fuel: number;
  readonly memoryBytes: number;
}

/** Live logs of a busy guest are handed over this often. */
const FLUSH_MS = 50;
/** A guest that waits for the network looks this often whether its run is over. */
const LOOK_MS = 10;

/** Jobs whose text need not be parsed again; the sources of their modules are part of it. */
const MAX_JOBS = 64;
const MAX_JOB_CHARS = 4_000_000;

export abstract class BaseProgram<J extends JobBase> implements CellProgram {
  readonly records: RunRecords = new RunRecords();
  readonly net: NetLink;
  protected readonly assets: Map<string, Uint8Array> = new Map();
  readonly #options: ProgramOptions;
  readonly #out: FrameWriter = new FrameWriter(16 * 1024);
  readonly #jobs: Map<string, J> = new Map();
  #jobChars = 0;
  #control: Int32Array | null = null;
  #inbox: Uint8Array = new Uint8Array(0);
  #mail: Uint8Array = new Uint8Array(0);
  #id = 0;
  #job: J | null = null;
  #cancelled = false;
  #flushedAt = 0;
  #random: ((bytes: number) => Uint8Array) | null = null;

  constructor(options: ProgramOptions) {
    this.#options = options;
    const program = this;
    this.net = new NetLink({
      out: this.#out,
      get id(): number {
        return program.#id;
      },
      get window(): NetWindow | null {
        return program.#control === null ? null : program.#window;
      },
    });
  }

  abstract boot(module: WebAssembly.Module): string;
  /** Makes the run that `turn` then works on. */
  protected abstract open(code: string, jobText: string, job: J, inbox: Uint8Array): void;
  /** Milliseconds until the guest wants to go on, or how it ended. */
  protected abstract turn(): number | Execution;
  protected abstract meters(): Meters;

  load(_key: string, _module: WebAssembly.Module | null, _info: string): void {}
  unload(_key: string): void {}

  asset(name: string, bytes: number): Uint8Array {
    const buffer = new Uint8Array(bytes);
    this.assets.set(name, buffer);
    return buffer;
  }

  control(): SharedArrayBuffer | null {
    if (typeof SharedArrayBuffer !== 'function') return null;
    this.#control = new Int32Array(new SharedArrayBuffer(CONTROL_BYTES));
    this.#control[CONTROL_BEGUN] = NONE_BEGUN;
    return this.#control.buffer as SharedArrayBuffer;
  }

  inbox(bytes: number): Uint8Array {
    this.#inbox = new Uint8Array(bytes);
    return this.#inbox;
  }

  /** What the shell put into the inbox; the next call of `inbox` makes a new one. */
  protected received(): Uint8Array {
    return this.#inbox;
  }

  mail(bytes: number): Uint8Array {
    this.#mail = new Uint8Array(bytes);
    return this.#mail;
  }

  deliver(): void {
    if (this.#job !== null) this.net.push(this.#mail);
  }

  begin(id: number, code: string, jobText: string): void {
    const control = this.#control;
    if (control !== null) {
      Atomics.store(control, CONTROL_BEGUN_AT, Date.now() | 0);
      Atomics.store(control, CONTROL_BEGUN, id | 0);
    }
    const job = this.#parse(jobText);
    this.#id = id;
    this.#job = job;
    this.#cancelled = false;
    this.records.reset(job);
    this.net.reset(job);
    this.#flushedAt = Date.now();
    this.open(code, jobText, job, this.#inbox);
  }

  step(): number {
    if (this.#job === null) return -1;
    const result = this.turn();
    if (typeof result !== 'number') {
      this.#finish(result);
      return -1;
    }
    if (this.#job.liveLogs && this.records.bytes > 0) this.#writeLogs();
    return result;
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

  /** Unpredictable bytes, of a generator the host seeded. */
  random(bytes: number): Uint8Array {
    this.#random ??= createRandom(this.assets.get('seed') as Uint8Array);
    return this.#random(bytes);
  }

  /** Asked at every tick; also hands over logs. An answer ends the guest. */
  stopRequest(): StopReason | null {
    if (this.#job?.liveLogs === true) this.#flushLive();
    if (this.#cancelled) return 'CANCELLED';
    const control = this.#control;
    if (control === null || Atomics.load(control, CONTROL_STOP) !== (this.#id | 0)) return null;
    return Atomics.load(control, CONTROL_REASON) === STOP_TIMEOUT ? 'TIMEOUT' : 'CANCELLED';
  }

  /** Blocks the thread for so long; null where the platform lets no thread wait. */
  protected get sleeper(): Int32Array | null {
    return this.#control;
  }

  #parse(text: string): J {
    let job = this.#jobs.get(text);
    if (job === undefined) {
      if (this.#jobs.size >= MAX_JOBS || this.#jobChars + text.length > MAX_JOB_CHARS) {
        this.#jobs.clear();
        this.#jobChars = 0;
      }
      this.#jobChars += text.length;
      job = JSON.parse(text) as J;
      this.#jobs.set(text, job);
    }
    return job;
  }

  /** Hands logs over while the guest keeps the thread: by the control area's window, or the shell's own way. */
  #flushLive(): void {
    if (this.records.bytes === 0) return;
    const now = Date.now();
    if (now - this.#flushedAt < FLUSH_MS) return;
    this.#flushedAt = now;
    const { live } = this.#options;
    const control = this.#control;
    if (live !== undefined) {
      const writer = new FrameWriter();
      writer.begin(FRAME_LOG, this.#id).raw(this.records.take()).end();
      live(writer.take());
      return;
    }
    if (control === null || Atomics.load(control, CONTROL_OUT_LENGTH) !== 0) return;
    const writer = new FrameWriter();
    writer
      .begin(FRAME_LOG, this.#id)
      .raw(this.records.take(CONTROL_OUT_BYTES - 9))
      .end();
    this.#show(control, writer.take(), false);
  }

  #show(control: Int32Array, bytes: Uint8Array, goesOn: boolean): void {
    new Uint8Array(control.buffer).set(bytes, CONTROL_OUT_OFFSET);
    Atomics.store(control, CONTROL_OUT_LENGTH, goesOn ? -bytes.length : bytes.length);
    Atomics.notify(control, CONTROL_OUT_LENGTH);
  }

  readonly #window: NetWindow = {
    send: check => this.#send(this.#control as Int32Array, check),
    receive: check => this.#receive(this.#control as Int32Array, check),
  };

  /** Sends what is in the outbox, while the guest keeps the thread. */
  #send(control: Int32Array, check: () => void): void {
    if (this.#out.length === 0) return;
    const { live } = this.#options;
    const frames = this.#out.take();
    if (live !== undefined) {
      live(frames);
      return;
    }
    for (let at = 0; at < frames.length; at += CONTROL_OUT_BYTES) {
      for (;;) {
        const length = Atomics.load(control, CONTROL_OUT_LENGTH);
        if (length === 0) break;
        // Half a message must not be left in the window: what ends the guest has to wait for the host.
        if (at === 0) check();
        Atomics.wait(control, CONTROL_OUT_LENGTH, length, LOOK_MS);
      }
      const end = Math.min(frames.length, at + CONTROL_OUT_BYTES);
      this.#show(control, frames.subarray(at, end), end < frames.length);
    }
  }

  /** Waits for the next answer. */
  #receive(control: Int32Array, check: () => void): Uint8Array {
    let parts: Uint8Array[] = [];
    for (;;) {
      const length = Atomics.load(control, CONTROL_REPLY_LENGTH);
      if (length === 0) {
        if (parts.length === 0) check();
        Atomics.wait(control, CONTROL_REPLY_LENGTH, 0, LOOK_MS);
        continue;
      }
      const run = Atomics.load(control, CONTROL_REPLY_RUN);
      const end = CONTROL_REPLY_OFFSET + Math.abs(length);
      parts.push(new Uint8Array(control.buffer).slice(CONTROL_REPLY_OFFSET, end));
      Atomics.store(control, CONTROL_REPLY_LENGTH, 0);
      if (length < 0) continue;
      const reply = concatBytes(parts);
      parts = [];
      // What came too late for a run that ended.
      if (run === (this.#id | 0)) return reply;
    }
  }

  #writeLogs(): void {
    this.#out.begin(FRAME_LOG, this.#id).raw(this.records.take()).end();
  }

  #finish(result: Execution): void {
    const { records } = this;
    const { begun, startedAt, hostMs, cpuMs, fuel, memoryBytes } = this.meters();
    const guestMs = begun ? Math.max(0, Date.now() - startedAt - hostMs) : Number.NaN;
    this.#out
      .begin(FRAME_DONE, this.#id)
      .u8(OUTCOMES.indexOf(result.outcome))
      .f64(guestMs)
      .f64(Math.min(cpuMs, guestMs))
      .f64(begun ? fuel : Number.NaN)
      .f64(begun ? memoryBytes : Number.NaN)
      .u32(records.droppedLogs)
      .u32(records.droppedDenials + this.net.refused)
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
    this.#out.chunk(result.value).chunk(result.files).chunk(records.take());
    const { detail } = result;
    if (detail.length > 0 && detail.length <= FRAME_CAPS.detail) this.#out.chunk(detail);
    this.#out.end();
    this.#job = null;
  }
}
