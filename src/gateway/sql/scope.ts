/** What one check has learned and may allow: rules, names of CTEs in sight, tables seen, the depth it is at. */
import { Refused, show } from './node.ts';
import { type CompiledRules, canonicalName } from './rules.ts';
import type { SqlVerb } from './types.ts';

/** Of nested expressions and queries. */
const DEPTH = 100;
const PARAMETERS = 1000;

export class Scope {
  readonly rules: CompiledRules;
  readonly tables: Set<string> = new Set();
  parameters = 0;
  #depth = 0;
  /** Innermost last; the names of one WITH, and whether their queries are complete. */
  readonly #ctes: Map<string, boolean>[] = [];

  constructor(rules: CompiledRules) {
    this.rules = rules;
  }

  deeper<T>(work: () => T): T {
    if (++this.#depth > DEPTH)
      throw new Refused('construct', `it is nested more than ${DEPTH} levels deep`, 'write it flatter');
    try {
      return work();
    } finally {
      this.#depth--;
    }
  }

  /** Runs `work` with the names of a WITH, which it fills as it goes: false while the query of one is being written. */
  withCtes<T>(work: (names: Map<string, boolean>) => T): T {
    const names = new Map<string, boolean>();
    this.#ctes.push(names);
    try {
      return work(names);
    } finally {
      this.#ctes.pop();
    }
  }

  /** @throws Refused for a query that would read what it makes, unless the rules let it */
  isCte(name: string): boolean {
    const canonical = canonicalName(this.rules.dialect, name);
    const isComplete = this.#ctes.findLast(names => names.has(canonical))?.get(canonical);
    if (isComplete === false) this.recursion(`${show(name)} is read by what it is made of`);
    return isComplete !== undefined;
  }

  recursion(what: string): void {
    if (this.rules.recursive) return;
    throw new Refused(
      'recursion',
      `${what}: such a query may repeat itself without end`,
      'write it without recursion, or add recursive: true to the rules, or to the grant of the database',
    );
  }

  verb(verb: SqlVerb): void {
    if (this.rules.verbs.has(verb)) return;
    throw new Refused(
      'verb',
      `${verb.toUpperCase()} is not allowed`,
      `add "${verb}" to verbs if it should be`,
    );
  }

  table(name: string, verb: SqlVerb): void {
    this.verb(verb);
    const verbs = this.rules.tables.get(canonicalName(this.rules.dialect, name));
    if (verbs === undefined)
      throw new Refused(
        'table',
        `the table ${show(name)} is not listed`,
        `add ${show(name)} to tables if it should be`,
      );
    if (!verbs.has(verb))
      throw new Refused(
        'table',
        `${verb.toUpperCase()} is not allowed on ${show(name)}`,
        `add "${verb}" to its verbs if it should be`,
      );
    this.tables.add(name);
  }

  parameter(number: number): string {
    if (number < 1 || number > PARAMETERS)
      throw new Refused(
        'parameters',
        `$${number} is out of range`,
        `number parameters from $1 to $${PARAMETERS}`,
      );
    this.parameters = Math.max(this.parameters, number);
    return this.rules.dialect === 'sqlite' ? `?${number}` : `$${number}`;
  }
}

/** As an identifier of either dialect, whatever it contains. */
export function identifier(name: string): string {
  if (name === '') throw new Refused('construct', 'a name is empty', 'name it');
  return `"${name.replaceAll('"', '""')}"`;
}
