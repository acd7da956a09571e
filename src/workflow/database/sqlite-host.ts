/**
 * The host's end of SQLite. The database lives in a cell; with each answer comes what the transaction changed in its file, and the
 * host keeps the file. A cell that was ended takes nothing with it: the next one begins with what was committed.
 */
import { SandboxError } from '../../core/errors.ts';
import type { Value } from '../../core/value.ts';
import type { Platform } from '../../platform/types.ts';
import { encodeValue } from '../../protocol/value-codec.ts';
import { ToolCell } from '../../tools/cell.ts';
import type { Rows, Statement } from './types.ts';

const MiB = 1024 * 1024;
/** Rows of one call, and beside them what it changed. */
const ROWS_BYTES = 64 * MiB;
/** Statements and their values. */
const INPUT_BYTES = 64 * MiB;

export interface SqliteSettings {
  readonly memoryBytes: number;
  readonly steps: number;
  readonly file: Uint8Array | null;
  readonly setup: string;
}

interface Changes {
  readonly size: number;
  readonly pages: readonly (readonly [number, Uint8Array])[];
}

export class SqliteHost {
  readonly #platform: Platform;
  readonly #settings: SqliteSettings;
  /** As the last transaction left it. */
  #file: Uint8Array;
  #cell: ToolCell | null = null;
  /** One call after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(platform: Platform, settings: SqliteSettings) {
    this.#platform = platform;
    this.#settings = settings;
    this.#file = settings.file?.slice() ?? new Uint8Array(0);
  }

  /** @throws what SQLite says of `setup` and `file` */
  async open(): Promise<void> {
    await this.#start(this.#settings.setup);
  }

  run(statements: readonly Statement[], signal: AbortSignal): Promise<readonly Rows[]> {
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    const own = this.#last.then(() => this.#next(statements, signal));
    this.#last = own.catch(() => {});
    return Promise.race([own, aborted]).finally(() => signal.removeEventListener('abort', abort));
  }

  export(): Uint8Array {
    return this.#file.slice();
  }

  close(): void {
    this.#closed = true;
    this.#cell?.end(closed());
    this.#cell = null;
  }

  async #next(statements: readonly Statement[], signal: AbortSignal): Promise<readonly Rows[]> {
    signal.throwIfAborted();
    if (this.#closed) throw closed();
    const input = encodeValue(statements as unknown as Value, { bytes: INPUT_BYTES });
    const end = (): void => this.#drop(signal.reason as Error);
    signal.addEventListener('abort', end, { once: true });
    try {
      if (this.#cell === null) await this.#start('');
      const { all, changes } = (await this.#ask('run', input)) as unknown as {
        readonly all: readonly Rows[];
        readonly changes: Changes;
      };
      this.#take(changes);
      return all;
    } finally {
      signal.removeEventListener('abort', end);
    }
  }

  async #start(setup: string): Promise<void> {
    const { memoryBytes, steps } = this.#settings;
    const file = this.#file.length === 0 ? null : this.#file;
    this.#cell = new ToolCell(this.#platform, 'sqlite', () => {});
    const input = encodeValue(
      { file, setup, memoryBytes, steps },
      { bytes: this.#file.length + 3 * setup.length + MiB },
    );
    try {
      this.#take((await this.#ask('open', input)) as unknown as Changes);
    } catch (error) {
      this.#drop(error as Error);
      throw error;
    }
  }

  async #ask(code: string, input: Uint8Array): Promise<Value> {
    const cell = this.#cell as ToolCell;
    try {
      return await cell.run({ code, input, outputBytes: ROWS_BYTES + this.#settings.memoryBytes });
    } catch (error) {
      // What SQLite itself refuses leaves the database as it was. Of everything else nobody knows how far it went.
      if (error instanceof SandboxError && error.code === 'NODE_FAILED' && cell.state === 'ready')
        throw new Error(error.message);
      if (this.#cell === cell) this.#drop(error as Error);
      throw error;
    }
  }

  #drop(reason: Error): void {
    const cell = this.#cell;
    this.#cell = null;
    cell?.end(reason);
  }

  #take({ size, pages }: Changes): void {
    if (size !== this.#file.length) {
      const resized = new Uint8Array(size);
      resized.set(this.#file.subarray(0, size));
      this.#file = resized;
    }
    for (const [at, bytes] of pages) this.#file.set(bytes, at);
  }
}

const closed = (): SandboxError => new SandboxError('CLOSED', 'the database was closed');
