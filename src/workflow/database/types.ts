/** A database as a node sees it. What reaches it was checked and written anew by the gateway's SQL rules. */
import type { SqlDialect } from '../../gateway/sql/index.ts';

/** What a statement is given and gives back. */
export type SqlValue = null | boolean | number | bigint | string | Date | Uint8Array;

export interface Rows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly SqlValue[])[];
  /** Rows that were inserted, updated or deleted. */
  readonly changes: number;
}

export interface Statement {
  readonly sql: string;
  readonly values: readonly SqlValue[];
  /** More rows are a failure. */
  readonly maxRows: number;
}

export interface Database {
  readonly dialect: SqlDialect;
  /** All of them or, when one fails, none. Rejects with an error of the database's own. */
  run(statements: readonly Statement[], signal: AbortSignal): Promise<readonly Rows[]>;
  close(): void | Promise<void>;
}
