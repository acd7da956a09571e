/**
 * Keys of Maps and Sets that were chosen to collide. V8 hashes numbers and BigInts without a secret, and up to Node.js 25 texts of
 * digits too: by their value modulo the size of the table. A guest can make n of them cost n² / 2 steps.
 */
import type { Value } from '../core/value.ts';
import { ProtocolError } from './error.ts';

/** Bounds Σ n² over a value: one collection of 30,000 numbers, or many smaller ones. */
const BUDGET = 900_000_000;
/** Below this nothing is counted. */
const SMALL = 64;
const MOST_CHAINS = 2 ** 18;

/** The number that a text of at most ten digits stands for; −1 for other texts. */
function digits(key: string): number {
  const { length } = key;
  if (length > 10) return -1;
  let value = 0;
  for (let i = 0; i < length; i++) {
    const digit = key.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** What one value may spend on collisions. */
export class CollisionBudget {
  #left: number = BUDGET;

  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0)
      throw new ProtocolError(
        'the value contains Maps or Sets with keys that collide, such as more than 30,000 number keys in one',
        'unsupported',
      );
  }
}

/** The keys of one collection; without a budget nothing is counted. */
export class Keys {
  readonly #budget: CollisionBudget | null;
  readonly #count: number;
  #numbers = 0;
  /** Keys of digits, by where they would stand in a table of this size. */
  #chains: Uint32Array | null = null;

  constructor(budget: CollisionBudget | null, count: number) {
    this.#budget = budget;
    this.#count = count;
  }

  add(key: Value): void {
    if (this.#budget === null) return;
    if (typeof key === 'number' || typeof key === 'bigint') this.#budget.spend(2 * this.#numbers++ + 1);
    else if (typeof key === 'string' && this.#count >= SMALL) {
      const index = digits(key);
      if (index >= 0) this.#addDigits(index, this.#budget);
    }
  }

  #addDigits(index: number, budget: CollisionBudget): void {
    this.#chains ??= new Uint32Array(Math.min(MOST_CHAINS, 2 ** Math.ceil(Math.log2(this.#count))));
    const place = index % this.#chains.length;
    const length = this.#chains[place] as number;
    this.#chains[place] = length + 1;
    budget.spend(2 * length);
  }
}
