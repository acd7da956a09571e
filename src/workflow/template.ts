/** Templates of nodes' configs. */
import type { Value } from '../core/value.ts';
import type { Escape } from '../tools/template.ts';
import type { Call } from './kind.ts';
import type { Services } from './services.ts';

export interface Template {
  /** At once where the work is small. @throws SandboxError, and rejects with one */
  render(view: Readonly<Record<string, unknown>>, call: Pick<Call, 'signal'>): string | Promise<string>;
}

/** Each value that is filled in is escaped, unless it ends with `| raw`. */
export function template({ tools, limits }: Services, text: string, escaping: Escape): Template {
  if (!text.includes('{')) return { render: () => text };
  const fill = tools.open('template', { text, escape: escaping, chars: limits.templateChars });
  return {
    render: (view, { signal }) => fill(view as Value, { signal }) as string | Promise<string>,
  };
}

export const viewOf = (
  item: Value,
  index: number,
  vars: Readonly<Record<string, Value>>,
): Record<string, unknown> => ({ item, index, vars });
