/** SQLite, compiled to WebAssembly by its authors: a database in memory, the same in Node.js and in browsers. */
import { SandboxError } from '../../core/errors.ts';
import type { Platform } from '../../platform/types.ts';
import { SqliteHost } from './sqlite-host.ts';
import type { Database } from './types.ts';

export interface SqliteOptions {
  /** Statements that make tables and fill them. The embedder's own: nothing checks them. */
  readonly setup?: string;
  /** A database to start from, as its file. Default: an empty one. */
  readonly file?: Uint8Array;
  /** Default 64 MiB, ceiling 1 GiB. */
  readonly memoryBytes?: number;
  /** Steps of SQLite's machine that one statement may take. Default 50,000,000, ceiling 2,147,483,647. */
  readonly steps?: number;
}

export interface SqliteDatabase extends Database {
  /** The database as a file, as the last transaction left it: to be stored and given as `file` another time. */
  export(): Uint8Array;
}

const MiB = 1024 * 1024;

function within(value: number | undefined, fallback: number, ceiling: number, name: string): number {
  const given = value ?? fallback;
  if (!Number.isSafeInteger(given) || given < 1 || given > ceiling)
    throw new SandboxError(
      'LIMIT_OUT_OF_RANGE',
      `${name} must be an integer from 1 to ${ceiling}, got ${String(given)}`,
    );
  return given;
}

/**
 * Opens a database in a cell of its own: a statement is ended when the caller's signal is aborted, and then the database is as the
 * last transaction left it.
 * @throws SandboxError LIMIT_OUT_OF_RANGE; what SQLite says of `setup` and `file`
 */
export async function openSqliteOn(platform: Platform, options: SqliteOptions = {}): Promise<SqliteDatabase> {
  const host = new SqliteHost(platform, {
    memoryBytes: within(options.memoryBytes, 64 * MiB, 1024 * MiB, 'memoryBytes'),
    steps: within(options.steps, 50_000_000, 0x7fff_ffff, 'steps'),
    file: options.file ?? null,
    setup: options.setup ?? '',
  });
  try {
    await host.open();
  } catch (error) {
    host.close();
    throw error;
  }
  return {
    dialect: 'sqlite',
    run: (statements, signal) => host.run(statements, signal),
    export: () => host.export(),
    close: () => host.close(),
  };
}
