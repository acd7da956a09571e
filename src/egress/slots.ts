/** A number of places, given out in the order they were asked for. */
export class Slots {
  #free: number;
  readonly #waiting: Set<() => void> = new Set();

  constructor(places: number) {
    this.#free = places;
  }

  /** Resolves with the function that gives the place back (once), or with `null` when the signal came first. */
  async take(signal: AbortSignal): Promise<(() => void) | null> {
    if (signal.aborted) return null;
    if (this.#free > 0) this.#free -= 1;
    else if (!(await this.#wait(signal))) return null;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#give();
    };
  }

  #wait(signal: AbortSignal): Promise<boolean> {
    return new Promise(resolve => {
      const serve = (): void => {
        signal.removeEventListener('abort', leave);
        resolve(true);
      };
      const leave = (): void => {
        this.#waiting.delete(serve);
        resolve(false);
      };
      this.#waiting.add(serve);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  /** Handed on without becoming free in between: nobody overtakes. */
  #give(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free += 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
