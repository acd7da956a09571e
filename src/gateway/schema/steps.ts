/** What a check may look at. A step is a keyword applied, a value or key seen, or 64 characters compared: some nanoseconds. */

/** Thrown when nothing is left, and caught where the budget was made. */
export const EXHAUSTED: Error = new Error('the steps of a check are used up');

export class Steps {
  #left: number;

  constructor(steps: number) {
    this.#left = steps;
  }

  get left(): number {
    return this.#left;
  }

  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw EXHAUSTED;
  }
}

/** Objects with more keys are hash tables, through which the way is longer. */
const FEW_KEYS = 64;
const KEY_STEPS = 4;
const TABLE_KEY_STEPS = 16;

/** What the next key of an object costs, of which `seen` were there before. */
export const keySteps = (seen: number): number => (seen < FEW_KEYS ? KEY_STEPS : TABLE_KEY_STEPS);
