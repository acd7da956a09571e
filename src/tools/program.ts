/** The tools as a cell's shell drives them: one piece of work after the other, each ended from outside when it takes too long. */
import { SandboxError } from '../core/errors.ts';
import type { CellProgram, JobBase } from '../protocol/program.ts';
import { decodeInput } from '../protocol/value-codec.ts';
import { type Execution, failed } from '../runtimes/cell/execution.ts';
import { BaseProgram, type Meters, type ProgramOptions } from '../runtimes/cell/program.ts';
import { succeed } from '../runtimes/cell/values.ts';
import { asFailure } from './failure.ts';
import { toolOf } from './registry.ts';
import type { Prepared } from './types.ts';

/** The tool and its config are the run's `code`, as JSON. */
type Order = { readonly tool: string; readonly config: Readonly<Record<string, unknown>> };

/** Configs that stay read, and characters of their texts. */
const MAX_PREPARED = 64;
const MAX_CHARS = 4_000_000;

class Program extends BaseProgram<JobBase> {
  readonly #prepared: Map<string, Prepared> = new Map();
  #chars = 0;
  #code = '';
  #input: Uint8Array = new Uint8Array(0);
  #outputBytes = 0;

  boot(): string {
    return '';
  }

  protected open(code: string, _jobText: string, job: JobBase, inbox: Uint8Array): void {
    this.#code = code;
    this.#input = inbox;
    this.#outputBytes = job.outputBytes;
  }

  protected turn(): Execution {
    try {
      return succeed(this.#find(this.#code).run(decodeInput(this.#input)), this.#outputBytes);
    } catch (error) {
      const { code, message } = error instanceof SandboxError ? error : asFailure(error);
      return failed('GUEST_ERROR', { name: code, message });
    } finally {
      this.#input = new Uint8Array(0);
    }
  }

  protected meters(): Meters {
    return { begun: false, startedAt: 0, hostMs: 0, cpuMs: 0, fuel: 0, memoryBytes: 0 };
  }

  #find(code: string): Prepared {
    const known = this.#prepared.get(code);
    if (known !== undefined) return known;
    const { tool, config } = JSON.parse(code) as Order;
    const prepared = toolOf(tool)?.prepare(config);
    if (prepared === undefined) throw new Error('a tool that there is not');
    if (this.#prepared.size >= MAX_PREPARED || this.#chars + code.length > MAX_CHARS) {
      this.#prepared.clear();
      this.#chars = 0;
    }
    this.#chars += code.length;
    this.#prepared.set(code, prepared);
    return prepared;
  }
}

export function createProgram(options: ProgramOptions = {}): CellProgram {
  return new Program(options);
}
