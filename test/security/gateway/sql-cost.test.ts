/** Statements that would hold the parser, or the database, without end (HOST-SQL). */
import { describe, expect, test } from 'vitest';
import { checkSql, type SqlDialect, type SqlRules } from '../../../src/gateway/sql/index.ts';

const rules = (dialect: SqlDialect, recursive?: boolean): SqlRules => ({
  dialect,
  verbs: ['select', 'insert', 'update', 'delete'],
  tables: ['t', 'r', 'q'],
  literals: true,
  ...(recursive === undefined ? {} : { recursive }),
});
const verdict = async (sql: string, dialect: SqlDialect, recursive?: boolean): Promise<string> => {
  const decision = await checkSql(sql, rules(dialect, recursive));
  return decision.allowed ? decision.sql : decision.reason;
};

describe('HOST-SQL-001 runs of operators and comments end before they are parsed', () => {
  test.each([
    `select ${'/*'.repeat(9900)}`,
    `select ${'/*'.repeat(4900)}${'*/'.repeat(4900)} 1`,
    `select ${'+'.repeat(19_900)}1`,
    `select ${'-+'.repeat(9900)}1`,
    `select 1 ${'/**/'.repeat(4900)}`,
    `select '${'*/+'.repeat(6000)}'`,
  ])('%.20s…', async sql => {
    const decision = await checkSql(sql, rules('postgresql'));
    expect(decision).toMatchObject({ allowed: false, reason: 'text' });
  });

  test('128 in a row are read, 129 are not', async () => {
    for (const char of ['*', '-', '=', '/']) {
      expect(await verdict(`select 1 --${char.repeat(126)}\n`, 'sqlite')).toBe('SELECT 1');
      expect(await verdict(`select 1 --${char.repeat(127)}\n`, 'sqlite')).toBe('text');
    }
    expect(await verdict(`select 1 /*${' /* deeper '.repeat(50)}${' */'.repeat(50)}*/`, 'sqlite')).toBe(
      'SELECT 1',
    );
  });
});

describe('HOST-SQL-002 recursion needs a rule of its own', () => {
  const recursive = [
    'with recursive r(n) as (select 1 union all select n + 1 from r) select n from r',
    'with recursive a as (select 1) select * from a',
    'select * from (with recursive r(n) as (select 1 union all select n + 1 from r) select n from r) x',
    'select 1 where exists (with recursive r(n) as (select 1 union all select n from r) select n from r)',
    'insert into t with recursive r(n) as (select 1 union all select n + 1 from r) select n from r',
    'with recursive r(n) as (select 1 union all select n + 1 from r) delete from t where t.id in (select n from r)',
    'with a as (with recursive r(n) as (select 1 union all select n from r) select n from r) select * from a',
  ];
  test.each(recursive)('%s', async sql => {
    for (const dialect of ['postgresql', 'sqlite'] as const) {
      expect(await verdict(sql, dialect)).toBe('recursion');
      expect(await verdict(sql, dialect, false)).toBe('recursion');
      expect(await verdict(sql, dialect, true)).toContain('WITH RECURSIVE');
    }
  });

  // For SQLite the word changes nothing: a name of a WITH is in sight in all its queries, and hides a table.
  test.each([
    'with r(n) as (select 1 union all select n + 1 from r) select n from r',
    'with R(n) as (select 1 union all select n + 1 from "r") select n from r',
    'with q(n) as (select n from r), r(n) as (select 1 union all select n from q) select n from r',
    'with q as (select * from r), r as (select 1) select * from q',
    'with r(n) as (select 1 union all select n from (select n from r) x) select n from r',
    'with r(n) as (select 1 union all select t.id from t where t.id in (select n from r)) select n from r',
    'with r(n) as (with q as (select n from r) select n from q) select n from r',
    'select * from t where exists (with r(n) as (select 1 union all select n from r) select n from r)',
    'with r(n) as (values (1) union all select n + 1 from r) update t set id = (select max(n) from r)',
  ])('SQLite: %s', async sql => {
    expect(await verdict(sql, 'sqlite')).toBe('recursion');
    expect(await verdict(sql, 'sqlite', true)).toContain('WITH');
  });

  test('PostgreSQL: without the word a name is the table', async () => {
    const sql = 'with r(n) as (select 1 union all select n + 1 from r) select n from r';
    expect(await verdict(sql, 'postgresql')).toContain('WITH "r"');
    const unlisted = sql.replaceAll(' r', ' unlisted').replace('with r', 'with unlisted');
    expect(await verdict(unlisted, 'postgresql')).toBe('table');
  });

  test('what reads only what is complete is let through', async () => {
    for (const dialect of ['postgresql', 'sqlite'] as const)
      for (const sql of [
        'with a as (select 1), b as (select * from a) select * from a, b',
        'with a as (with b as (select 1) select * from b) select * from a',
        'with r as (with r as (select 1) select * from r) select * from r',
        'select * from (with a as (select * from t) select * from a) x, t',
      ])
        expect(await verdict(sql, dialect)).toContain('WITH');
  });

  test('a refusal says which line allows it', async () => {
    const decision = await checkSql(recursive[0] as string, rules('sqlite'));
    expect(decision).toMatchObject({ reason: 'recursion', hint: expect.stringContaining('recursive: true') });
    await expect(checkSql('select 1', { ...rules('sqlite'), recursive: 1 as never })).rejects.toThrow(
      'rules.recursive must be true or false',
    );
  });
});
