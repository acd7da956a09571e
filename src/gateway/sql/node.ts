/** Reading the parser's tree: one kind at a time, and no field that nobody looks at. */
import { cleanLine } from '../../core/text.ts';
import type { Tree } from './parser.ts';
import type { SqlReason, SqlRefusal } from './types.ts';

/** Ends the check. Caught where it began. */
export class Refused extends Error {
  readonly refusal: SqlRefusal;

  constructor(reason: SqlReason, message: string, hint: string) {
    super(message);
    this.refusal = Object.freeze({ allowed: false, reason, message, hint });
  }
}

export const show = (text: string): string => JSON.stringify(cleanLine(text, 60));

export const unsupported = (what: string): Refused =>
  new Refused('construct', `${what} is not among what is let through`, 'write the statement without it');

/** Where things stand in the text: of no meaning. */
const POSITIONS: ReadonlySet<string> = new Set([
  'location',
  'list_start',
  'list_end',
  'rexpr_list_start',
  'rexpr_list_end',
  'type_location',
]);

const isObject = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `{ Kind: fields }` → kind and fields. */
export function open(node: unknown): readonly [kind: string, fields: Tree] {
  const [entry, extra] = isObject(node) ? Object.entries(node) : [];
  if (entry === undefined || extra !== undefined || !isObject(entry[1]))
    throw unsupported('a part of the statement');
  return [entry[0], entry[1]];
}

/** The fields of a node, which must be among those that are known: what is not understood is refused. */
export function only(fields: Tree, what: string, known: readonly string[]): Tree {
  for (const key of Object.keys(fields))
    if (!POSITIONS.has(key) && !known.includes(key)) throw unsupported(`${key} in ${what}`);
  return fields;
}

/** A node that must be of this kind. */
export function as(node: unknown, kind: string, known: readonly string[]): Tree {
  const [found, fields] = open(node);
  if (found !== kind) throw unsupported(`${found} here`);
  return only(fields, kind, known);
}

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const word = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Texts of a list of String nodes. */
export const names = (value: unknown): string[] =>
  list(value).map(item => word(as(item, 'String', ['sval'])['sval']));
