/** SQLite as a cell's shell drives it: one database for the cell's life. The host keeps what was committed, and can end the cell. */
import type { Value } from '../../core/value.ts';
import type { CellProgram, JobBase } from '../../protocol/program.ts';
import { decodeInput } from '../../protocol/value-codec.ts';
import { type Execution, failed } from '../cell/execution.ts';
import { BaseProgram, type Meters, type ProgramOptions } from '../cell/program.ts';
import { succeed } from '../cell/values.ts';
import { type DatabaseLimits, SqliteDatabase, type Statement } from './database.ts';
import { SqliteMachine } from './machine.ts';

type Opening = DatabaseLimits & { readonly file: Uint8Array | null; readonly setup: string };

class Program extends BaseProgram<JobBase> {
  #module: WebAssembly.Module | null = null;
  #database: SqliteDatabase | null = null;
  #order = '';
  #input: Uint8Array = new Uint8Array(0);
  #outputBytes = 0;

  boot(module: WebAssembly.Module): string {
    this.#module = module;
    return '';
  }

  protected open(code: string, _jobText: string, job: JobBase, inbox: Uint8Array): void {
    this.#order = code;
    this.#input = inbox;
    this.#outputBytes = job.outputBytes;
  }

  protected turn(): Execution {
    try {
      const input = decodeInput(this.#input);
      return succeed(
        this.#order === 'open' ? this.#open(input as unknown as Opening) : this.#run(input),
        this.#outputBytes,
      );
    } catch (error) {
      return failed('GUEST_ERROR', {
        name: 'Error',
        message: error instanceof Error ? error.message : 'SQLite failed',
      });
    } finally {
      this.#input = new Uint8Array(0);
    }
  }

  protected meters(): Meters {
    return { begun: false, startedAt: 0, hostMs: 0, cpuMs: 0, fuel: 0, memoryBytes: 0 };
  }

  #open({ file, setup, memoryBytes, steps }: Opening): Value {
    const machine = new SqliteMachine(this.#module as WebAssembly.Module, memoryBytes, count =>
      this.random(count),
    );
    this.#database = new SqliteDatabase(machine, { memoryBytes, steps }, file);
    this.#database.setup(setup);
    return this.#database.changes() as unknown as Value;
  }

  #run(statements: Value): Value {
    const database = this.#database as SqliteDatabase;
    const all = database.run(statements as unknown as readonly Statement[], this.#outputBytes);
    return { all, changes: database.changes() as unknown as Value };
  }
}

export function createProgram(options: ProgramOptions = {}): CellProgram {
  return new Program(options);
}
