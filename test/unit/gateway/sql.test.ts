/** What is let through says in its new words what it said in its old ones: held against two real databases. */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkSql, type SqlDialect, type SqlRules } from '../../../src/gateway/sql/index.ts';

const SCHEMA = [
  'CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT UNIQUE, age INTEGER, joined TEXT)',
  'CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER, total REAL, "Weird Name" TEXT)',
  'CREATE TABLE secrets (id INTEGER, value TEXT)',
  "INSERT INTO users VALUES (1, 'Ada', 36, '2020-01-02'), (2, 'O''Brien', 41, '2021-05-06'), (3, 'Cleo', NULL, '2022-07-08')",
  "INSERT INTO orders VALUES (1, 1, 10.5, 'x'), (2, 1, 5, 'y'), (3, 2, 7.25, NULL)",
  "INSERT INTO secrets VALUES (1, 'hidden')",
];

const rules = (dialect: SqlDialect, more: Partial<SqlRules> = {}): SqlRules => ({
  dialect,
  verbs: ['select', 'insert', 'update', 'delete'],
  tables: ['users', 'orders'],
  ...more,
});

const sqlite = new DatabaseSync(':memory:');
const postgres = new PGlite();

beforeAll(async () => {
  for (const statement of SCHEMA) {
    sqlite.exec(statement);
    await postgres.exec(statement);
  }
});
afterAll(async () => {
  sqlite.close();
  await postgres.close();
});

/** Rows as plain arrays, in the text form both databases agree on. */
async function rowsOf(dialect: SqlDialect, sql: string, values: readonly unknown[]): Promise<unknown[]> {
  const rows =
    dialect === 'sqlite'
      ? sqlite.prepare(sql).all(...(values as SQLInputValue[]))
      : (await postgres.query<Record<string, unknown>>(sql, [...values])).rows;
  return rows.map(row => Object.values(row));
}

/** In SQLite `$1` is the name of a parameter; bound by position it is the same. */
const QUERIES: readonly (readonly [string, readonly unknown[]])[] = [
  ['select id, name from users where id = $1', [2]],
  ['select * from users where name = $1 or age > $2 order by id desc limit 2 offset 1', ['Ada', 30]],
  [
    'select u.name, count(*) as n, sum(o.total) t from users u join orders o on o.user_id = u.id group by u.name having count(*) > $1 order by 1',
    [0],
  ],
  [
    'select name from users where id in (select user_id from orders where total > $1) and not exists (select 1 from orders o where o.user_id = users.id and o.total > $2)',
    [1, 100],
  ],
  [
    'with big as (select * from orders where total > $1) select u.name from users u left join big b on b.user_id = u.id order by u.id, b.id',
    [6],
  ],
  [
    'with recursive n(i) as (select $1 union all select i + $1 from n where i < $2) select i from n order by i',
    [1, 4],
  ],
  ['select case when age is null then $1 else name end from users order by id', ['nobody']],
  [
    'select coalesce(age, $1), nullif(age, $2), age between $3 and $4, name like $5, name not like $5 from users order by id',
    [0, 41, 30, 40, '%a%'],
  ],
  ['select id from users union select user_id from orders order by 1', []],
  ['select id from users except select user_id from orders where total > $1', [6]],
  ['select "Weird Name" from orders where "Weird Name" is not null order by id', []],
  [
    'select upper(name), length(name), substring(name from id for id), trim(both from name) from users order by id',
    [],
  ],
  [
    'select a.name from users a cross join users b where a.id <> b.id and (a.age, b.age) = ($1, $2)',
    [36, 41],
  ],
  ['select name from users where age in ($1, $2) and age not in ($3)', [36, 41, 41]],
  ['select distinct user_id from orders order by user_id', []],
  ['select id, row_number() over (partition by user_id order by total desc) from orders order by id', []],
  ['select name, (select max(total) from orders o where o.user_id = u.id) from users u order by id', []],
  ['select q.name from (select * from users where id > $1) q order by q.name', [1]],
  ['select u.name from users u natural join (select id from users where id < $1) x order by 1', [3]],
  ['values ($1, $2), ($2, $1)', ['a', 'b']],
  ['select -age, (age + $1) * $2 - $3 from users where age is distinct from $1 order by id', [1, 2, 3]],
  ['select cast(age as text) || $1 from users where id = $2', ['!', 1]],
];

