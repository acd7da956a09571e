/** The operator's rules, checked and made fit for looking things up. */
import { SandboxError } from '../../core/errors.ts';
import { cleanLine } from '../../core/text.ts';
import { SAFE_FUNCTIONS } from './lists.ts';
import type { SqlDialect, SqlRules, SqlVerb } from './types.ts';

export const VERBS: readonly SqlVerb[] = Object.freeze(['select', 'insert', 'update', 'delete']);
const DIALECTS: readonly SqlDialect[] = ['postgresql', 'sqlite'];
const KEYS: readonly string[] = ['dialect', 'verbs', 'tables', 'functions', 'literals', 'recursive'];
const ENTRIES = 1000;
const NAME_CHARS = 128;

export interface CompiledRules {
  readonly dialect: SqlDialect;
  readonly verbs: ReadonlySet<SqlVerb>;
  /** Canonical name → verbs. */
  readonly tables: ReadonlyMap<string, ReadonlySet<SqlVerb>>;
  readonly functions: ReadonlySet<string>;
  readonly literals: boolean;
  readonly recursive: boolean;
}

const invalid = (message: string): SandboxError => new SandboxError('INVALID_ARGUMENT', message);
const quote = (text: unknown): string => JSON.stringify(cleanLine(String(text), 60));

/** SQLite compares names without regard to case; PostgreSQL has folded them when they were parsed. */
export function canonicalName(dialect: SqlDialect, name: string): string {
  return dialect === 'sqlite' ? name.toLowerCase() : name;
}

const SAFE: ReadonlySet<string> = new Set(SAFE_FUNCTIONS);

/** @throws SandboxError INVALID_ARGUMENT */
export function compileRules(rules: SqlRules): CompiledRules {
  if (typeof rules !== 'object' || rules === null)
    throw invalid('rules must be an object such as { dialect: "postgresql" }');
  const stray = Object.keys(rules).find(key => !KEYS.includes(key));
  if (stray !== undefined) throw invalid(`rules.${quote(stray)} is unknown; known are ${KEYS.join(', ')}`);
  const { dialect, verbs, tables, functions = [], literals = false, recursive = false } = rules;
  if (!DIALECTS.includes(dialect))
    throw invalid(`rules.dialect must be ${DIALECTS.join(' or ')}, got ${quote(dialect)}`);
  if (typeof literals !== 'boolean') throw invalid('rules.literals must be true or false');
  if (typeof recursive !== 'boolean') throw invalid('rules.recursive must be true or false');
  const allowed = verbSet(verbs, 'rules.verbs');
  if (allowed.size === 0) throw invalid('rules.verbs must name at least one verb, such as "select"');
  return {
    dialect,
    verbs: allowed,
    tables: tableMap(dialect, tables, allowed),
    functions:
      functions.length === 0
        ? SAFE
        : new Set([...SAFE, ...nameList(functions, 'rules.functions').map(name => name.toLowerCase())]),
    literals,
    recursive,
  };
}

function verbSet(verbs: unknown, path: string): ReadonlySet<SqlVerb> {
  if (!Array.isArray(verbs)) throw invalid(`${path} must be an array of ${VERBS.join(', ')}`);
  for (const verb of verbs as unknown[])
    if (!VERBS.includes(verb as SqlVerb))
      throw invalid(`${path} may hold ${VERBS.join(', ')}, got ${quote(verb)}`);
  return new Set(verbs as SqlVerb[]);
}

function nameList(value: unknown, path: string): readonly string[] {
  if (!Array.isArray(value) || value.length > ENTRIES)
    throw invalid(`${path} must be an array of at most ${ENTRIES} names`);
  for (const name of value as unknown[]) {
    if (typeof name !== 'string' || name === '' || name.length > NAME_CHARS || /[\p{Cc}"]/u.test(name))
      throw invalid(
        `${path} must hold names of 1 to ${NAME_CHARS} characters without quotes, got ${quote(name)}`,
      );
  }
  return value as readonly string[];
}

function tableMap(
  dialect: SqlDialect,
  tables: SqlRules['tables'],
  verbs: ReadonlySet<SqlVerb>,
): ReadonlyMap<string, ReadonlySet<SqlVerb>> {
  if (typeof tables !== 'object' || tables === null)
    throw invalid('rules.tables must be an array of names, or an object of names and verbs');
  const entries: readonly (readonly [string, ReadonlySet<SqlVerb>])[] = Array.isArray(tables)
    ? nameList(tables, 'rules.tables').map(name => [name, verbs] as const)
    : nameList(Object.keys(tables), 'rules.tables').map(
        name =>
          [name, verbSet((tables as Record<string, unknown>)[name], `rules.tables[${quote(name)}]`)] as const,
      );
  return new Map(entries.map(([name, of]) => [canonicalName(dialect, name), of]));
}
