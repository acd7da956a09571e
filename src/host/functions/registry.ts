/** Checks the functions a caller offers, and puts them in order. What was checked is what is used. */
import { SandboxError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import { cleanLine } from '../../core/text.ts';
import { FUNCTION_PARTS, functionPartProblem } from '../../policy/functions.ts';
import { checkSchema } from '../../policy/manifest/index.ts';
import { isStandard } from './schema.ts';
import type { FunctionSchema, HostFunction, HostFunctions } from './types.ts';

/** Functions of one sandbox or run. */
const MOST_FUNCTIONS = 512;
const DESCRIPTION_CHARS = 2_000;
const KEYS: readonly string[] = ['call', 'input', 'output', 'description', 'timeoutMs', 'maxCalls'];

export interface Declared {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: the author of the function knows
  readonly call: (...args: any[]) => unknown;
  /** Takes one argument and the context, not whatever comes. */
  readonly declared: boolean;
  readonly input: FunctionSchema;
  readonly output: FunctionSchema;
  readonly description: string;
  readonly timeoutMs: number;
  readonly maxCalls: number;
}

export interface Registry {
  /** Tells registries apart in what is kept by their contents. */
  readonly id: number;
  /** In the order of their names: the place in it is what a cell calls a function by. */
  readonly list: readonly Declared[];
  readonly names: readonly string[];
}

let lastId = 0;

export const NO_FUNCTIONS: Registry = Object.freeze({
  id: 0,
  list: Object.freeze([]),
  names: Object.freeze([]),
});

const invalid = (message: string): SandboxError => new SandboxError('INVALID_ARGUMENT', message);
const quote = (text: string): string => JSON.stringify(cleanLine(text, 80));

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** What native plugins call a function: their names have no dots. */
export const nativeName = (name: string): string => name.replaceAll('.', '_');

/**
 * @param base functions that stay where `given` has none of their name
 * @throws SandboxError INVALID_ARGUMENT naming the function
 */
export function declareFunctions(given: unknown, what: string, base: Registry = NO_FUNCTIONS): Registry {
  if (given === undefined) return base;
  if (!isPlain(given)) throw invalid(`${what} must map names to functions, or to groups of them`);
  const found = new Map(base.list.map(one => [one.name, one]));
  collect(given as HostFunctions, '', 1, what, found);
  if (found.size > MOST_FUNCTIONS)
    throw invalid(`${what} has ${found.size} functions; at most ${MOST_FUNCTIONS}`);
  const names = [...found.keys()].sort();
  const native = new Map<string, string>();
  for (const name of names) {
    const inside = names.find(other => other.startsWith(`${name}.`));
    if (inside !== undefined)
      throw invalid(`${what} has both a function ${quote(name)} and ${quote(inside)} inside it; rename one`);
    const twin = native.get(nativeName(name));
    if (twin !== undefined)
      throw invalid(
        `${what} has ${quote(twin)} and ${quote(name)}, both ${nativeName(name)} for native plugins; rename one`,
      );
    native.set(nativeName(name), name);
  }
  return Object.freeze({
    id: ++lastId,
    list: Object.freeze(names.map(name => found.get(name) as Declared)),
    names: Object.freeze(names),
  });
}

function collect(
  group: HostFunctions,
  prefix: string,
  depth: number,
  what: string,
  found: Map<string, Declared>,
): void {
  for (const key of Object.keys(group)) {
    const name = `${prefix}${key}`;
    const problem = functionPartProblem(key);
    if (problem !== null) throw invalid(`${what} has the name ${quote(name)}: ${problem}`);
    const item: unknown = group[key];
    if (typeof item === 'function') found.set(name, plain(name, item as Declared['call']));
    else if (!isPlain(item))
      throw invalid(
        `${what}.${name} must be a function, { call } or a group, got ${item === null ? 'null' : typeof item}`,
      );
    else if (typeof (item as HostFunction).call === 'function')
      found.set(name, declared(name, item as HostFunction, what));
    else if (depth >= FUNCTION_PARTS)
      throw invalid(`${what} has groups more than ${FUNCTION_PARTS} names deep: ${quote(name)}`);
    else collect(item as HostFunctions, `${name}.`, depth + 1, what, found);
  }
}

function plain(name: string, call: Declared['call']): Declared {
  return Object.freeze({
    name,
    call,
    declared: false,
    input: true,
    output: true,
    description: '',
    timeoutMs: Number.POSITIVE_INFINITY,
    maxCalls: Number.POSITIVE_INFINITY,
  });
}

function declared(name: string, given: HostFunction, what: string): Declared {
  const path = `${what}.${name}`;
  for (const key of Object.keys(given))
    if (!KEYS.includes(key))
      throw invalid(`${path}.${cleanLine(key, 40)} is unknown; known are ${KEYS.join(', ')}`);
  const { call, input, output, description = '', timeoutMs, maxCalls } = given;
  if (typeof description !== 'string' || description.length > DESCRIPTION_CHARS)
    throw invalid(`${path}.description must be a string of at most ${DESCRIPTION_CHARS} characters`);
  return Object.freeze({
    name,
    call: call.bind(given),
    declared: true,
    input: schemaAt(input, `${path}.input`),
    output: schemaAt(output, `${path}.output`),
    description,
    timeoutMs: numberAt(timeoutMs, `${path}.timeoutMs`, 1, LIMITS.functionTimeoutMs.ceiling),
    maxCalls: numberAt(maxCalls, `${path}.maxCalls`, 0, LIMITS.functionCalls.ceiling),
  });
}

function numberAt(value: number | undefined, path: string, min: number, max: number): number {
  if (value === undefined) return Number.POSITIVE_INFINITY;
  if (!Number.isSafeInteger(value) || value < min || value > max)
    throw invalid(`${path} must be an integer from ${min} to ${max}, got ${String(value)}`);
  return value;
}

function schemaAt(schema: FunctionSchema | undefined, path: string): FunctionSchema {
  if (schema === undefined) return true;
  if (isStandard(schema)) return schema;
  try {
    checkSchema(schema, path);
    return structuredClone(schema);
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : `${path} is no schema`);
  }
}
