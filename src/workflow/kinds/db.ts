/** Statements to a database the engine was given, each checked by the gateway's SQL rules before it goes there. */

import { fromEntries } from '../../core/entries.ts';
import { SandboxError } from '../../core/errors.ts';
import { sizeOf } from '../../core/measure.ts';
import type { Value } from '../../core/value.ts';
import { checkSql, type SqlRules } from '../../gateway/sql/index.ts';
import { breathe } from '../breathe.ts';
import type { Database, Rows, SqlValue, Statement } from '../database/types.ts';
import { failure } from '../failure.ts';
import {
  checkFields,
  choice,
  type Field,
  type Fields,
  integer,
  into,
  isRecord,
  num,
  str,
  text,
} from '../fields.ts';
import type { Call, NodeContext, NodeKind, Outputs } from '../kind.ts';
import { type Path, path } from '../path.ts';
import type { Config } from '../types.ts';
import { checkTexts } from './common.ts';

const MAX_PARAMS = 1_000;
const PATH_CHARS = 1_000;

/** A JSONPath into the item where it begins with `$`, or `{ value }` as it is. */
const params: Field = {
  problem: value => {
    if (!Array.isArray(value) || value.length > MAX_PARAMS) return `must be a list of at most ${MAX_PARAMS}`;
    for (const one of value as readonly unknown[]) {
      if (isRecord(one) && Object.keys(one).join() === 'value') continue;
      if (typeof one !== 'string') return 'must hold JSONPaths such as "$.id", or { "value": 1 }';
      if (one.length > PATH_CHARS) return `must hold JSONPaths of at most ${PATH_CHARS} characters`;
    }
    return null;
  },
};

const DB: Fields = {
  database: text(100),
  sql: text(20_000, true),
  params,
  rows: choice('each', 'list'),
  maxRows: integer(1, 1_000_000),
  into,
};

const databaseOf = (config: Config): string => str(config, 'database', 'main');

type Param = Path | { readonly value: SqlValue };

const paramsOf = ({ config, services }: NodeContext): readonly Param[] =>
  Array.isArray(config['params'])
    ? (config['params'] as readonly unknown[]).map(one =>
        typeof one === 'string' ? path(services, one) : { value: (one as { value: SqlValue }).value },
      )
    : [];

/** As long as a text may be that goes to a database. */
const JSON_CHARS = 1_000_000;

/** A value a database takes. Lists and objects become JSON, which unfolds what they share: it is counted first. */
function toSql(value: Value): SqlValue {
  if (value === undefined || value === null) return null;
  if (value instanceof Date || value instanceof Uint8Array) return value;
  if (typeof value !== 'object') return value;
  if (sizeOf(value, JSON_CHARS) > JSON_CHARS)
    throw failure('NODE_FAILED', `a parameter has more than ${JSON_CHARS} characters as JSON`);
  return JSON.stringify(value);
}

class Statements {
  readonly #config: Config;
  readonly #database: Database;
  readonly #rules: SqlRules;
  readonly #params: readonly Param[];

  constructor(context: NodeContext, database: Database, rules: SqlRules) {
    this.#config = context.config;
    this.#database = database;
    this.#rules = rules;
    this.#params = paramsOf(context);
  }

  async run(items: readonly Value[], call: Call): Promise<readonly Rows[]> {
    const statements: Statement[] = [];
    for (const item of items) {
      await breathe();
      call.signal.throwIfAborted();
      statements.push(await this.#statement(item, call));
    }
    try {
      return await this.#database.run(statements, call.signal);
    } catch (error) {
      if (error instanceof SandboxError) throw error;
      throw failure(
        'NODE_FAILED',
        `the database refused: ${error instanceof Error ? error.message : ''}`,
        error,
      );
    }
  }

  async #statement(item: Value, call: Call): Promise<Statement> {
    const values: SqlValue[] = [];
    for (const one of this.#params)
      values.push('value' in one ? one.value : toSql(await one.first(item, call)));
    const decision = await checkSql(str(this.#config, 'sql'), this.#rules, values);
    if (decision.allowed) return { sql: decision.sql, values, maxRows: num(this.#config, 'maxRows', 10_000) };
    const { reason, message, hint } = decision;
    if (reason !== 'parameters' && reason !== 'syntax')
      call.account.deny({ kind: 'sql', subject: `${databaseOf(this.#config)}: ${message}`, hint });
    throw failure('POLICY_DENIED', `the statement is not allowed: ${message}; ${hint}`);
  }

  /** What becomes of one item and the answer to it. */
  async items(item: Value, { columns, rows, changes }: Rows, { budget }: Call): Promise<readonly Value[]> {
    const name = str(this.#config, 'into');
    if (columns.length === 0) return [name === '' ? item : budget.place(item, name, { changes })];
    const objects: Value[] = [];
    for (const row of rows) {
      await breathe();
      const object = fromEntries(columns.map((column, i) => [column, row[i] as Value] as const));
      budget.pay(object);
      objects.push(object);
    }
    if (str(this.#config, 'rows', 'each') === 'list') return [budget.place(item, name, objects)];
    if (name === '') return objects;
    const placed: Value[] = [];
    for (const row of objects) {
      await breathe();
      placed.push(budget.place(item, name, row));
    }
    return placed;
  }
}

async function statements(context: NodeContext): Promise<Statements> {
  const { services, config } = context;
  const found = services.database(databaseOf(config));
  if (found === undefined)
    throw new SandboxError('INVALID_ARGUMENT', `there is no database ${databaseOf(config)}`);
  const { grant, open } = found;
  let database: Database;
  try {
    database = await open();
  } catch (error) {
    throw failure('NODE_FAILED', `the database ${databaseOf(config)} could not be opened`, error);
  }
  return new Statements(context, database, {
    dialect: database.dialect,
    verbs: grant.verbs ?? ['select'],
    tables: grant.tables,
    ...(grant.functions === undefined ? {} : { functions: grant.functions }),
    ...(grant.recursive === undefined ? {} : { recursive: grant.recursive }),
    // The author of a workflow writes constants; what comes with items is always a parameter.
    literals: true,
  });
}

/** `item`: a statement for each item. `batch`: the statements of all items in one transaction. */
export const db: NodeKind = {
  inputs: ['in'],
  outputs: () => ['out'],
  modes: ['item', 'batch'],
  check(config, complain, { services }) {
    if (!checkFields(config, DB, complain)) return;
    const { params: list = [] } = config as { params?: readonly unknown[] };
    const paths = list.filter((one): one is string => typeof one === 'string');
    checkTexts(
      'path',
      paths.map(one => ['params', one] as const),
      complain,
    );
    const name = databaseOf(config);
    if (!services.databases.includes(name))
      complain.as(
        'permission',
        'error',
        'database',
        `names ${JSON.stringify(name)}, which nobody granted; there is ${services.databases.join(', ') || 'none'}`,
      );
  },
  async open(context) {
    const prepared = await statements(context);
    return {
      async item(item, call) {
        const [rows] = await prepared.run([item], call);
        return { out: rows === undefined ? [] : await prepared.items(item, rows, call) };
      },
      async batch({ in: items = [] }, call): Promise<Outputs> {
        const all = await prepared.run(items, call);
        const out: Value[] = [];
        for (const [i, item] of items.entries())
          for (const one of await prepared.items(item, all[i] as Rows, call)) out.push(one);
        return { out };
      },
    };
  },
};
