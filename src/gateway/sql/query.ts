/** SELECT, and what a query is made of: checked and written anew. */
import { Expressions } from './expression.ts';
import { as, list, names, only, open, unsupported, word } from './node.ts';
import type { Tree } from './parser.ts';
import { canonicalName } from './rules.ts';
import { identifier, type Scope } from './scope.ts';

const SELECT = [
  ...[
    'distinctClause',
    'targetList',
    'fromClause',
    'whereClause',
    'groupClause',
    'groupDistinct',
    'havingClause',
  ],
  ...['valuesLists', 'sortClause', 'limitOffset', 'limitCount', 'limitOption', 'withClause'],
  ...['op', 'all', 'larg', 'rarg'],
];

/** Writes what may stand inside WITH: a query here, any statement in statement.ts. */
export type WriteInner = (node: unknown, scope: Scope) => string;

export const expressionsOf = (scope: Scope): Expressions => new Expressions(scope, writeQuery);

/** A query as a node of its own: in expressions, in FROM, in INSERT. */
export function writeQuery(node: unknown, scope: Scope): string {
  const [kind, fields] = open(node);
  if (kind !== 'SelectStmt') throw unsupported(`${kind} inside a query`);
  return writeSelect(fields, scope, writeQuery);
}

export function writeSelect(fields: Tree, scope: Scope, inner: WriteInner): string {
  scope.verb('select');
  return scope.deeper(() =>
    writeWith(fields['withClause'], scope, inner, () => {
      only(fields, 'SELECT', SELECT);
      const { sortClause, limitCount, limitOffset } = fields;
      const write = expressionsOf(scope);
      const body =
        fields['op'] === 'SETOP_NONE' || fields['op'] === undefined
          ? simple(fields, scope)
          : combined(fields, scope);
      if (fields['limitOption'] === 'LIMIT_OPTION_WITH_TIES') throw unsupported('WITH TIES');
      return [
        body,
        list(sortClause).length > 0 ? `ORDER BY ${write.order(sortClause)}` : '',
        limitCount === undefined
          ? limitOffset !== undefined && scope.rules.dialect === 'sqlite'
            ? 'LIMIT -1'
            : ''
          : `LIMIT ${write.orNumber(limitCount)}`,
        limitOffset === undefined ? '' : `OFFSET ${write.orNumber(limitOffset)}`,
      ]
        .filter(Boolean)
        .join(' ');
    }),
  );
}

/** `WITH …` in front of what `body` writes while its names are in sight. */
export function writeWith(clause: unknown, scope: Scope, inner: WriteInner, body: () => string): string {
  if (clause === undefined) return body();
  const { ctes, recursive } = only(clause as Tree, 'WITH', ['ctes', 'recursive']);
  return scope.withCtes(seen => {
    const see = (name: string, isComplete: boolean): unknown =>
      seen.set(canonicalName(scope.rules.dialect, name), isComplete);
    if (recursive === true) scope.recursion('WITH RECURSIVE');
    const entries = list(ctes).map(cte => {
      const fields = as(cte, 'CommonTableExpr', ['ctename', 'aliascolnames', 'ctematerialized', 'ctequery']);
      return { name: word(fields['ctename']), fields };
    });
    // In PostgreSQL a query sees its own name only after RECURSIVE, and names a table without. SQLite takes no notice of the word.
    if (recursive === true || scope.rules.dialect === 'sqlite')
      for (const { name } of entries) see(name, false);
    const written = entries.map(({ name, fields }) => {
      const columns =
        list(fields['aliascolnames']).length > 0
          ? `(${names(fields['aliascolnames']).map(identifier).join(', ')})`
          : '';
      const hint =
        scope.rules.dialect === 'sqlite' || fields['ctematerialized'] === 'CTEMaterializeDefault'
          ? ''
          : fields['ctematerialized'] === 'CTEMaterializeNever'
            ? 'NOT MATERIALIZED '
            : 'MATERIALIZED ';
      const text = `${identifier(name)}${columns} AS ${hint}(${inner(fields['ctequery'], scope)})`;
      see(name, true);
      return text;
    });
    return `WITH ${recursive === true ? 'RECURSIVE ' : ''}${written.join(', ')} ${body()}`;
  });
}

function combined({ op, all, larg, rarg }: Tree, scope: Scope): string {
  const word = { SETOP_UNION: 'UNION', SETOP_INTERSECT: 'INTERSECT', SETOP_EXCEPT: 'EXCEPT' }[String(op)];
  if (word === undefined) throw unsupported(String(op));
  const side = (part: unknown): string => {
    const fields = part as Tree;
    const text = writeSelect(fields, scope, writeQuery);
    const isPlain =
      fields['op'] === 'SETOP_NONE' &&
      !['sortClause', 'limitCount', 'limitOffset', 'withClause'].some(key => key in fields);
    if (isPlain) return text;
    // SQLite takes no parentheses here.
    return scope.rules.dialect === 'sqlite' ? `SELECT * FROM (${text})` : `(${text})`;
  };
  return `${side(larg)} ${word}${all === true ? ' ALL' : ''} ${side(rarg)}`;
}

