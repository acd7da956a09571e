/** Schemas of host functions, of both kinds, behind one question. */
import { cleanLine } from '../../core/text.ts';
import type { FunctionSchema, StandardResult, StandardSchema } from './types.ts';

/** The value, as the schema leaves it; or what does not fit. */
export type Checked = { readonly value: unknown } | { readonly problem: string };

const PROBLEM_CHARS = 300;

export function isStandard(schema: unknown): schema is StandardSchema {
  if ((typeof schema !== 'object' && typeof schema !== 'function') || schema === null) return false;
  const { validate } = (schema as Partial<StandardSchema>)['~standard'] ?? {};
  return typeof validate === 'function';
}

type Check = (value: unknown) => Checked | Promise<Checked>;

/** Made when it is first needed: most functions are never called, and the validator is loaded with the first. */
const checks: WeakMap<object, Check> = new WeakMap();

/** `value` itself where everything fits: a promise only where the schema needs one. */
export function checkAgainst(schema: FunctionSchema, value: unknown): Checked | Promise<Checked> {
  if (schema === true) return { value };
  if (schema === false) return { problem: 'nothing fits' };
  const known = checks.get(schema);
  return known === undefined ? makeCheck(schema).then(check => check(value)) : known(value);
}

async function makeCheck(schema: object): Promise<Check> {
  const made = isStandard(schema) ? standardCheck(schema) : await jsonCheck(schema);
  checks.set(schema, made);
  return made;
}

async function jsonCheck(schema: object): Promise<Check> {
  const { schemaCheck } = await import('../../gateway/schema/check.ts');
  const check = schemaCheck(schema as Exclude<FunctionSchema, boolean | StandardSchema>);
  return value => {
    const problem = check(value);
    return problem === null ? { value } : { problem };
  };
}

function standardCheck(schema: StandardSchema): Check {
  const read = (result: StandardResult): Checked => {
    if (result.issues === undefined) return { value: result.value };
    const text = result.issues.map(({ message }) => String(message)).join('; ');
    return { problem: cleanLine(text, PROBLEM_CHARS) };
  };
  return value => {
    const result = schema['~standard'].validate(value);
    return result instanceof Promise ? result.then(read) : read(result);
  };
}
