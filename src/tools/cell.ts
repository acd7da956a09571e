/**
 * A cell that does one piece of work at a time for the host, and is terminated when that takes too long. What it answers is parsed as
 * hostile input, like everything that leaves a cell: it works on what strangers wrote.
 */
import { SandboxError } from '../core/errors.ts';
import type { Value } from '../core/value.ts';
import type { CellTransport, Platform } from '../platform/types.ts';
import type { EngineName } from '../protocol/engines.ts';
import { type DoneFrame, parseMessage } from '../protocol/parse.ts';
import type { JobBase } from '../protocol/program.ts';
import { decodeValue } from '../protocol/value-codec.ts';
import { failureOf } from './wire.ts';

const START_MS = 20_000;
/** Frames and framing beside the answer. */
const SPARE_BYTES = 256 * 1024;

export interface CellWork {
  readonly code: string;
  /** Encoded by protocol/value-codec.ts. */
  readonly input: Uint8Array;
  readonly outputBytes: number;
}

interface Pending extends CellWork {
  resolve(value: Value): void;
  reject(error: Error): void;
}

const jobOf = (outputBytes: number): string =>
  JSON.stringify({
    env: {},
    timeoutMs: 0,
    fuel: 0,
    memoryBytes: 0,
    outputBytes,
    logBytes: 0,
    logEntries: 0,
    liveLogs: false,
    network: { requests: 0, uploadBytes: 0 },
    functions: { names: [], calls: 0, inputBytes: 0 },
  } satisfies JobBase);

export class ToolCell {
  state: 'starting' | 'ready' | 'dead' = 'starting';
  readonly #transport: CellTransport;
  readonly #changed: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #work: Pending | null = null;
  #id = 0;

  /** `changed` is called when it can take work again, and when it is gone. */
  constructor(platform: Platform, engine: EngineName, changed: () => void) {
    this.#changed = changed;
    this.#transport = platform.spawn(
      { engine },
      {
        message: data => this.#receive(data),
        exit: reason => this.#die(this.#reasonOf(reason)),
      },
    );
    this.#timer = setTimeout(
      () => this.#die(new SandboxError('CELL_START_FAILED', 'a cell of tools did not become ready in time')),
      START_MS,
    );
    // A start that nobody waits for must not keep a process.
    (this.#timer as { unref?: () => void }).unref?.();
    this.#transport.ref(false);
  }

  get busy(): boolean {
    return this.#work !== null;
  }

  /** Only when it is not busy; it may still be starting. */
  run(work: CellWork): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.#work = { ...work, resolve, reject };
      this.#transport.ref(true);
      if (this.state === 'ready') this.#send();
    });
  }

  /** Ends what it does, and itself. */
  end(error: Error): void {
    this.#die(error);
  }

  #send(): void {
    const { code, input, outputBytes } = this.#work as Pending;
    this.#id = this.#id === 0x7fff_ffff ? 1 : this.#id + 1;
    this.#transport.post([{ type: 'run', id: this.#id, code, job: jobOf(outputBytes), input }]);
  }

  #receive(data: unknown): void {
    if (this.state === 'dead') return;
    try {
      for (const frame of parseMessage(data, { bytes: SPARE_BYTES + (this.#work?.outputBytes ?? 0) })) {
        if (frame.type === 'ready' && this.state === 'starting') this.#ready();
        else if (frame.type === 'failed') this.#die(this.#reasonOf(frame.text));
        else if (frame.type === 'done' && this.#work !== null && frame.id === this.#id) this.#done(frame);
        else throw new Error('out of order');
        if ((this.state as string) === 'dead') return;
      }
    } catch {
      this.#die(new SandboxError('PROTOCOL_VIOLATION', 'a cell of tools sent what no healthy cell sends'));
      return;
    }
    this.#changed();
  }

  #ready(): void {
    clearTimeout(this.#timer);
    this.state = 'ready';
    if (this.#work !== null) this.#send();
  }

  #done({ outcome, value, guest }: DoneFrame): void {
    const { outputBytes, resolve, reject } = this.#work as Pending;
    if (outcome === 'ok') {
      // Throws for a malformed one: the work is then still there, and answered as a violation.
      const decoded = decodeValue(value, { bytes: outputBytes });
      this.#rest();
      resolve(decoded);
      return;
    }
    const error = failureOf(outcome, guest, outputBytes);
    this.#rest();
    reject(error);
  }

  #rest(): void {
    this.#work = null;
    this.#transport.ref(false);
  }

  #reasonOf(reason: string): SandboxError {
    if (this.state === 'starting')
      return new SandboxError('CELL_START_FAILED', `a cell of tools did not start: ${reason}`);
    return reason === 'ERR_WORKER_OUT_OF_MEMORY'
      ? new SandboxError('MEMORY_LIMIT', 'the work needs more memory than its cell has: give it less at once')
      : new SandboxError('CELL_CRASHED', `the cell of tools died: ${reason}`);
  }

  #die(error: Error): void {
    if (this.state === 'dead') return;
    this.state = 'dead';
    clearTimeout(this.#timer);
    this.#transport.terminate();
    const work = this.#work;
    this.#work = null;
    work?.reject(error);
    this.#changed();
  }
}
