/** INSERT, UPDATE and DELETE: checked and written anew. */
import { as, list, only, open, Refused, unsupported, word } from './node.ts';
import type { Tree } from './parser.ts';
import { expressionsOf, from, target, targets, writeQuery, writeSelect, writeWith } from './query.ts';
import { identifier, type Scope } from './scope.ts';
import type { SqlVerb } from './types.ts';

const VERBS: Readonly<Record<string, SqlVerb>> = {
  SelectStmt: 'select',
  InsertStmt: 'insert',
  UpdateStmt: 'update',
  DeleteStmt: 'delete',
};

export function verbOf(node: unknown): SqlVerb {
  const [kind] = open(node);
  const verb = Object.hasOwn(VERBS, kind) ? VERBS[kind] : undefined;
  if (verb === undefined) {
    throw new Refused('verb', `${kind} is no SELECT, INSERT, UPDATE or DELETE`, 'write one of the four');
  }
  return verb;
}

export function writeStatement(node: unknown, scope: Scope): string {
  const [kind, fields] = open(node);
  scope.verb(verbOf(node));
  const inner = (part: unknown): string => {
    if (scope.rules.dialect === 'sqlite') return writeQuery(part, scope);
    return writeStatement(part, scope);
  };
  return scope.deeper(() => {
    if (kind === 'SelectStmt') return writeSelect(fields, scope, inner);
    return writeWith(fields['withClause'], scope, inner, () => {
      if (kind === 'InsertStmt') return insert(fields, scope);
      return kind === 'UpdateStmt' ? update(fields, scope) : remove(fields, scope);
    });
  });
}

function insert(fields: Tree, scope: Scope): string {
  const { relation, cols, selectStmt, onConflictClause, override } = only(fields, 'INSERT', [
    ...['relation', 'cols', 'selectStmt', 'onConflictClause', 'returningClause', 'override', 'withClause'],
  ]);
  if (override !== undefined && override !== 'OVERRIDING_NOT_SET') throw unsupported('OVERRIDING');
  const table = relation as Tree;
  const columns = list(cols).map(column => identifier(word(as(column, 'ResTarget', ['name'])['name'])));
  return [
    `INSERT INTO ${target(table, scope, 'insert')}`,
    columns.length > 0 ? `(${columns.join(', ')})` : '',
    selectStmt === undefined ? 'DEFAULT VALUES' : rows(selectStmt, scope),
    conflict(onConflictClause, table, scope),
    returning(fields, scope),
  ]
    .filter(Boolean)
    .join(' ');
}

/** VALUES writes what it was given and reads nothing: that needs no right to SELECT. */
function rows(node: unknown, scope: Scope): string {
  const [, fields] = open(node);
  const isValues = list(fields['valuesLists']).length > 0;
  if (!isValues) {
    const query = writeQuery(node, scope);
    // SQLite takes ON CONFLICT for the ON of a join, unless there is a WHERE.
    return scope.rules.dialect === 'sqlite' ? `SELECT * FROM (${query}) WHERE TRUE` : query;
  }
  only(fields, 'VALUES', ['valuesLists', 'limitOption', 'op']);
  const write = expressionsOf(scope);
  const lines = list(fields['valuesLists']).map(row => {
    const items = list(as(row, 'List', ['items'])['items']);
    return `(${items.map(item => ('SetToDefault' in (item as Tree) ? 'DEFAULT' : write.write(item))).join(', ')})`;
  });
  return `VALUES ${lines.join(', ')}`;
}

function conflict(clause: unknown, table: Tree, scope: Scope): string {
  if (clause === undefined) return '';
  const { action, infer, targetList, whereClause } = only(clause as Tree, 'ON CONFLICT', [
    ...['action', 'infer', 'targetList', 'whereClause'],
  ]);
  const on = infer === undefined ? '' : ` (${inferred(infer as Tree)})`;
  if (action === 'ONCONFLICT_NOTHING') return `ON CONFLICT${on} DO NOTHING`;
  if (action !== 'ONCONFLICT_UPDATE') throw unsupported(word(action));
  target({ ...table, alias: undefined }, scope, 'update');
  const where = whereClause === undefined ? '' : ` WHERE ${expressionsOf(scope).write(whereClause)}`;
  return `ON CONFLICT${on} DO UPDATE SET ${assignments(targetList, scope)}${where}`;
}

function inferred(fields: Tree): string {
  const { indexElems } = only(fields, 'ON CONFLICT', ['indexElems']);
  return list(indexElems)
    .map(item => identifier(word(as(item, 'IndexElem', ['name', 'ordering', 'nulls_ordering'])['name'])))
    .join(', ');
}

function assignments(items: unknown, scope: Scope): string {
  const write = expressionsOf(scope);
  return list(items)
    .map(item => {
      const { name, val } = as(item, 'ResTarget', ['name', 'val']);
      const isDefault = typeof val === 'object' && val !== null && 'SetToDefault' in val;
      return `${identifier(word(name))} = ${isDefault && scope.rules.dialect === 'postgresql' ? 'DEFAULT' : write.write(val)}`;
    })
    .join(', ');
}

function update(fields: Tree, scope: Scope): string {
  const { relation, targetList, fromClause, whereClause } = only(fields, 'UPDATE', [
    ...['relation', 'targetList', 'fromClause', 'whereClause', 'returningClause', 'withClause'],
  ]);
  return [
    `UPDATE ${target(relation as Tree, scope, 'update')} SET ${assignments(targetList, scope)}`,
    list(fromClause).length > 0 ? `FROM ${from(fromClause, scope)}` : '',
    whereClause === undefined ? '' : `WHERE ${expressionsOf(scope).write(whereClause)}`,
    returning(fields, scope),
  ]
    .filter(Boolean)
    .join(' ');
}

function remove(fields: Tree, scope: Scope): string {
  const { relation, usingClause, whereClause } = only(fields, 'DELETE', [
    ...['relation', 'usingClause', 'whereClause', 'returningClause', 'withClause'],
  ]);
  if (list(usingClause).length > 0 && scope.rules.dialect === 'sqlite') throw unsupported('USING for SQLite');
  return [
    `DELETE FROM ${target(relation as Tree, scope, 'delete')}`,
    list(usingClause).length > 0 ? `USING ${from(usingClause, scope)}` : '',
    whereClause === undefined ? '' : `WHERE ${expressionsOf(scope).write(whereClause)}`,
    returning(fields, scope),
  ]
    .filter(Boolean)
    .join(' ');
}

/** Rows that come back are read. */
function returning({ returningClause, relation }: Tree, scope: Scope): string {
  if (returningClause === undefined) return '';
  const { exprs } = only(returningClause as Tree, 'RETURNING', ['exprs']);
  const { schemaname, relname } = relation as Tree;
  scope.table([schemaname, relname].filter(part => part !== undefined).join('.'), 'select');
  return `RETURNING ${targets(exprs, scope)}`;
}
