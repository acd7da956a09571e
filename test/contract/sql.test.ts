/** The parser of SQL is WebAssembly without a file or a document: it is the same everywhere. */
import { expect, test } from 'vitest';
import { checkSql } from '../../src/gateway/sql/index.ts';

const rules = { dialect: 'postgresql', verbs: ['select'], tables: ['users'] } as const;

test('a statement is checked and written anew', async () => {
  expect(await checkSql('select /* x */ Name from users where id = $1 -- y', rules, [7])).toEqual({
    allowed: true,
    sql: 'SELECT "name" FROM "users" WHERE ("id" = $1)',
    verb: 'select',
    tables: ['users'],
    parameters: 1,
  });
  expect(await checkSql('select * from secrets', rules)).toMatchObject({ allowed: false, reason: 'table' });
});

test('what is too deep for the parser is refused, and the next statement is read', async () => {
  const deep = `select ${'1+'.repeat(9_000)}1`;
  expect(await checkSql(deep, { ...rules, literals: true })).toMatchObject({ allowed: false });
  expect(await checkSql('select id from users', rules)).toMatchObject({ allowed: true });
});
