/** A schema of a manifest as what it asks for, read once. */
import { type Decimal, decimalOf } from '../../core/json-number.ts';
import type { JsonSchema } from '../../policy/manifest/index.ts';

/** Types of JSON, as bits. */
export const TYPE: Readonly<
  Record<'null' | 'boolean' | 'object' | 'array' | 'number' | 'integer' | 'string', number>
> = Object.freeze({ null: 1, boolean: 2, object: 4, array: 8, number: 16, integer: 32, string: 64 });

export interface Bounds {
  readonly least: number;
  readonly most: number;
}

/** Keywords that are not there are `null`, empty, or bounds without end. */
export interface Rule {
  /** Of a schema that is `true` or `false`. */
  readonly always: boolean | null;
  /** Keywords there are: what one application costs. */
  readonly weight: number;
  readonly types: number | null;
  /** The one value of `const`. */
  readonly constant: readonly unknown[] | null;
  /** Those of `enum`. */
  readonly values: readonly unknown[] | null;
  readonly properties: ReadonlyMap<string, Rule>;
  readonly additional: Rule | null;
  readonly names: Rule | null;
  readonly required: readonly string[];
  readonly dependent: ReadonlyMap<string, Rule>;
  readonly first: readonly Rule[];
  readonly items: Rule | null;
  readonly contains: Rule | null;
  readonly contained: Bounds;
  readonly all: readonly Rule[];
  readonly any: readonly Rule[] | null;
  readonly one: readonly Rule[] | null;
  readonly not: Rule | null;
  readonly when: Rule | null;
  readonly met: Rule | null;
  readonly unmet: Rule | null;
  readonly length: Bounds;
  readonly count: Bounds;
  readonly size: Bounds;
  readonly range: Bounds;
  readonly open: Bounds;
  readonly multipleOf: { readonly value: number; readonly decimal: Decimal } | null;
}

type Fields = Readonly<Record<string, unknown>>;

const INFINITE = Number.POSITIVE_INFINITY;

/** @param schema in the subset that `checkSchema` lets in */
export function ruleOf(schema: JsonSchema): Rule {
  const fields: Fields = typeof schema === 'boolean' ? {} : (schema as Fields);
  const has = (key: string): boolean => Object.hasOwn(fields, key);
  const get = <T>(key: string, otherwise: T): T => (has(key) ? (fields[key] as T) : otherwise);
  const rule = (key: string): Rule | null => (has(key) ? ruleOf(fields[key] as JsonSchema) : null);
  const rules = (key: string): readonly Rule[] | null =>
    get<readonly JsonSchema[] | null>(key, null)?.map(ruleOf) ?? null;
  const named = (key: string): ReadonlyMap<string, Rule> =>
    new Map(Object.entries(get<Record<string, JsonSchema>>(key, {})).map(([name, of]) => [name, ruleOf(of)]));
  const bounds = (least: string, most: string, from = -INFINITE): Bounds => ({
    least: get(least, from),
    most: get(most, INFINITE),
  });
  const step = get<number | null>('multipleOf', null);
  return {
    always: typeof schema === 'boolean' ? schema : null,
    weight: 1 + Object.keys(fields).length,
    types: has('type') ? typeBits(fields['type']) : null,
    constant: has('const') ? [fields['const']] : null,
    values: get<readonly unknown[] | null>('enum', null),
    properties: named('properties'),
    additional: rule('additionalProperties'),
    names: rule('propertyNames'),
    required: get('required', []),
    dependent: named('dependentSchemas'),
    first: rules('prefixItems') ?? [],
    items: rule('items'),
    contains: rule('contains'),
    contained: bounds('minContains', 'maxContains', 1),
    all: rules('allOf') ?? [],
    any: rules('anyOf'),
    one: rules('oneOf'),
    not: rule('not'),
    when: rule('if'),
    met: rule('then'),
    unmet: rule('else'),
    length: bounds('minLength', 'maxLength', 0),
    count: bounds('minItems', 'maxItems', 0),
    size: bounds('minProperties', 'maxProperties', 0),
    range: bounds('minimum', 'maximum'),
    open: bounds('exclusiveMinimum', 'exclusiveMaximum'),
    multipleOf: step === null ? null : { value: step, decimal: decimalOf(String(step)) },
  };
}

function typeBits(type: unknown): number {
  let bits = 0;
  for (const name of Array.isArray(type) ? type : [type]) bits |= TYPE[name as keyof typeof TYPE];
  return bits;
}