describe.each(['sqlite', 'postgresql'] as const)('%s', dialect => {
  test.each(QUERIES)('means the same: %s', async (sql, values) => {
    // A literal 1 in EXISTS and LIMIT is a number, not data; PostgreSQL cannot tell what a lone parameter is.
    const typed =
      dialect === 'postgresql'
        ? sql
            .replace(/select \$1 union/, 'select $1::int union')
            .replace('values ($1, $2)', 'values ($1::text, $2::text)')
        : sql;
    const decision = await checkSql(typed, rules(dialect, { recursive: true }), values);
    if (!decision.allowed) throw new Error(`${decision.message}; ${decision.hint}`);
    const plain =
      dialect === 'sqlite'
        ? typed
            .replace(/\$(\d)/g, '?$1')
            .replace(/substring\((\w+) from (\w+) for (\w+)\)/, 'substr($1, $2, $3)')
            .replace('trim(both from name)', 'trim(name)')
        : typed;
    expect(await rowsOf(dialect, decision.sql, values)).toEqual(await rowsOf(dialect, plain, values));
  });

  test('writes and gives back rows', async () => {
    const run = async (sql: string, values: readonly unknown[]): Promise<unknown[]> => {
      const decision = await checkSql(sql, rules(dialect), values);
      if (!decision.allowed) throw new Error(decision.message);
      return rowsOf(dialect, decision.sql, values);
    };
    const name = "Robert'); DROP TABLE users;--";
    expect(
      await run('insert into users (id, name, age) values ($1, $2, $3) returning name', [9, name, 1]),
    ).toEqual([[name]]);
    expect(
      await run(
        'insert into users (id, name) values ($1, $2) on conflict (name) do update set age = excluded.id returning age',
        [10, name],
      ),
    ).toEqual([[10]]);
    expect(
      await run(
        'insert into users (id, name) select id + $1, $2 from users where id = $3 on conflict do nothing returning id',
        [10, 'x', 1],
      ),
    ).toEqual([[11]]);
    expect(
      await run(
        'update users set age = age + $1 from orders o where o.user_id = users.id and users.id = $2 returning users.age',
        [1, 2],
      ),
    ).toEqual([[42]]);
    await run('update users set age = age - $1 where id = $2', [1, 2]);
    expect(await run('delete from users where id > $1 returning id', [8])).toHaveLength(2);
  });

  test('folds names as the database does', async () => {
    expect(await checkSql('select * from USERS', rules(dialect))).toMatchObject({ allowed: true });
    expect(await checkSql('select * from "USERS"', rules(dialect))).toMatchObject({
      allowed: dialect === 'sqlite',
    });
  });
});

const verdict = async (
  sql: string,
  more: Partial<SqlRules> = {},
  dialect: SqlDialect = 'postgresql',
): Promise<string> => {
  const decision = await checkSql(sql, rules(dialect, more));
  return decision.allowed ? decision.sql : decision.reason;
};

test('refuses each thing for its own reason', async () => {
  expect(await verdict('select 1; select 2')).toBe('statements');
  expect(await verdict('')).toBe('statements');
  expect(await verdict('drop table users')).toBe('verb');
  expect(await verdict('delete from users', { verbs: ['select'] })).toBe('verb');
  expect(await verdict('select * from secrets')).toBe('table');
  expect(await verdict('select * from other.users')).toBe('table');
  expect(await verdict('select pg_sleep($1)')).toBe('function');
  expect(await verdict('select * from users where name ~ $1')).toBe('operator');
  expect(await verdict('select $1::regclass')).toBe('type');
  expect(await verdict("select * from users where name = 'x'")).toBe('literal');
  expect(await verdict('select * from users where id = 1')).toBe('literal');
  expect(await verdict('select * from users for update')).toBe('construct');
  expect(await verdict('select x from generate_series($1, $2) x')).toBe('construct');
  expect(await verdict('select')).not.toBe('table');
  expect(await verdict('select * frm users')).toBe('syntax');
});