function simple(fields: Tree, scope: Scope): string {
  const { distinctClause, targetList, fromClause, whereClause, groupClause, havingClause, valuesLists } =
    fields;
  const write = expressionsOf(scope);
  if (list(valuesLists).length > 0) {
    return `VALUES ${list(valuesLists)
      .map(row => `(${write.all(as(row, 'List', ['items'])['items'])})`)
      .join(', ')}`;
  }
  if (fields['groupDistinct'] === true) throw unsupported('GROUP BY DISTINCT');
  return [
    `SELECT${distinct(distinctClause, scope)} ${targets(targetList, scope)}`,
    list(fromClause).length > 0 ? `FROM ${from(fromClause, scope)}` : '',
    whereClause === undefined ? '' : `WHERE ${write.write(whereClause)}`,
    list(groupClause).length > 0
      ? `GROUP BY ${list(groupClause)
          .map(item => write.orNumber(item))
          .join(', ')}`
      : '',
    havingClause === undefined ? '' : `HAVING ${write.write(havingClause)}`,
  ]
    .filter(Boolean)
    .join(' ');
}

function distinct(clause: unknown, scope: Scope): string {
  if (clause === undefined) return '';
  const on = list(clause).filter(item => Object.keys(item as Tree).length > 0);
  if (on.length === 0) return ' DISTINCT';
  if (scope.rules.dialect === 'sqlite') throw unsupported('DISTINCT ON for SQLite');
  return ` DISTINCT ON (${expressionsOf(scope).all(on)})`;
}

/** A list of results: of SELECT, and of RETURNING. */
export function targets(items: unknown, scope: Scope): string {
  const write = expressionsOf(scope);
  return list(items)
    .map(item => {
      const { name, val } = as(item, 'ResTarget', ['name', 'val']);
      const value = write.orNumber(val);
      return name === undefined ? value : `${value} AS ${identifier(word(name))}`;
    })
    .join(', ');
}

export function from(items: unknown, scope: Scope): string {
  return list(items)
    .map(item => source(item, scope))
    .join(', ');
}

function source(node: unknown, scope: Scope): string {
  const [kind, fields] = open(node);
  return scope.deeper(() => {
    if (kind === 'RangeVar') return table(fields, scope);
    if (kind === 'JoinExpr') return join(fields, scope);
    if (kind !== 'RangeSubselect') throw unsupported(kind);
    const { lateral, subquery, alias } = only(fields, kind, ['lateral', 'subquery', 'alias']);
    if (lateral === true && scope.rules.dialect === 'sqlite') throw unsupported('LATERAL for SQLite');
    return `${lateral === true ? 'LATERAL ' : ''}(${writeQuery(subquery, scope)})${aliased(alias, scope)}`;
  });
}

const TABLE = ['schemaname', 'relname', 'inh', 'relpersistence', 'alias'];

/** A table or a CTE that is read. */
function table(fields: Tree, scope: Scope): string {
  const name = tableName(fields);
  if (fields['schemaname'] !== undefined || !scope.isCte(name)) scope.table(name, 'select');
  return `${writtenName(fields)}${aliased(fields['alias'], scope)}`;
}

/** A table that is written to; a CTE cannot be. */
export function target(fields: Tree, scope: Scope, verb: 'insert' | 'update' | 'delete'): string {
  scope.table(tableName(fields), verb);
  const { alias } = fields;
  return `${writtenName(fields)}${aliased(alias, scope)}`;
}

/** Parts with a dot between; a dot inside a part is no separator, and no rule matches such a name. */
function tableName(fields: Tree): string {
  only(fields, 'a table', TABLE);
  if (fields['inh'] !== true) throw unsupported('ONLY');
  return [fields['schemaname'], fields['relname']]
    .filter(part => part !== undefined)
    .map(part => {
      if (word(part).includes('.')) throw unsupported('a dot within a name');
      return word(part);
    })
    .join('.');
}

function writtenName({ schemaname, relname }: Tree): string {
  return [schemaname, relname]
    .filter(part => part !== undefined)
    .map(part => identifier(word(part)))
    .join('.');
}

function aliased(alias: unknown, scope: Scope): string {
  if (alias === undefined) return '';
  const { aliasname, colnames } = only(alias as Tree, 'an alias', ['aliasname', 'colnames']);
  const columns = names(colnames);
  if (columns.length > 0 && scope.rules.dialect === 'sqlite')
    throw unsupported('names of columns in an alias for SQLite');
  return ` AS ${identifier(word(aliasname))}${columns.length > 0 ? `(${columns.map(identifier).join(', ')})` : ''}`;
}

const JOINS: Readonly<Record<string, string>> = {
  JOIN_INNER: 'JOIN',
  JOIN_LEFT: 'LEFT JOIN',
  JOIN_RIGHT: 'RIGHT JOIN',
  JOIN_FULL: 'FULL JOIN',
};

function join(fields: Tree, scope: Scope): string {
  const { jointype, isNatural, larg, rarg, usingClause, quals } = only(fields, 'a join', [
    ...['jointype', 'isNatural', 'larg', 'rarg', 'usingClause', 'quals', 'rtindex'],
  ]);
  const written = Object.hasOwn(JOINS, word(jointype)) ? JOINS[word(jointype)] : undefined;
  if (written === undefined) throw unsupported(word(jointype));
  const on =
    quals !== undefined
      ? ` ON ${expressionsOf(scope).write(quals)}`
      : list(usingClause).length > 0
        ? ` USING (${names(usingClause).map(identifier).join(', ')})`
        : '';
  const how = isNatural === true ? `NATURAL ${written}` : on === '' ? 'CROSS JOIN' : written;
  const right = source(rarg, scope);
  return `${source(larg, scope)} ${how} ${'JoinExpr' in (rarg as Tree) ? `(${right})` : right}${on}`;
}
