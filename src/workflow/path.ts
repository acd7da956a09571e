/** JSONPaths of nodes' configs. */
import type { Value } from '../core/value.ts';
import type { Call } from './kind.ts';
import type { Services } from './services.ts';

type Found<T> = T | Promise<T>;
type Ending = Pick<Call, 'signal'>;

export interface Path {
  /** Each at once where the work is small. @throws SandboxError, and rejects with one */
  first(value: Value, call: Ending): Found<Value>;
  all(value: Value, call: Ending): Found<readonly Value[]>;
  /** Of each value of a list the first. */
  each(values: readonly Value[], call: Ending): Found<readonly Value[]>;
}

export function path({ tools }: Pick<Services, 'tools'>, text: string): Path {
  const [first, all, each] = (['first', 'all', 'each'] as const).map(take =>
    tools.open('path', { path: text, take }),
  ) as [ReturnType<typeof tools.open>, ReturnType<typeof tools.open>, ReturnType<typeof tools.open>];
  return {
    first: (value, { signal }) => first(value, { signal }),
    all: (value, { signal }) => all(value, { signal }) as Found<readonly Value[]>,
    each: (values, { signal }) => each(values, { signal }) as Found<readonly Value[]>,
  };
}