test('lets constants in when rules say so, quoted anew', async () => {
  expect(
    await verdict("select * from users where name = 'O''Brien' and age > 1.5 and true", { literals: true }),
  ).toBe(`SELECT * FROM "users" WHERE (("name" = 'O''Brien') AND ("age" > 1.5) AND TRUE)`);
  expect(await verdict("select E'a\\\\b'", { literals: true })).toBe('literal');
});

test('a CTE hides a table only where it is in sight', async () => {
  const tables = ['users'];
  expect(await verdict('with secrets as (select * from users) select * from secrets', { tables })).toMatch(
    /^WITH/,
  );
  expect(await verdict('with secrets as (select * from secrets) select * from secrets', { tables })).toBe(
    'table',
  );
  expect(
    await verdict('with a as (select * from b), b as (select * from users) select * from a', { tables }),
  ).toBe('table');
  expect(
    await verdict('select * from (with secrets as (select * from users) select * from secrets) x, secrets', {
      tables,
    }),
  ).toBe('table');
  expect(
    await verdict('with secrets as (select * from users) select * from public.secrets', { tables }),
  ).toBe('table');
  expect(await verdict('with secrets as (select * from users) delete from secrets', { tables })).toBe(
    'table',
  );
});

test('verbs of each table hold in CTEs, for conflicts and for what comes back', async () => {
  const tables = { users: ['select'], orders: ['insert', 'update'] } as const;
  expect(await verdict('with d as (delete from users returning id) select * from d', { tables })).toBe(
    'table',
  );
  expect(await verdict('insert into orders (id) values ($1)', { tables })).toMatch(/^INSERT/);
  expect(await verdict('insert into orders (id) values ($1) returning id', { tables })).toBe('table');
  expect(
    await verdict('insert into orders (id) values ($1) on conflict (id) do update set total = $1', {
      tables: { orders: ['insert'] },
    }),
  ).toBe('table');
  expect(await verdict('update orders set total = (select max(age) from users)', { tables })).toMatch(
    /^UPDATE/,
  );
  expect(await verdict('update users set age = $1', { tables })).toBe('table');
});

test('holds what it is given to its size', async () => {
  const pad = (length: number): string => `select id from users${' '.repeat(length - 20)}`;
  expect(await verdict(pad(20_000))).toMatch(/^SELECT/);
  expect(await verdict(pad(20_001))).toBe('text');
  const nested = (depth: number): string => `select ${'abs('.repeat(depth)}id${')'.repeat(depth)} from users`;
  expect(await verdict(nested(90))).toMatch(/^SELECT/);
  expect(await verdict(nested(120))).toBe('construct');
  expect(await verdict(`select ${Array.from({ length: 3000 }, () => 'id').join('+')} from users`)).toMatch(
    /construct|syntax/,
  );
  expect(await verdict(`select ${'('.repeat(9000)}id${')'.repeat(9000)} from users`)).toMatch(
    /^SELECT|syntax/,
  );
  expect(await verdict('select id from users where id = $1001')).toBe('parameters');
  expect(await verdict('select id from users where id = $1000')).toMatch(/^SELECT/);
});

test('tells a mistake in the rules', async () => {
  await expect(
    checkSql('select 1', { ...rules('sqlite'), verbs: ['drop'] } as unknown as SqlRules),
  ).rejects.toThrow('drop');
  await expect(
    checkSql('select 1', { ...rules('sqlite'), table: [] } as unknown as SqlRules),
  ).rejects.toThrow('table');
  await expect(
    checkSql('select 1', { ...rules('sqlite'), dialect: 'mysql' } as unknown as SqlRules),
  ).rejects.toThrow('mysql');
});
