/** Whether a value is JSON at all, and which parts of it are referred to from several places. */
import { cleanLine } from '../../core/text.ts';
import { keySteps, type Steps } from './steps.ts';

/** One line, naming the place. */
export class NotJson extends Error {}

/** What putting an object into a Set costs, in steps. */
const SEEN_STEPS = 16;

/** Of a value that is not JSON: the way to it, innermost first. */
type Found = { readonly what: string; readonly path: (string | number)[] } | null;

export class Walk {
  readonly #steps: Steps;
  readonly #seen: Set<object> | null;
  /** Objects and arrays with more than one place. */
  readonly shared: Set<object> = new Set();

  /** @param remembers true goes through what is shared once, at the price of remembering everything */
  constructor(steps: Steps, remembers: boolean) {
    this.#steps = steps;
    this.#seen = remembers ? new Set() : null;
  }

  /** @throws NotJson; RangeError when it is nested too deeply */
  json(value: unknown): void {
    const found = this.#visit(value);
    if (found === null) return;
    const path = found.path.toReversed().map(step => `/${cleanLine(String(step), 40)}`);
    throw new NotJson(`${cleanLine(path.join(''), 300) || 'the value'} is not JSON: ${found.what}`);
  }

  #visit(value: unknown): Found {
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return null;
    if (typeof value === 'number' && Number.isFinite(value)) return null;
    if (typeof value !== 'object') return { what: `a ${typeof value}`, path: [] };
    if (this.#seen !== null) {
      this.#steps.spend(SEEN_STEPS);
      if (this.#seen.has(value)) {
        this.shared.add(value);
        return null;
      }
      this.#seen.add(value);
    }
    return Array.isArray(value) ? this.#array(value) : this.#object(value);
  }

  #array(items: readonly unknown[]): Found {
    this.#steps.spend(1 + items.length);
    for (let i = 0; i < items.length; i++) {
      const found = this.#visit(items[i]);
      if (found === null) continue;
      found.path.push(i);
      return found;
    }
    return null;
  }

  #object(value: object): Found {
    const prototype = Object.getPrototypeOf(value) as unknown;
    if (prototype !== Object.prototype && prototype !== null) return { what: 'no plain object', path: [] };
    this.#steps.spend(1);
    let seen = 0;
    // Only own properties are enumerable here; and `for in` takes a third of what `Object.keys` takes of a large object.
    for (const key in value) {
      this.#steps.spend(keySteps(seen++));
      const found = this.#visit((value as Record<string, unknown>)[key]);
      if (found === null) continue;
      found.path.push(key);
      return found;
    }
    return null;
  }
}
