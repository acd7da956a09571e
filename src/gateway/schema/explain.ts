/** The first thing about a value that does not fit, for people. Only asked once it is known that something does not. */
import { cleanLine } from '../../core/text.ts';
import { type Fit, typeBits } from './fit.ts';
import { type Bounds, type Rule, TYPE } from './rule.ts';

export interface Misfit {
  /** From the value down. */
  readonly path: readonly (string | number)[];
  readonly problem: string;
}

type Fields = Readonly<Record<string, unknown>>;

const quoted = (text: string): string => JSON.stringify(cleanLine(text, 60));

const namesOf = (bits: number): string =>
  Object.entries(TYPE)
    .filter(([, bit]) => (bits & bit) !== 0)
    .map(([name]) => name)
    .join(' or ');

const range = ({ least, most }: Bounds, what: string, got: number): string =>
  `must have ${least === most ? least : most === Number.POSITIVE_INFINITY ? `at least ${least}` : least <= 0 ? `at most ${most}` : `${least} to ${most}`} ${what}, has ${got}`;

/** `null` when it does fit. */
export function explain(fit: Fit, rule: Rule, value: unknown): Misfit | null {
  const here = (problem: string): Misfit => ({ path: [], problem });
  if (rule.always === true) return null;
  if (rule.always === false) return here('is not allowed');
  if (rule.types !== null && (rule.types & typeBits(value)) === 0)
    return here(
      `must be of type ${namesOf(rule.types)}, is ${namesOf(typeBits(value)).split(' or ').at(-1)}`,
    );
  if (!fit.isListed(rule, value)) return here('is none of the values that const or enum lists');
  if (!fit.ownKind(rule, value)) {
    if (typeof value === 'number') return here(numberProblem(rule));
    if (typeof value === 'string') return here(range(rule.length, 'characters', [...value].length));
    return Array.isArray(value) ? ofArray(fit, rule, value) : ofObject(fit, rule, value as Fields);
  }
  for (const of of rule.all) if (!fit.fits(of, value)) return explain(fit, of, value);
  if (rule.any !== null && !rule.any.some(of => fit.fits(of, value))) return here('fits no schema of anyOf');
  if (rule.one !== null && !fit.exactlyOne(rule.one, value))
    return here('fits none or several schemas of oneOf');
  if (rule.not !== null && fit.fits(rule.not, value)) return here('fits the schema of not');
  const branch = rule.when !== null && fit.fits(rule.when, value) ? rule.met : rule.unmet;
  return rule.when === null || branch === null ? null : explain(fit, branch, value);
}

function numberProblem({ range: { least, most }, open, multipleOf }: Rule): string {
  const parts = [
    least > Number.NEGATIVE_INFINITY ? `at least ${least}` : '',
    open.least > Number.NEGATIVE_INFINITY ? `above ${open.least}` : '',
    most < Number.POSITIVE_INFINITY ? `at most ${most}` : '',
    open.most < Number.POSITIVE_INFINITY ? `below ${open.most}` : '',
    multipleOf === null ? '' : `a multiple of ${multipleOf.value}`,
  ];
  return `must be ${parts.filter(part => part !== '').join(', ')}`;
}

function below(key: string | number, misfit: Misfit | null): Misfit {
  return { path: [key, ...(misfit?.path ?? [])], problem: misfit?.problem ?? 'does not fit' };
}

function ofArray(fit: Fit, rule: Rule, value: readonly unknown[]): Misfit {
  const { count, first, items } = rule;
  if (value.length < count.least || value.length > count.most)
    return { path: [], problem: range(count, 'items', value.length) };
  for (const [i, item] of value.entries()) {
    const of = i < first.length ? (first[i] as Rule) : items;
    if (of !== null && !fit.fits(of, item)) return below(i, explain(fit, of, item));
  }
  return { path: [], problem: 'has too few or too many items that fit contains' };
}

function ofObject(fit: Fit, rule: Rule, value: Fields): Misfit {
  const { size, required, properties, additional, names, dependent } = rule;
  const missing = required.find(name => !Object.hasOwn(value, name));
  if (missing !== undefined) return { path: [], problem: `lacks ${quoted(missing)}` };
  for (const [name, of] of dependent)
    if (Object.hasOwn(value, name) && !fit.fits(of, value))
      return explain(fit, of, value) ?? { path: [], problem: 'does not fit dependentSchemas' };
  let count = 0;
  for (const key in value) {
    count++;
    if (names !== null && !fit.fits(names, key))
      return { path: [], problem: `may not name a property ${quoted(key)}` };
    const of = properties.get(key) ?? additional;
    if (of !== null && !fit.fits(of, value[key])) return below(key, explain(fit, of, value[key]));
  }
  return { path: [], problem: range(size, 'properties', count) };
}
