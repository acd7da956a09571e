/** Checks that several kinds share. */
import { type ProblemConfig, readingSteps } from '../../tools/problems.ts';
import { str } from '../fields.ts';
import type { Complain, NodeContext } from '../kind.ts';
import type { Config } from '../types.ts';

/** Says of each text that is not what it has to be what is wrong with it. */
export function checkTexts(
  of: ProblemConfig['of'],
  texts: readonly (readonly [path: string, text: string])[],
  complain: Complain,
): void {
  const written = texts.filter(([, text]) => text !== '');
  const [first] = written;
  if (first === undefined) return;
  const input = written.map(([, text]) => text);
  complain.reading({
    tool: 'problems',
    config: { of },
    input,
    steps: readingSteps(of, input),
    use(result) {
      for (const [i, problem] of (result as readonly (string | null)[]).entries())
        if (problem !== null)
          complain(written[i]?.[0] ?? '', `is no ${of === 'path' ? 'JSONPath' : 'template'}: ${problem}`);
    },
    skipped: why => complain.as('limit', 'warning', first[0], why),
  });
}

export const checkPaths = (config: Config, keys: readonly string[], complain: Complain): void =>
  checkTexts(
    'path',
    keys.map(key => [key, str(config, key)] as const),
    complain,
  );

export const checkTemplates = (config: Config, keys: readonly string[], complain: Complain): void =>
  checkTexts(
    'template',
    keys.map(key => [key, str(config, key)] as const),
    complain,
  );

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
