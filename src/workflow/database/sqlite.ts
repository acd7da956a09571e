/** SQLite, compiled to WebAssembly by its authors: a database in memory, the same in Node.js and in browsers. */
import type { SqlValue as Bound, Database as Handle, Sqlite3Static } from '@sqlite.org/sqlite-wasm';
import { SandboxError } from '../../core/errors.ts';
import type { Database, Rows, SqlValue, Statement } from './types.ts';

export interface SqliteOptions {
  /** Statements that make tables and fill them. The embedder's own: nothing checks them. */
  readonly setup?: string;
  /** A database to start from, as its file. Default: an empty one. */
  readonly file?: Uint8Array;
  /** Default 64 MiB, ceiling 1 GiB. */
  readonly memoryBytes?: number;
  /** Steps of SQLite's machine that one statement may take. Default 50,000,000, ceiling 10,000,000,000. */
  readonly steps?: number;
}

export interface SqliteDatabase extends Database {
  /** The database as a file, to be stored and given as `file` another time. */
  export(): Uint8Array;
}

const MiB = 1024 * 1024;
/** Steps between two looks at the budget. */
const STRIDE = 1_000;

let loading: Promise<Sqlite3Static> | undefined;

async function load(): Promise<Sqlite3Static> {
  const { default: init } = await import('@sqlite.org/sqlite-wasm');
  const sqlite = await init();
  // What fails is thrown as well; text of statements is nothing for a console.
  Object.assign(sqlite.config, { warn: () => {}, error: () => {} });
  return sqlite;
}

const bound = (value: SqlValue): Bound => {
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value instanceof Date ? value.toISOString() : value;
};

function within(value: number | undefined, fallback: number, ceiling: number, name: string): number {
  const given = value ?? fallback;
  if (!Number.isSafeInteger(given) || given < 1 || given > ceiling)
    throw new SandboxError(
      'LIMIT_OUT_OF_RANGE',
      `${name} must be an integer from 1 to ${ceiling}, got ${String(given)}`,
    );
  return given;
}

/** @throws SandboxError LIMIT_OUT_OF_RANGE; what SQLite says of `setup` and `file` */
export async function openSqlite(options: SqliteOptions = {}): Promise<SqliteDatabase> {
  const memoryBytes = within(options.memoryBytes, 64 * MiB, 1024 * MiB, 'memoryBytes');
  const steps = within(options.steps, 50_000_000, 10_000_000_000, 'steps');
  loading ??= load();
  const sqlite = await loading;
  const db = new sqlite.oo1.DB(':memory:', 'c');
  if (options.file !== undefined) deserialize(sqlite, db, options.file);
  const pageSize = Number(db.selectValue('PRAGMA page_size'));
  db.exec(
    `PRAGMA max_page_count = ${Math.max(1, Math.floor(memoryBytes / pageSize))}; PRAGMA trusted_schema = OFF`,
  );
  if (options.setup !== undefined) db.exec(options.setup);
  let left = 0;
  // Statements keep this thread: what takes too long is broken off from within.
  const count = (): number => {
    left -= STRIDE;
    return left < 0 ? 1 : 0;
  };
  sqlite.capi.sqlite3_progress_handler(db, STRIDE, count, 0);

  const one = ({ sql, values, maxRows }: Statement): Rows => {
    left = steps;
    const statement = db.prepare(sql);
    try {
      if (values.length > 0) statement.bind(values.map(bound));
      const rows: SqlValue[][] = [];
      while (statement.step()) {
        if (rows.length >= maxRows) throw new Error(`the statement gives more than ${maxRows} rows`);
        rows.push(statement.get([]) as SqlValue[]);
      }
      const columns = statement.columnCount > 0 ? statement.getColumnNames([]) : [];
      return { columns, rows, changes: Number(db.changes()) };
    } finally {
      statement.finalize();
    }
  };
  return {
    dialect: 'sqlite',
    async run(statements, signal) {
      signal.throwIfAborted();
      if (statements.length === 1) return [one(statements[0] as Statement)];
      left = steps;
      db.exec('BEGIN');
      try {
        const all = statements.map(one);
        left = steps;
        db.exec('COMMIT');
        return all;
      } catch (error) {
        left = steps;
        // Some errors end the transaction themselves.
        if (db.pointer !== undefined && sqlite.capi.sqlite3_get_autocommit(db.pointer) === 0)
          db.exec('ROLLBACK');
        throw error;
      }
    },
    export: () => sqlite.capi.sqlite3_js_db_export(db),
    close: () => db.close(),
  };
}

function deserialize(sqlite: Sqlite3Static, db: Handle, file: Uint8Array): void {
  const pointer = sqlite.wasm.allocFromTypedArray(file);
  const flags = sqlite.capi.SQLITE_DESERIALIZE_FREEONCLOSE | sqlite.capi.SQLITE_DESERIALIZE_RESIZEABLE;
  const { pointer: handle } = db;
  if (handle === undefined) throw new Error('the database is closed');
  db.checkRc(sqlite.capi.sqlite3_deserialize(handle, 'main', pointer, file.length, file.length, flags));
}
