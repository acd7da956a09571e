/** What is wrong with templates and paths, for whoever checks them before they are used. */
import type { Value } from '../core/value.ts';
import { pathProblem } from './path.ts';
import { templateProblem } from './template.ts';
import type { Prepared, Tool } from './types.ts';

/** A type, not an interface, so that it counts as plain JSON. */
export type ProblemConfig = { readonly of: 'template' | 'path' };

const STEPS: Readonly<Record<ProblemConfig['of'], number>> = { template: 8, path: 20 };

/** Steps of reading them at most. */
export const readingSteps = (of: ProblemConfig['of'], texts: readonly string[]): number =>
  texts.reduce((sum, text) => sum + 50 + STEPS[of] * text.length, 0);

/** Texts: of each what is wrong with it, or null. */
export const problems: Tool<ProblemConfig> = {
  weight: () => 1,
  prepare: ({ of }): Prepared => {
    const problemOf = of === 'path' ? pathProblem : templateProblem;
    return {
      cost: input => readingSteps(of, input as readonly string[]),
      run: input => (input as readonly string[]).map(problemOf) as unknown as Value,
    };
  },
};
