/** JSON Schema over values, by a validator that interprets: none that compiles runs under a strict page policy. */
import { Validator } from '@cfworker/json-schema';
import { cleanLine } from '../core/text.ts';
import type { JsonSchema } from '../policy/manifest/index.ts';

/** @returns what does not fit, in one line; `null` when all does */
export type Check = (value: unknown) => string | null;

class NotJson extends Error {}

/** Of JSON, as records without a prototype: `toString` is no property of what a stranger sent. */
function bare(value: unknown, path: string): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (Array.isArray(value)) return value.map((item, i) => bare(item, `${path}/${i}`));
  if (typeof value !== 'object') throw new NotJson(`${path || 'the value'} is not JSON: a ${typeof value}`);
  const prototype = Object.getPrototypeOf(value) as unknown;
  if (prototype !== Object.prototype && prototype !== null)
    throw new NotJson(`${path || 'the value'} is not JSON: no plain object`);
  const copy: Record<string, unknown> = Object.create(null);
  for (const [key, item] of Object.entries(value)) copy[key] = bare(item, `${path}/${cleanLine(key, 40)}`);
  return copy;
}

/**
 * A check for values, made once for each schema. A schema describes JSON: a Date, a Map or bytes fit only `true`.
 * @param schema in the subset that `checkSchema` lets in; its cost is then bounded by schema times value
 */
export function schemaCheck(schema: JsonSchema): Check {
  if (schema === true) return () => null;
  // It writes into what it is given.
  const validator = new Validator(structuredClone(schema) as object | boolean, '2020-12', true);
  return value => {
    let json: unknown;
    try {
      json = bare(value, '');
    } catch (error) {
      if (error instanceof NotJson) return error.message;
      if (error instanceof RangeError) return 'it is nested too deeply';
      throw error;
    }
    const { valid, errors } = validator.validate(json);
    if (valid) return null;
    const last = errors.at(-1);
    return last === undefined
      ? 'it does not fit the schema'
      : cleanLine(`${last.instanceLocation}: ${last.error}`, 300);
  };
}
