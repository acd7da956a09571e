/**
 * Standard syntax that the pinned engine cannot compile, found so that it can be told with its place. Advice: what is
 * not found here fails in the engine.
 */
import type { Program } from 'acorn';
import type { SyntaxProblem } from './forms.ts';

export const NO_NAMESPACE = 'a TypeScript namespace is not supported: use an object, or a module of its own';

export const YIELD_IN_FOR_OF =
  'the engine cannot compile a `for … of` with a `yield` in what it goes through: put that into a variable first';

interface Item {
  readonly value: unknown;
  /** The head of a `for … of` of the function at hand. */
  readonly inHead: boolean;
}

interface AnyNode {
  readonly type: string;
  readonly right?: unknown;
  readonly start: number;
  readonly loc?: { readonly start: { readonly line: number; readonly column: number } } | null;
}

const FUNCTION = /Function/;

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && typeof (value as AnyNode).type === 'string';
}

/** The first place, or null. Iterative: how deep a program nests is its author's choice. */
export function findDefect(program: Program, text: string): SyntaxProblem | null {
  if (!text.includes('yield')) return null;
  let found: AnyNode | null = null;
  const todo: Item[] = [{ value: program, inHead: false }];
  for (let item = todo.pop(); item !== undefined; item = todo.pop()) {
    const { value, inHead } = item;
    if (Array.isArray(value)) for (const each of value) todo.push({ value: each, inHead });
    else if (isNode(value)) {
      if (inHead && value.type === 'YieldExpression' && (found === null || value.start < found.start))
        found = value;
      const inside = inHead && !FUNCTION.test(value.type);
      for (const key of Object.keys(value)) {
        const child: unknown = value[key as keyof AnyNode];
        if (typeof child !== 'object' || child === null || key === 'loc') continue;
        todo.push({ value: child, inHead: inside || (value.type === 'ForOfStatement' && key === 'right') });
      }
    }
  }
  if (found === null) return null;
  const { line, column } = found.loc?.start ?? { line: 1, column: 0 };
  return { message: YIELD_IN_FOR_OF, line, column: column + 1, offset: found.start };
}

/** The first namespace at the top of a TypeScript program that is more than a declaration. */
export function findNamespace(program: Program): SyntaxProblem | null {
  for (const statement of program.body as readonly unknown[]) {
    const exported = (statement as { declaration?: unknown }).declaration;
    const node = isNode(exported) ? exported : (statement as AnyNode);
    if (node.type !== 'TSModuleDeclaration' || (node as { declare?: unknown }).declare === true) continue;
    const { line, column } = (statement as AnyNode).loc?.start ?? { line: 1, column: 0 };
    return { message: NO_NAMESPACE, line, column: column + 1, offset: (statement as AnyNode).start };
  }
  return null;
}
