/** Statements of a workflow's database node: one, with parameters, over tables that are listed. */
export { checkSql, SQL_CHARS } from './check.ts';
export { SAFE_FUNCTIONS } from './lists.ts';
export type {
  SqlClearance,
  SqlDecision,
  SqlDialect,
  SqlReason,
  SqlRefusal,
  SqlRules,
  SqlVerb,
} from './types.ts';
