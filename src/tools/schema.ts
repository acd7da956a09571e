/** JSON Schema over values. */
import { LIMITS } from '../core/limits.ts';
import { sizeOf } from '../core/measure.ts';
import { schemaCheck } from '../gateway/schema/check.ts';
import type { JsonSchema } from '../policy/manifest/index.ts';
import type { Prepared, Tool } from './types.ts';

/** A type, not an interface, so that it counts as plain JSON. */
export type SchemaConfig = { readonly schema: JsonSchema };

/** `{ schema }` and a value: what does not fit, in one line; null when all does. It ends by its own count of steps. */
export const schema: Tool<SchemaConfig> = {
  weight: config => sizeOf(config.schema, 100_000),
  prepare: (config): Prepared => {
    const check = schemaCheck(config.schema);
    const weight = sizeOf(config.schema, 100_000);
    return {
      cost: (value, most) => weight * sizeOf(value, most / weight),
      run: value => check(value, LIMITS.outputBytes.ceiling),
    };
  },
};
