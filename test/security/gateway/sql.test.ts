/**
 * Text pasted where a value belongs (GW-SQL): as a value it is data in a real database; as part of a statement it is
 * refused, whatever the statement around it.
 */
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { checkSql, type SqlDialect, type SqlRules } from '../../../src/gateway/sql/index.ts';

const DIALECTS: readonly SqlDialect[] = ['postgresql', 'sqlite'];
const rules = (dialect: SqlDialect): SqlRules => ({
  dialect,
  verbs: ['select', 'insert', 'update', 'delete'],
  tables: ['users'],
});

/** The row's payload and three of the same class. */
const PASTED: Readonly<Record<string, readonly string[]>> = {
  'GW-SQL-001': ["' OR '1'='1", "' OR 'a' LIKE 'a", "') OR ('x'='x", "' OR ''='"],
  'GW-SQL-002': [
    '1; DROP TABLE users--',
    '1;DELETE FROM users',
    '1\n;\nUPDATE users SET name=name',
    "'; TRUNCATE users; --",
  ],
  'GW-SQL-004': [
    "admin'/**/or/**/1=1#",
    "admin'/*a*/or/*b*/1/*c*/=/*d*/1",
    "admin'\tor\n1=1--",
    "x'/*! or */or 1=1 --",
  ],
  'GW-SQL-005': [
    '1 AND SLEEP(5)',
    '1 AND (SELECT pg_sleep(5)) IS NOT NULL',
    '1 OR benchmark(1000000,md5(1))',
    '1 AND randomblob(1000000000) IS NULL',
  ],
  'GW-SQL-006': [
    "1' AND (SELECT 1 FROM(SELECT COUNT(*),CONCAT(0x3a,version(),FLOOR(RAND(0)*2))x FROM information_schema.tables GROUP BY x)a)--",
    '1 AND CAST(version() AS int) = 1',
    '1 AND 1 = (SELECT CAST(table_name AS int) FROM information_schema.tables LIMIT 1)',
    '1 AND extractvalue(1, concat(0x7e, (SELECT name FROM sqlite_master)))',
  ],
  'GW-SQL-007': [
    '/*!50000UNION*/ SELECT 1',
    '1 /*!UNION*/ /*!SELECT*/ 1',
    '1 UNION SELECT sql FROM sqlite_master',
    '1 UNION ALL SELECT usename FROM pg_user',
  ],
  'GW-SQL-009': [
    "' || (SELECT '') || '",
    "'||(SELECT name FROM sqlite_master)||'",
    "' || version() || '",
    "' || chr(65) || '",
  ],
  'GW-SQL-011': ['＇ OR 1=1', '＇；DROP TABLE users', 'ʼ OR 1=1', '＂ OR 1=1'],
  'GW-SQL-012': ['%bf%27 OR 1=1', '\u00bf\u0027 OR 1=1', "縗' OR 1=1 --", "\ufffd' OR 1=1"],
  'GW-SQL-013': ["\\' OR 1=1 --", "\\\\' OR 1=1 --", "\\'; DROP TABLE users --", "E'\\'' OR 1=1"],
  'GW-SQL-021': ['SELECT 1;\u0000-- ', '1\u0000 OR 1=1', "\u0000' OR '1'='1", '1;\u0000'],
  'GW-SQL-023': [
    "' OR 1=1 LIMIT 1 --",
    '(CASE WHEN (SELECT 1)=1 THEN id ELSE name END), (SELECT version())',
    '1; DROP TABLE users',
    '(SELECT sql FROM sqlite_master)',
  ],
};

/** Statements that should never have been glued together. */
const GLUED: readonly ((text: string) => string)[] = [
  text => `SELECT * FROM users WHERE id = ${text}`,
  text => `SELECT * FROM users WHERE name = '${text}'`,
  text => `SELECT * FROM users WHERE id = 1 ORDER BY ${text}`,
  text => `INSERT INTO users (name) VALUES ('${text}')`,
];

describe.each(DIALECTS)('in %s', dialect => {
  for (const [id, payloads] of Object.entries(PASTED)) {
    test.each(payloads)(`${id} refuses it in a statement: %s`, async payload => {
      for (const glue of GLUED) {
        const decision = await checkSql(glue(payload), rules(dialect));
        expect(decision.allowed, glue(payload)).toBe(false);
      }
    });
  }

  const WHOLE: Readonly<Record<string, readonly string[]>> = {
    'GW-SQL-015': [
      "SELECT pg_read_file('/etc/passwd')",
      'SELECT lo_import($1)',
      'SELECT readfile($1)',
      "COPY users TO '/tmp/x'",
      'SELECT load_extension($1)',
      'SELECT pg_catalog.pg_read_file($1)',
      'SELECT "pg_read_file"($1)',
      'SELECT query_to_xml($1, true, false, $2)',
    ],
    'GW-SQL-016': [
      "ATTACH DATABASE '/tmp/x' AS a",
      'ATTACH $1 AS b',
      'DETACH DATABASE main',
      "VACUUM INTO '/tmp/x'",
    ],
    'GW-SQL-018': [
      'PRAGMA writable_schema=1',
      'SELECT * FROM pragma_table_info($1)',
      'SET session_replication_role = replica',
      'RESET ALL',
    ],
    'GW-SQL-020': [
      "EXEC xp_cmdshell 'id'",
      'CALL f()',
      'DO $$BEGIN END$$',
      'EXECUTE x',
      'PREPARE x AS SELECT 1',
      'MERGE INTO users USING users u ON true WHEN MATCHED THEN DELETE',
    ],
  };
  for (const [id, statements] of Object.entries(WHOLE)) {
    test.each(statements)(`${id} refuses %s`, async statement => {
      expect(await checkSql(statement, rules(dialect))).toMatchObject({ allowed: false });
      expect(await checkSql(statement, { ...rules(dialect), literals: true })).toMatchObject({
        allowed: false,
      });
    });
  }

  test.each<unknown>([
    { $gt: '' },
    { $where: 'sleep(5000)' },
    { username: { $ne: null } },
    [1, 2],
    new Map(),
    Number.NaN,
    'a\0b',
    { toString: () => "' OR 1=1" },
    undefined,
    () => 1,
  ])('GW-SQL-025 refuses %j as a value', async value => {
    const decision = await checkSql('SELECT id FROM users WHERE name = $1', rules(dialect), [value]);
    expect(decision).toMatchObject({ allowed: false, reason: 'parameters' });
  });
});

test('GW-SQL-024 and every payload are data when they are values', async () => {
  const database = new DatabaseSync(':memory:');
  database.exec('CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)');
  const insert = await checkSql('INSERT INTO users (name) VALUES ($1)', rules('sqlite'));
  const select = await checkSql('SELECT name FROM users WHERE name = $1', rules('sqlite'));
  if (!insert.allowed || !select.allowed) throw new Error('refused');
  const texts = ["O'Brien", "O'Brien; it''s 5 > 3 -- not sql", 'SELECT 1', ...Object.values(PASTED).flat()];
  for (const text of texts.filter(text => !text.includes('\0'))) {
    expect(await checkSql('INSERT INTO users (name) VALUES ($1)', rules('sqlite'), [text])).toMatchObject({
      allowed: true,
    });
    database.prepare(insert.sql).run(text);
    expect(database.prepare(select.sql).all(text)).toEqual([{ name: text }]);
  }
  expect(database.prepare('SELECT count(*) AS n FROM users').get()).toEqual({
    n: texts.filter(text => !text.includes('\0')).length,
  });
  database.close();
});
