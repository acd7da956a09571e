/** A PostgreSQL server, through a pool of the embedder's: `new pg.Pool(…)` of the package pg fits as it is. */
import type { Database, Rows, SqlValue, Statement } from './types.ts';

interface PgResult {
  readonly fields: readonly { readonly name: string }[];
  readonly rows: readonly (readonly unknown[])[];
  readonly rowCount: number | null;
}

export interface PgClient {
  query(query: {
    readonly text: string;
    readonly values?: unknown[];
    readonly rowMode: 'array';
  }): Promise<PgResult>;
  /** As of an EventEmitter: pg tells of connections that break while nobody asks, and ends the process if nobody listens. */
  on?(event: 'error', listener: () => void): unknown;
  off?(event: 'error', listener: () => void): unknown;
  /** True: the connection is not to be used again. */
  release(broken?: boolean): void;
}

export interface PgPool {
  connect(): Promise<PgClient>;
  on?(event: 'error', listener: () => void): unknown;
  end(): Promise<void>;
}

export interface PostgresOptions {
  /** Milliseconds the server gives a statement. Default 30,000, at most 2,147,483,647. */
  readonly statementTimeoutMs?: number;
}

const plain = (text: string): { text: string; rowMode: 'array' } => ({ text, rowMode: 'array' });

/** What pg gives for a column, as what crosses into cells. Types it has no value for come as JSON or text. */
function toValue(value: unknown): SqlValue {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value;
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (['string', 'number', 'boolean', 'bigint'].includes(typeof value)) return value as SqlValue;
  return JSON.stringify(value);
}

async function one(client: PgClient, { sql, values, maxRows }: Statement): Promise<Rows> {
  const answer = await client.query({ text: sql, values: [...values], rowMode: 'array' });
  if (answer.rows.length > maxRows) throw new Error(`the statement gives more than ${maxRows} rows`);
  return {
    columns: answer.fields.map(({ name }) => name),
    rows: answer.rows.map(row => row.map(toValue)),
    changes: answer.fields.length > 0 ? 0 : (answer.rowCount ?? 0),
  };
}

/** Whoever asks next is told by the failure of that. */
const ignore = (): void => {};

/** The statements of a call are one transaction. The pool ends with the engine. */
export function postgres(pool: PgPool, options: PostgresOptions = {}): Database {
  const { statementTimeoutMs = 30_000 } = options;
  pool.on?.('error', ignore);
  return {
    dialect: 'postgresql',
    async run(statements, signal) {
      signal.throwIfAborted();
      const client = await pool.connect();
      client.on?.('error', ignore);
      let broken = false;
      // The server goes on with a statement nobody waits for until its own timeout; the connection is not used again.
      const abort = (): void => {
        broken = true;
        client.release(true);
      };
      signal.addEventListener('abort', abort, { once: true });
      try {
        await client.query(plain('BEGIN'));
        await client.query(plain(`SET LOCAL statement_timeout = ${Math.trunc(statementTimeoutMs)}`));
        const all: Rows[] = [];
        for (const statement of statements) all.push(await one(client, statement));
        await client.query(plain('COMMIT'));
        return all;
      } catch (error) {
        if (!broken)
          await client.query(plain('ROLLBACK')).catch(() => {
            broken = true;
            client.release(true);
          });
        throw error;
      } finally {
        signal.removeEventListener('abort', abort);
        // One that was given up goes on for a while, and may still break.
        if (!broken) {
          client.off?.('error', ignore);
          client.release();
        }
      }
    },
    close: () => pool.end(),
  };
}
