/**
 * Promises that were rejected and have no handler. What is left of them when a turn's jobs are done ends the run, as in
 * Node.js: an error nobody looks at is not to vanish.
 */
import type { Engine } from './engine.ts';

interface Kept {
  /** The engine's pointer to the promise. */
  readonly identity: number;
  /** `JSValue *` of each; the promise is held so that no other one gets its address. */
  readonly promise: number;
  readonly reason: number;
}

/** Reasons kept at once. All are counted; one is shown. */
const MAX_KEPT = 16;

export class Rejections {
  #count = 0;
  #kept: Kept[] = [];

  /** Those without a handler now. The engine reports each once, and takes each back at most once. */
  get count(): number {
    return this.#count;
  }

  /** `JSValue *` of the reason of the first, or 0 when it is not known any more. */
  get reason(): number {
    return this.#kept[0]?.reason ?? 0;
  }

  reset(): void {
    this.#count = 0;
    this.#kept = [];
  }

  /** Called by the engine, in the midst of its work; the record is promise, reason, handled (scripts/engine-hook.ts). */
  note(
    engine: Engine,
    { context, rejection }: { readonly context: number; readonly rejection: number },
  ): void {
    const { fn } = engine;
    const identity = engine.view.getUint32(rejection, true);
    if (engine.view.getUint32(rejection + 16, true) === 0) {
      this.#count++;
      if (this.#kept.length >= MAX_KEPT) return;
      const promise = fn.QTS_DupValuePointer(context, rejection);
      this.#kept.push({ identity, promise, reason: fn.QTS_DupValuePointer(context, rejection + 8) });
      return;
    }
    this.#count--;
    const at = this.#kept.findIndex(each => each.identity === identity);
    const [gone] = at < 0 ? [] : this.#kept.splice(at, 1);
    if (gone === undefined) return;
    fn.QTS_FreeValuePointer(context, gone.promise);
    fn.QTS_FreeValuePointer(context, gone.reason);
  }
}
