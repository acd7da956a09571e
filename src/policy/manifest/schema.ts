/**
 * What of JSON Schema a manifest may use. Its author is not trusted, and the host is who validates: so only keywords whose
 * cost is bounded by the size of the schema times the size of the value. Left out are regular expressions, which can take
 * any time, references, which can unfold without end, and formats.
 */
import { bad, describe } from './read.ts';

/** Schemas within schemas, all of them together. */
const NODES = 500;
const DEPTH = 32;

const SCHEMA: readonly string[] = [
  'items',
  'contains',
  'additionalProperties',
  'propertyNames',
  'not',
  'if',
  'then',
  'else',
];
const LISTS: readonly string[] = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const COUNTS: readonly string[] = [
  ...[
    'minLength',
    'maxLength',
    'minItems',
    'maxItems',
    'minProperties',
    'maxProperties',
    'minContains',
    'maxContains',
  ],
];
const NUMBERS: readonly string[] = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
];
const NOTES: readonly string[] = [
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  '$schema',
  '$comment',
];
const TYPES: readonly string[] = ['null', 'boolean', 'object', 'array', 'number', 'integer', 'string'];
/** With these, two elements are compared by looking all through both. */
const COMPARED_ENTRIES = 100;

const ADVICE: Readonly<Record<string, string>> = {
  pattern: 'use enum or maxLength: a regular expression can take any time',
  patternProperties: 'list the properties: a regular expression can take any time',
  format: 'describe it in words: formats are regular expressions in disguise',
  $ref: 'write the schema out: references can unfold without end',
  $dynamicRef: 'write the schema out: references can unfold without end',
  uniqueItems: 'leave it out: it compares every element with every other',
};

/** @throws SandboxError MANIFEST_INVALID */
export function checkSchema(schema: unknown, path: string): void {
  let nodes = 0;
  const visit = (node: unknown, at: string, depth: number): void => {
    if (++nodes > NODES) throw bad(`${path} has more than ${NODES} schemas within each other`);
    if (depth > DEPTH) throw bad(`${path} is nested deeper than ${DEPTH} schemas`);
    if (typeof node === 'boolean') return;
    if (typeof node !== 'object' || node === null || Array.isArray(node))
      throw bad(`${at} must be a schema, got ${describe(node)}`);
    for (const [key, value] of Object.entries(node))
      checkKeyword(key, value, `${at}.${key}`, (child, where) => visit(child, where, depth + 1));
  };
  visit(schema, path, 0);
}

type Visit = (child: unknown, at: string) => void;

function checkKeyword(key: string, value: unknown, at: string, visit: Visit): void {
  if (SCHEMA.includes(key)) visit(value, at);
  else if (LISTS.includes(key)) each(value, at, visit);
  else if (key === 'properties' || key === 'dependentSchemas') {
    for (const [name, child] of Object.entries(objectAt(value, at))) visit(child, `${at}.${name}`);
  } else if (key === 'type') {
    for (const type of Array.isArray(value) ? value : [value])
      if (!TYPES.includes(type as string)) throw bad(`${at} must be one of ${TYPES.join(', ')}`);
  } else if (key === 'enum') {
    if (!Array.isArray(value) || value.length > COMPARED_ENTRIES)
      throw bad(`${at} must be an array of at most ${COMPARED_ENTRIES} values`);
  } else if (key === 'required') {
    if (!Array.isArray(value) || value.some(name => typeof name !== 'string'))
      throw bad(`${at} must be an array of names`);
  } else if (COUNTS.includes(key)) {
    if (!Number.isSafeInteger(value) || (value as number) < 0) throw bad(`${at} must be a whole number`);
  } else if (NUMBERS.includes(key)) {
    if (typeof value !== 'number' || !Number.isFinite(value) || (key === 'multipleOf' && value <= 0))
      throw bad(`${at} must be a number`);
  } else if (key !== 'const' && !NOTES.includes(key)) {
    const advice = Object.hasOwn(ADVICE, key)
      ? ADVICE[key]
      : 'see docs/packages.md for the keywords there are';
    throw bad(`${at} is not supported; ${advice}`);
  }
}

function each(value: unknown, at: string, visit: Visit): void {
  if (!Array.isArray(value) || value.length === 0) throw bad(`${at} must be an array of schemas`);
  for (const [i, child] of value.entries()) visit(child, `${at}[${i}]`);
}

function objectAt(value: unknown, at: string): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw bad(`${at} must be an object, got ${describe(value)}`);
}
