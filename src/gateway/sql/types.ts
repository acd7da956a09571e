/** What an operator says of SQL, and what is answered. Plain data. */

export type SqlVerb = 'select' | 'insert' | 'update' | 'delete';

/** How the checked statement is written; both are read in PostgreSQL's grammar. */
export type SqlDialect = 'postgresql' | 'sqlite';

export interface SqlRules {
  readonly dialect: SqlDialect;
  /** Verbs that are allowed anywhere in the statement, also in its CTEs. At least one. */
  readonly verbs: readonly SqlVerb[];
  /**
   * Tables and views that may be named, as `users` or `sales.orders`; an object narrows the verbs of each. A name without a
   * schema covers only statements without one. At most 1,000.
   */
  readonly tables: readonly string[] | Readonly<Record<string, readonly SqlVerb[]>>;
  /** Functions beside SAFE_FUNCTIONS. At most 1,000. Default: none. */
  readonly functions?: readonly string[];
  /**
   * True lets constants stand in the statement. Default false: every value is a parameter `$1`, `$2`; only NULL and the
   * whole numbers of LIMIT, OFFSET, ORDER BY, GROUP BY and a list of columns may be written out.
   */
  readonly literals?: boolean;
  /**
   * True lets a query read what it makes itself: WITH RECURSIVE, and in SQLite any WITH. Nothing but the database's own limits
   * ends such a query. Default false.
   */
  readonly recursive?: boolean;
}

/** Why a statement is refused; one word for programs. */
export type SqlReason =
  | 'text'
  | 'syntax'
  | 'statements'
  | 'verb'
  | 'table'
  | 'function'
  | 'operator'
  | 'type'
  | 'literal'
  | 'parameters'
  | 'recursion'
  | 'construct';

export interface SqlClearance {
  readonly allowed: true;
  /** What goes to the driver: written anew from the tree that was checked, never the text that was given. */
  readonly sql: string;
  /** Of the statement itself. */
  readonly verb: SqlVerb;
  /** As named in the statement, each once, in order of appearance. */
  readonly tables: readonly string[];
  /** The highest `$n`. */
  readonly parameters: number;
}

export interface SqlRefusal {
  readonly allowed: false;
  readonly reason: SqlReason;
  /** One line: what is wrong. Parts of the statement in it are cut and cleaned. */
  readonly message: string;
  /** One line: what to write instead, or what would allow it. */
  readonly hint: string;
}

export type SqlDecision = SqlClearance | SqlRefusal;
