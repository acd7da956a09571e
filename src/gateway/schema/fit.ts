/** Whether JSON fits a rule, within a number of steps. Only own properties of a value count: `toString` is none. */
import { decimalOf } from '../../core/json-number.ts';
import { equalJson } from './equal.ts';
import { type Bounds, type Rule, TYPE } from './rule.ts';
import { keySteps, type Steps } from './steps.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Exact arithmetic on decimals of up to some six hundred digits. */
const DECIMAL_STEPS = 400;
/** Of counting the characters of a string that may be too short or too long. */
const CHARS_PER_STEP = 4;
/** Of asking an object for a name. */
const NAME_STEPS = 4;

const within = ({ least, most }: Bounds, count: number): boolean => count >= least && count <= most;

export class Fit {
  readonly #steps: Steps;
  readonly #shared: ReadonlySet<object>;
  readonly #known: Map<Rule, Map<object, boolean>> = new Map();

  /** @param shared objects whose answers are kept */
  constructor(steps: Steps, shared: ReadonlySet<object>) {
    this.#steps = steps;
    this.#shared = shared;
  }

  fits(rule: Rule, value: unknown): boolean {
    if (rule.always !== null) return rule.always;
    this.#steps.spend(rule.weight);
    if (typeof value !== 'object' || value === null || this.#shared.size === 0 || !this.#shared.has(value))
      return this.#fits(rule, value);
    const known = this.#known.get(rule) ?? new Map<object, boolean>();
    if (known.size === 0) this.#known.set(rule, known);
    const answer = known.get(value) ?? this.#fits(rule, value);
    known.set(value, answer);
    return answer;
  }

  #fits(rule: Rule, value: unknown): boolean {
    if (rule.types !== null && (rule.types & typeBits(value)) === 0) return false;
    return this.isListed(rule, value) && this.ownKind(rule, value) && this.#combined(rule, value);
  }

  /** `const` and `enum`. */
  isListed({ constant, values }: Rule, value: unknown): boolean {
    const equal = (other: unknown): boolean => equalJson(value, other, this.#steps);
    return (constant === null || constant.some(equal)) && (values === null || values.some(equal));
  }

  /** Keywords that only look at values of one type. */
  ownKind(rule: Rule, value: unknown): boolean {
    if (typeof value === 'number') return this.#number(rule, value);
    if (typeof value === 'string') return this.#length(rule.length, value);
    if (typeof value !== 'object' || value === null) return true;
    return Array.isArray(value) ? this.#array(rule, value) : this.#object(rule, value as Fields);
  }

  #number({ range, open, multipleOf }: Rule, value: number): boolean {
    if (!within(range, value) || value <= open.least || value >= open.most) return false;
    if (multipleOf === null || value === 0) return true;
    if (Number.isSafeInteger(value) && Number.isSafeInteger(multipleOf.value))
      return value % multipleOf.value === 0;
    this.#steps.spend(DECIMAL_STEPS);
    const a = decimalOf(String(value));
    const b = multipleOf.decimal;
    const low = Math.min(a.exponent, b.exponent);
    const scaled = ({ digits, exponent }: typeof a): bigint => BigInt(digits) * 10n ** BigInt(exponent - low);
    return scaled(a) % scaled(b) === 0n;
  }

  /** Of characters, which are one or two units each. */
  #length(bounds: Bounds, text: string): boolean {
    if (text.length < bounds.least || Math.ceil(text.length / 2) > bounds.most) return false;
    if (within(bounds, text.length) && text.length / 2 >= bounds.least) return true;
    this.#steps.spend(text.length / CHARS_PER_STEP);
    let count = text.length;
    for (let i = 1; i < text.length; i++)
      if ((text.charCodeAt(i) & 0xfc00) === 0xdc00 && (text.charCodeAt(i - 1) & 0xfc00) === 0xd800) count--;
    return within(bounds, count);
  }

  #array({ count, first, items, contains, contained }: Rule, value: readonly unknown[]): boolean {
    if (!within(count, value.length)) return false;
    const prefix = Math.min(first.length, value.length);
    for (let i = 0; i < prefix; i++) if (!this.fits(first[i] as Rule, value[i])) return false;
    if (items !== null)
      for (let i = prefix; i < value.length; i++) if (!this.fits(items, value[i])) return false;
    if (contains === null) return true;
    let found = 0;
    for (const item of value) if (this.fits(contains, item)) found++;
    return within(contained, found);
  }

  #object(rule: Rule, value: Fields): boolean {
    const { size, required, properties, additional, names, dependent } = rule;
    this.#steps.spend(NAME_STEPS * (required.length + dependent.size));
    for (const name of required) if (!Object.hasOwn(value, name)) return false;
    for (const [name, of] of dependent) if (Object.hasOwn(value, name) && !this.fits(of, value)) return false;
    const isCounted = size.least > 0 || size.most < Number.POSITIVE_INFINITY;
    if (!isCounted && properties.size === 0 && additional === null && names === null) return true;
    let count = 0;
    for (const key in value) {
      this.#steps.spend(keySteps(count++));
      if (names !== null && !this.fits(names, key)) return false;
      const of = properties.get(key) ?? additional;
      if (of !== null && !this.fits(of, value[key])) return false;
    }
    return within(size, count);
  }

  #combined({ all, any, one, not, when, met, unmet }: Rule, value: unknown): boolean {
    for (const rule of all) if (!this.fits(rule, value)) return false;
    if (any !== null && !any.some(rule => this.fits(rule, value))) return false;
    if (one !== null && !this.exactlyOne(one, value)) return false;
    if (not !== null && this.fits(not, value)) return false;
    if (when === null || (met === null && unmet === null)) return true;
    const branch = this.fits(when, value) ? met : unmet;
    return branch === null || this.fits(branch, value);
  }

  exactlyOne(rules: readonly Rule[], value: unknown): boolean {
    let count = 0;
    for (const rule of rules) if (this.fits(rule, value) && ++count > 1) return false;
    return count === 1;
  }
}

export function typeBits(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return TYPE.string;
    case 'number':
      return Number.isInteger(value) ? TYPE.integer | TYPE.number : TYPE.number;
    case 'boolean':
      return TYPE.boolean;
    default:
      return value === null ? TYPE.null : Array.isArray(value) ? TYPE.array : TYPE.object;
  }
}
