/**
 * One budget of estimated bytes for all items of a run: what they hold in the host's memory as long as the record is kept. What is
 * shared counts once, so an item that passes through fifty nodes costs what is added to it on the way.
 */
import { Budget, HOST_BYTES } from '../core/budget.ts';
import { setEntries, setEntry } from '../core/entries.ts';
import type { Value } from '../core/value.ts';
import { isPlain } from '../tools/plain.ts';
import { failure } from './failure.ts';

/** Objects of a fresh value that are counted without being kept in mind. */
const FRESH_OBJECTS = 1_000;
/** As deep as values cross. */
const DEEPEST = 500;

export class RunBudget {
  /** Something did not fit: whoever fails now fails for good. */
  exceeded = false;
  readonly #limit: number;
  readonly #budget: Budget;
  /** Objects that were paid for. Not weak: the run's records hold them as long as this, and weak tables cost each collection its time. */
  readonly #paid: Set<object> = new Set();
  /** Objects of the value at hand that are new for sure. */
  #new = 0;

  constructor(bytes: number) {
    this.#limit = bytes;
    this.#budget = new Budget(bytes, () => {
      this.exceeded = true;
      return failure('NODE_FAILED', `the items of this run come to more than limits.itemBytes = ${bytes}`);
    });
  }

  /** Estimated bytes of everything so far. */
  get spent(): number {
    return Math.min(this.#limit, this.#limit - this.#budget.left);
  }

  /** Places in lists. @throws SandboxError NODE_FAILED */
  slots(count: number): void {
    this.#budget.spend(HOST_BYTES.slot * count);
  }

  /** True where there was room for it. */
  takes(bytes: number): boolean {
    if (this.#budget.left < bytes) return false;
    this.#budget.spend(bytes);
    return true;
  }

  /**
   * Pays for all of a value that was not paid for yet. `fresh` says that it came out of a cell just now and shares nothing with what was
   * here: then it is not kept in mind, which costs several times what counting does. Should it be passed on, it is counted once more.
   * @throws SandboxError NODE_FAILED
   */
  pay(value: Value, fresh = false): void {
    this.#new = fresh ? FRESH_OBJECTS : 0;
    this.#pay(value, 0);
  }

  #pay(value: Value, depth: number): void {
    if (typeof value === 'string') this.#budget.spend(HOST_BYTES.text + value.length);
    else if (typeof value === 'bigint') this.#budget.spend(HOST_BYTES.bigint);
    if (typeof value !== 'object' || value === null) return;
    const isNew = this.#new > 0;
    if (isNew) this.#new -= 1;
    else if (this.#paid.has(value)) return;
    if (depth > DEEPEST) throw failure('NODE_FAILED', `an item is nested more than ${DEEPEST} deep`);
    if (!isNew) this.#paid.add(value);
    if (value instanceof Date) this.#budget.spend(HOST_BYTES.date);
    else if (ArrayBuffer.isView(value))
      this.#budget.spend(HOST_BYTES.view + HOST_BYTES.buffer + value.byteLength);
    else if (Array.isArray(value)) {
      this.#budget.spend(HOST_BYTES.array + HOST_BYTES.slot * value.length);
      for (const one of value as readonly Value[]) this.#pay(one, depth + 1);
    } else if (value instanceof Map || value instanceof Set) {
      this.#budget.spend(HOST_BYTES.table + 3 * HOST_BYTES.slot * value.size);
      for (const [key, held] of value.entries()) {
        if (value instanceof Map) this.#pay(key, depth + 1);
        this.#pay(held, depth + 1);
      }
    } else this.#object(value as Readonly<Record<string, Value>>, depth);
  }

  #object(value: Readonly<Record<string, Value>>, depth: number): void {
    let bytes = HOST_BYTES.object;
    // Without a list of the keys; what a prototype lends is counted too, and there is nothing.
    for (const key in value) {
      bytes += HOST_BYTES.entry + key.length;
      const held = value[key];
      if (typeof held === 'string') bytes += HOST_BYTES.text + held.length;
      else if (typeof held === 'object' || typeof held === 'bigint') this.#pay(held, depth + 1);
    }
    this.#budget.spend(bytes);
  }

  /** The item with a result in it, or the result alone. @throws SandboxError NODE_FAILED */
  place(item: Value, into: string, result: Value): Value {
    // Whatever leaves a node is paid for as it does.
    if (into === '') return result;
    this.pay(result);
    if (!isPlain(item))
      throw failure('NODE_FAILED', `config.into = ${JSON.stringify(into)} needs an item that is an object`);
    const placed = this.merge(item);
    setEntry(placed, into, result);
    return placed;
  }

  /** One object with the entries of all, later ones win. Their values are paid for already. @throws SandboxError NODE_FAILED */
  merge(...parts: readonly Readonly<Record<string, Value>>[]): Record<string, Value> {
    const merged: Record<string, Value> = {};
    this.#paid.add(merged);
    for (const part of parts) {
      this.#budget.spend(HOST_BYTES.object + HOST_BYTES.entry * Object.keys(part).length);
      setEntries(merged, part);
    }
    return merged;
  }
}
