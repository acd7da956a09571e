/** Names of host functions, and the patterns that policies and manifests write. */

/** Parts of a name, `crm` and `find` of `crm.find`. */
export const FUNCTION_PARTS = 4;
const PART_CHARS = 64;
const PART = /^[A-Za-z][A-Za-z0-9_]*$/;
/** What the guests' own objects need for themselves, or what engines would take for a promise. */
const RESERVED: ReadonlySet<string> = new Set([
  'constructor', 'prototype', 'then', 'default', 'call', 'sync', 'aio', 'toString', 'toJSON', 'valueOf',
]); // biome-ignore format: a table

/** What is wrong with a part of a name, or null. */
export function functionPartProblem(part: string): string | null {
  if (part.length > PART_CHARS || !PART.test(part))
    return `use letters, digits and _ after a letter, at most ${PART_CHARS}`;
  return RESERVED.has(part) ? 'choose another name: this one means something else in guests' : null;
}

/** What is wrong with `crm.find` or `kv.*`, or null. */
export function functionPatternProblem(pattern: string): string | null {
  const parts = pattern.split('.');
  const names = parts.at(-1) === '*' ? parts.slice(0, -1) : parts;
  if (names.length === 0) return 'name what is below it, such as "kv.*": there is no pattern for everything';
  if (parts.length > FUNCTION_PARTS) return `use at most ${FUNCTION_PARTS} names`;
  for (const name of names) {
    const problem = functionPartProblem(name);
    if (problem !== null) return problem;
  }
  return null;
}

/** Whether all that `name`, itself a name or a pattern, stands for is listed. */
export function coversFunction(patterns: readonly string[], name: string): boolean {
  return patterns.some(
    pattern => pattern === name || (pattern.endsWith('.*') && name.startsWith(pattern.slice(0, -1))),
  );
}

/** What both allow: the narrower of two patterns, or null. */
export function bothFunctions(a: string, b: string): string | null {
  if (coversFunction([a], b)) return b;
  return coversFunction([b], a) ? a : null;
}
