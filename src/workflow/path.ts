/** JSONPath (RFC 9535), without the functions that take regular expressions: those can run for ever. */
import { JSONPathEnvironment, type JSONPathQuery } from 'json-p3';
import type { Value } from '../core/value.ts';
import { failure } from './failure.ts';

const DEPTH = 100;
const environment: JSONPathEnvironment = new JSONPathEnvironment({ maxRecursionDepth: DEPTH });
environment.functionRegister.delete('match');
environment.functionRegister.delete('search');

export interface Path {
  first(value: Value): Value;
  all(value: Value): Value[];
}

export function pathProblem(text: string): string | null {
  try {
    environment.compile(text);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : 'is no JSONPath';
  }
}

const WHOLE: Path = { first: value => value, all: value => [value] };

export function path(text: string): Path {
  if (text === '' || text === '$') return WHOLE;
  const query: JSONPathQuery = environment.compile(text);
  const find = (value: Value): Value[] => {
    try {
      return query.query(value as never).values() as Value[];
    } catch (error) {
      throw failure('NODE_FAILED', `${text} failed: ${error instanceof Error ? error.message : ''}`, error);
    }
  };
  return { all: find, first: value => find(value)[0] };
}
