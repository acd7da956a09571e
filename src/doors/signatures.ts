/** Host functions as their types are written, in groups. */
import type { FunctionSchema } from '../host/functions/types.ts';

/** Of a function, as far as types go. */
export interface Signature {
  readonly name: string;
  readonly description: string;
  /** Takes one argument of this schema; null: whatever comes. */
  readonly input: FunctionSchema | null;
  readonly output: FunctionSchema;
}

/** A group and what is in it, by the last part of each name. */
export interface Group {
  readonly path: string;
  readonly functions: Map<string, Signature>;
  readonly groups: Map<string, Group>;
}

export function groupsOf(signatures: readonly Signature[]): Group {
  const root: Group = { path: '', functions: new Map(), groups: new Map() };
  for (const signature of signatures) {
    const parts = signature.name.split('.');
    const last = parts.pop() as string;
    let group = root;
    for (const part of parts) {
      let next = group.groups.get(part);
      if (next === undefined) {
        next = {
          path: group.path === '' ? part : `${group.path}.${part}`,
          functions: new Map(),
          groups: new Map(),
        };
        group.groups.set(part, next);
      }
      group = next;
    }
    group.functions.set(last, signature);
  }
  return root;
}

/** Deeper parts of a schema are `unknown`: nobody reads types of such depth. */
export const TYPE_DEPTH = 8;

/** A schema's keywords; null for one that says nothing of its type. */
export function keywordsOf(schema: unknown): { readonly [key: string]: unknown } | null {
  return typeof schema === 'object' && schema !== null && !('~standard' in schema)
    ? (schema as { readonly [key: string]: unknown })
    : null;
}

/** Its types, each once; empty when it does not say. */
export function typeNames(keywords: { readonly [key: string]: unknown }): readonly string[] {
  const { type } = keywords;
  return [
    ...new Set((Array.isArray(type) ? type : [type]).filter(one => typeof one === 'string')),
  ] as string[];
}
