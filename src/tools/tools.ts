/**
 * The host's door to the tools. Work with a bound that is known and small is done at once; everything else goes to a cell, which
 * starts when it is first needed, stays warm, and is terminated when the work's time is over. The result and the failures are
 * the same either way.
 */
import { SandboxError } from '../core/errors.ts';
import { Fit } from '../core/measure.ts';
import type { Value } from '../core/value.ts';
import type { Platform } from '../platform/types.ts';
import { encodeValue } from '../protocol/value-codec.ts';
import { type CellWork, ToolCell } from './cell.ts';
import { asFailure } from './failure.ts';
import { type ToolConfigs, type ToolName, toolOf } from './registry.ts';
import { INLINE_STEPS, type Prepared } from './types.ts';
import { orderText } from './wire.ts';

const MiB = 1024 * 1024;
/** Of what a piece of work is given, encoded. */
export const TOOL_INPUT_BYTES: number = 32 * MiB;
/** Writing them for a cell is one slice of the host's thread. */
export const TOOL_INPUT_THINGS = 1_000_000;
/** Of what it gives, unless its caller says less. */
export const TOOL_OUTPUT_BYTES: number = 32 * MiB;
/** More do not help: the host reads what they give on one thread. */
const MOST_CELLS = 4;
/** Starts that fail in a row before those who wait are told. */
const START_ATTEMPTS = 3;

export interface ToolOptions {
  /** Ends the work; it rejects with the signal's reason where that is a SandboxError, and with CANCELLED otherwise. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds from now, waiting for a cell included, after which the work ends with NODE_TIMEOUT. Default: none. */
  readonly deadlineMs?: number | undefined;
  /** Largest encoded result. Default and ceiling 32 MiB. */
  readonly outputBytes?: number | undefined;
}

/** A tool with its config. */
export type OpenTool = (input: Value, options?: ToolOptions) => Value | Promise<Value>;

interface Waiting extends CellWork {
  readonly options: ToolOptions;
  resolve(value: Value): void;
  reject(error: SandboxError): void;
}

export class Tools {
  readonly #platform: Platform;
  readonly #most: number;
  readonly #cells: Set<ToolCell> = new Set();
  readonly #waiting: Waiting[] = [];
  #failedStarts = 0;
  #closed = false;

  constructor(platform: Platform) {
    this.#platform = platform;
    this.#most = Math.min(MOST_CELLS, Math.max(1, platform.cores));
  }

  /** Reads a config once, for many inputs. What is wrong with it is told with the first. */
  open<N extends ToolName>(name: N, config: ToolConfigs[N]): OpenTool {
    const tool = toolOf(name);
    let prepared: Prepared | undefined;
    let text: string | undefined;
    return (input, options = {}) => {
      if (tool === undefined) throw new SandboxError('INTERNAL', `there is no tool ${name}`);
      if (this.#closed) throw closed();
      const isLight = prepared !== undefined || tool.weight(config) <= INLINE_STEPS;
      let part = input;
      if (isLight) {
        try {
          prepared ??= tool.prepare(config);
          if (prepared.cost(input, INLINE_STEPS) <= INLINE_STEPS) return prepared.run(input);
        } catch (error) {
          throw asFailure(error);
        }
        part = prepared.part?.(input) ?? input;
      }
      text ??= orderText(name, config);
      return this.#work(text, part, options);
    };
  }

  /** Like `open` for one input; what fails at once rejects too. */
  async run<N extends ToolName>(
    name: N,
    config: ToolConfigs[N],
    input: Value,
    options: ToolOptions = {},
  ): Promise<Value> {
    return this.open(name, config)(input, options);
  }

  /** Ends all work with CANCELLED. Idempotent. */
  close(): void {
    this.#closed = true;
    for (const one of this.#waiting.splice(0)) one.reject(closed());
    for (const cell of [...this.#cells]) cell.end(closed());
    this.#cells.clear();
  }

  #work(code: string, input: Value, options: ToolOptions): Promise<Value> {
    const outputBytes = Math.min(options.outputBytes ?? TOOL_OUTPUT_BYTES, TOOL_OUTPUT_BYTES);
    const { signal, deadlineMs } = options;
    if (signal?.aborted === true) return Promise.reject(reasonOf(signal));
    let encoded: Uint8Array;
    try {
      const tooMuch = new Fit(TOOL_INPUT_BYTES, TOOL_INPUT_THINGS).refusal(input);
      if (tooMuch === 'bytes')
        throw new Error(`input needs more than ${TOOL_INPUT_BYTES} bytes when encoded`);
      if (tooMuch === 'things')
        throw new Error(
          `input has more than ${TOOL_INPUT_THINGS} values in it, shared ones counted at every place: work on fewer at once, or use a plugin`,
        );
      encoded = encodeValue(input, { bytes: TOOL_INPUT_BYTES });
    } catch (error) {
      return Promise.reject(
        error instanceof SandboxError ? asFailure(new Error(error.message)) : asFailure(error),
      );
    }
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    const waiting: Waiting = { code, input: encoded, outputBytes, options, resolve, reject };
    const end = (error: SandboxError): void => {
      const at = this.#waiting.indexOf(waiting);
      if (at >= 0) this.#waiting.splice(at, 1);
      reject(error);
      this.#running.get(waiting)?.end(error);
    };
    const abort = (): void => end(reasonOf(signal as AbortSignal));
    signal?.addEventListener('abort', abort, { once: true });
    const timer =
      deadlineMs === undefined
        ? undefined
        : setTimeout(
            () => end(new SandboxError('NODE_TIMEOUT', `the work took longer than ${deadlineMs} ms`)),
            deadlineMs,
          );
    this.#waiting.push(waiting);
    this.#assign();
    return promise.finally(() => {
      signal?.removeEventListener('abort', abort);
      clearTimeout(timer);
    });
  }

  readonly #running: Map<Waiting, ToolCell> = new Map();

  #assign(): void {
    while (this.#waiting.length > 0) {
      const cell = this.#free();
      if (cell === null) return;
      const next = this.#waiting.shift() as Waiting;
      this.#running.set(next, cell);
      void cell
        .run(next)
        .then(next.resolve, (error: SandboxError) => this.#failed(next, cell, error))
        .finally(() => this.#running.delete(next));
    }
  }

  /** A start that failed is tried again, for whoever waited for it. */
  #failed(work: Waiting, cell: ToolCell, error: SandboxError): void {
    if (error.code !== 'CELL_START_FAILED' || this.#closed || ++this.#failedStarts >= START_ATTEMPTS) {
      this.#failedStarts = 0;
      work.reject(error);
      return;
    }
    this.#running.delete(work);
    this.#cells.delete(cell);
    this.#waiting.unshift(work);
    this.#assign();
  }

  #free(): ToolCell | null {
    for (const cell of this.#cells) if (!cell.busy) return cell;
    if (this.#cells.size >= this.#most) return null;
    const cell: ToolCell = new ToolCell(this.#platform, 'tools', () => this.#changed(cell));
    this.#cells.add(cell);
    return cell;
  }

  #changed(cell: ToolCell): void {
    if (cell.state === 'ready') this.#failedStarts = 0;
    if (cell.state === 'dead') this.#cells.delete(cell);
    // Whoever waits gets the next one; after the one whose answer this was has it.
    if (this.#waiting.length > 0) queueMicrotask(() => this.#assign());
  }
}

const closed = (): SandboxError => new SandboxError('CLOSED', 'what the tools belong to was closed');

const reasonOf = ({ reason }: AbortSignal): SandboxError =>
  reason instanceof SandboxError ? reason : new SandboxError('CANCELLED', 'the work was cancelled');
