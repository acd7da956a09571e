/** JSONPath (RFC 9535), without the functions that take regular expressions: those can run for ever. */
import { JSONPathEnvironment, type JSONPathQuery } from 'json-p3';
import type { Value } from '../core/value.ts';
import { failure } from './failure.ts';
import { planOf, type Shape, shapeProblem } from './path-plan.ts';
import type { Prepared, Tool } from './types.ts';

const DEPTH = 100;
const environment: JSONPathEnvironment = new JSONPathEnvironment({ maxRecursionDepth: DEPTH });
environment.functionRegister.delete('match');
environment.functionRegister.delete('search');

/** Reading one character, as measured on the worst of paths: filters in filters. */
const STEPS_PER_CHAR = 20;

/** A type, not an interface, so that it counts as plain JSON. */
export type PathConfig = {
  readonly path: string;
  /** What is found: the first, or all of it as a list; `each`: of each entry of the input, which is a list, the first. */
  readonly take: 'first' | 'all' | 'each';
};

/** @throws what is wrong with it */
function compile(text: string): JSONPathQuery {
  const query = environment.compile(text);
  const problem = shapeProblem(query);
  if (problem !== null) throw new Error(problem);
  return query;
}

/** What is wrong with a path, or null. */
export function pathProblem(text: string): string | null {
  try {
    compile(text);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : 'is no JSONPath';
  }
}

class Path implements Prepared {
  readonly #config: PathConfig;
  readonly #query: JSONPathQuery | null;
  readonly #shape: Shape;

  constructor(config: PathConfig) {
    this.#config = config;
    const { path } = config;
    this.#query = path === '' || path === '$' ? null : compile(path);
    this.#shape = planOf(this.#query);
  }

  cost(input: Value, most: number): number {
    if (this.#config.take !== 'each') return this.#shape.cost(input, most);
    const { fixed } = this.#shape;
    const items = input as readonly Value[];
    if (fixed !== null) return fixed * items.length;
    let cost = 0;
    for (const item of items) {
      cost += this.#shape.cost(item, most - cost);
      if (cost > most) break;
    }
    return cost;
  }

  run(input: Value): Value {
    const { take } = this.#config;
    if (take === 'each') return (input as readonly Value[]).map(item => this.#find(item)[0]);
    const found = this.#find(input);
    return take === 'all' ? found : found[0];
  }

  #find(value: Value): Value[] {
    if (this.#query === null) return [value];
    try {
      return this.#query.query(value as never).values() as Value[];
    } catch (error) {
      throw failure(
        'NODE_FAILED',
        `${this.#config.path} failed: ${error instanceof Error ? error.message : ''}`,
        error,
      );
    }
  }
}

/** `{ path, take }` and a value. */
export const path: Tool<PathConfig> = {
  weight: ({ path: text }) => text.length * STEPS_PER_CHAR,
  prepare: config => new Path(config),
};
