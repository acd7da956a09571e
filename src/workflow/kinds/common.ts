/** Checks that several kinds share. */

import { pathProblem } from '../../tools/path.ts';
import { templateProblem } from '../../tools/template.ts';
import { str } from '../fields.ts';
import type { Complain, NodeContext } from '../kind.ts';
import type { Config } from '../types.ts';

export function checkPaths(config: Config, keys: readonly string[], complain: Complain): void {
  for (const key of keys) {
    const text = str(config, key);
    const problem = text === '' ? null : pathProblem(text);
    if (problem !== null) complain(key, `is no JSONPath: ${problem}`);
  }
}

export function checkTemplates(config: Config, keys: readonly string[], complain: Complain): void {
  for (const key of keys) {
    const problem = templateProblem(str(config, key));
    if (problem !== null) complain(key, `is no template: ${problem}`);
  }
}

/** The policy a node names. */
export const policyOf = (config: Config): string => str(config, 'policy', 'default');

/** False when it names one that is not there. */
export function checkPolicy(config: Config, complain: Complain, { services }: NodeContext): boolean {
  const name = policyOf(config);
  if (services.policies.includes(name)) return true;
  complain.as(
    'permission',
    'error',
    'policy',
    `names ${JSON.stringify(name)}, which nobody granted; there are ${services.policies.join(', ')}`,
  );
  return false;
}
