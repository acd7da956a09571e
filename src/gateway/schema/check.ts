/** JSON Schema over values, by an interpreter that counts its steps: none that compiles runs under a strict page policy. */
import { LIMITS } from '../../core/limits.ts';
import { cleanLine } from '../../core/text.ts';
import { checkSchema, type JsonSchema } from '../../policy/manifest/index.ts';
import { explain } from './explain.ts';
import { Fit } from './fit.ts';
import { type Rule, ruleOf } from './rule.ts';
import { EXHAUSTED, Steps } from './steps.ts';
import { NotJson, Walk } from './walk.ts';

/**
 * @param limitBytes to which the value was held: what a check may look at grows with it. Default that of `outputBytes`
 * @returns what does not fit, in one line; `null` when all does
 */
export type Check = (value: unknown, limitBytes?: number) => string | null;

/** Measured: a million take 5 to 10 ms. */
const LEAST_STEPS = 4_000_000;
const STEPS_PER_BYTE = 4;
const MOST_STEPS = 20_000_000;
export const stepsFor = (limitBytes: number): number =>
  Math.min(MOST_STEPS, Math.max(LEAST_STEPS, STEPS_PER_BYTE * limitBytes));

/**
 * A check for values, made once for each schema. A schema describes JSON: a Date, a Map or bytes fit only `true`. A check
 * looks at what is shared once, and ends after 4 steps for each byte of the limit, 4 million at least and 20 million at most.
 * @param schema in the subset that docs/packages.md lists
 * @throws SandboxError MANIFEST_INVALID for a schema outside it
 */
export function schemaCheck(schema: JsonSchema): Check {
  checkSchema(schema, 'schema');
  if (schema === true) return () => null;
  const rule = ruleOf(schema);
  return (value, limitBytes = LIMITS.outputBytes.default) => {
    const most = stepsFor(limitBytes);
    // Remembering what was seen costs more than most values do: it is the second try.
    for (const [remembers, steps] of [
      [false, most],
      [true, most / 2],
    ] as const)
      try {
        return attempt(rule, value, steps, remembers);
      } catch (error) {
        if (error !== EXHAUSTED) throw error;
      }
    return `it takes more than ${most} steps to be checked; make it smaller, or the schema simpler`;
  };
}

function attempt(rule: Rule, value: unknown, most: number, remembers: boolean): string | null {
  const steps = new Steps(most);
  const walk = new Walk(steps, remembers);
  try {
    walk.json(value);
  } catch (error) {
    if (error instanceof NotJson) return error.message;
    if (error instanceof RangeError) return 'it is nested too deeply';
    throw error;
  }
  const fit = new Fit(steps, walk.shared);
  if (fit.fits(rule, value)) return null;
  return misfit(new Fit(new Steps(most), walk.shared), rule, value);
}

function misfit(fit: Fit, rule: Rule, value: unknown): string {
  try {
    const { path, problem } = explain(fit, rule, value) ?? { path: [], problem: 'does not fit' };
    const place = path.map(step => `/${cleanLine(String(step), 40)}`).join('');
    return cleanLine(`${place || 'it'} ${problem}`, 300);
  } catch (error) {
    if (error !== EXHAUSTED) throw error;
    return 'it does not fit the schema';
  }
}
