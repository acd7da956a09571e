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
  /** Innermost last; each holds the names one WITH has made so far. */
  readonly #ctes: Set<string>[] = [];

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

  /** Runs `work` with a set of CTE names that it fills as it goes. */
  withCtes<T>(work: (names: Set<string>) => T): T {
    const names = new Set<string>();
    this.#ctes.push(names);
    try {
      return work(names);
    } finally {
      this.#ctes.pop();
    }
  }

  isCte(name: string): boolean {
    return this.#ctes.some(names => names.has(canonicalName(this.rules.dialect, name)));
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
