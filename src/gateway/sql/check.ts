/** The one question: may this statement go to the database, and in which words. */
import { cleanLine } from '../../core/text.ts';
import { Refused } from './node.ts';
import { parseSql } from './parser.ts';
import { compileRules } from './rules.ts';
import { Scope } from './scope.ts';
import { verbOf, writeStatement } from './statement.ts';
import type { SqlDecision, SqlRefusal, SqlRules } from './types.ts';

/** Of a statement, in UTF-16 units. */
export const SQL_CHARS = 20_000;
const VALUE_CHARS = 1_000_000;
/**
 * Of the characters that operators and comments are made of, in a row. PostgreSQL's scanner reads a run anew for each operator and
 * each opening of a comment in it: 20,000 of them took it a second.
 */
const RUN_CHARS = 128;
const RUN = new RegExp(`[-+*/<>=~!@#%^&|?\`]{${RUN_CHARS + 1}}`);

const refuse = (reason: SqlRefusal['reason'], message: string, hint: string): SqlRefusal =>
  Object.freeze({ allowed: false, reason, message, hint });

/**
 * Says whether a statement may be executed, and gives the text that is to be executed: written anew from the tree of
 * PostgreSQL's own parser. What that tree may hold is on closed lists; everything else is refused.
 * @param sql one statement, parameters written `$1`, `$2`; at most SQL_CHARS characters
 * @param values the parameters; when given, they must be scalars, as many as the statement has
 * @throws SandboxError INVALID_ARGUMENT for rules that are none
 */
export async function checkSql(
  sql: string,
  rules: SqlRules,
  values?: readonly unknown[],
): Promise<SqlDecision> {
  const compiled = compileRules(rules);
  if (typeof sql !== 'string')
    return refuse('text', `the statement is no text but ${typeof sql}`, 'pass a string');
  if (sql.length > SQL_CHARS) {
    return refuse('text', `the statement has ${sql.length} characters`, `write at most ${SQL_CHARS}`);
  }
  if (/[\0\p{Cs}]/u.test(sql)) {
    return refuse('text', 'the statement contains NUL or half a character', 'remove it');
  }
  if (RUN.test(sql)) {
    return refuse(
      'text',
      `the statement has more than ${RUN_CHARS} characters of operators or comments in a row`,
      'put spaces between them, or shorten the line of a comment',
    );
  }
  const parsed = await parseSql(sql);
  if ('problem' in parsed) {
    return refuse(
      'syntax',
      `${cleanLine(parsed.problem, 200)} (at character ${parsed.position + 1})`,
      SYNTAX_HINT,
    );
  }
  const [statement, extra] = parsed.statements;
  if (statement === undefined) return refuse('statements', 'there is no statement', 'write one');
  if (extra !== undefined) {
    return refuse('statements', `there are ${parsed.statements.length} statements`, 'send one at a time');
  }
  const scope = new Scope(compiled);
  try {
    const verb = verbOf(statement);
    const written = writeStatement(statement, scope);
    if (values !== undefined) checkValues(values, scope.parameters);
    return Object.freeze({
      allowed: true,
      sql: written,
      verb,
      tables: Object.freeze([...scope.tables]),
      parameters: scope.parameters,
    });
  } catch (error) {
    if (error instanceof Refused) return error.refusal;
    throw error;
  }
}

const SYNTAX_HINT = 'write standard SQL with parameters $1, $2, …';

/** Operator objects, arrays and the like have no place where a value goes. */
function checkValues(values: readonly unknown[], count: number): void {
  if (!Array.isArray(values) || values.length !== count) {
    const got = Array.isArray(values) ? String(values.length) : typeof values;
    throw new Refused(
      'parameters',
      `the statement has ${count} parameters, got ${got}`,
      'pass one value for each',
    );
  }
  for (const [index, value] of values.entries()) {
    const problem = valueProblem(value);
    if (problem !== null)
      throw new Refused('parameters', `the value of $${index + 1} ${problem}`, VALUE_HINT);
  }
}

const VALUE_HINT = 'pass null, a boolean, a number, a bigint, a string, a Date or a Uint8Array';

function valueProblem(value: unknown): string | null {
  switch (typeof value) {
    case 'boolean':
    case 'bigint':
      return null;
    case 'number':
      return Number.isFinite(value) ? null : 'is not finite';
    case 'string':
      if (value.length > VALUE_CHARS) return `is longer than ${VALUE_CHARS} characters`;
      return value.includes('\0') ? 'contains NUL' : null;
    case 'object': {
      if (value === null) return null;
      const prototype = Object.getPrototypeOf(value) as unknown;
      if (prototype === Uint8Array.prototype) return null;
      return prototype === Date.prototype && !Number.isNaN((value as Date).getTime()) ? null : 'is an object';
    }
    default:
      return `is of type ${typeof value}`;
  }
}
