/**
 * Deadlines of everything in a sandbox behind one timer. Thousands of runs share it: an item's deadline may move
 * later for free, and is looked at only when the earliest known one has passed.
 */
export interface Watched {
  /** Monotonic milliseconds; Infinity: nothing due. */
  readonly deadline: number;
  /** The deadline has passed. Sets a later one, or unwatches. */
  expired(now: number): void;
}

export class Watchdog {
  readonly #now: () => number;
  readonly #items: Set<Watched> = new Set();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wakeAt = Number.POSITIVE_INFINITY;

  constructor(now: () => number) {
    this.#now = now;
  }

  watch(item: Watched): void {
    this.#items.add(item);
    this.moved(item);
  }

  unwatch(item: Watched): void {
    this.#items.delete(item);
  }

  /** The item's deadline may have come nearer. */
  moved(item: Watched): void {
    if (item.deadline < this.#wakeAt) this.#arm(item.deadline);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#items.clear();
    this.#wakeAt = Number.POSITIVE_INFINITY;
  }

  #arm(at: number): void {
    clearTimeout(this.#timer);
    this.#wakeAt = at;
    if (at === Number.POSITIVE_INFINITY) return;
    // Rounded up: a timer that fires early would spin. The second hop lets messages that arrived while the host was
    // busy be read first, so that a late host does not blame a cell which answered in time.
    const delay = Math.max(0, Math.ceil(at - this.#now()));
    this.#timer = setTimeout(() => {
      this.#timer = setTimeout(() => this.#check(), 0);
    }, delay);
    // A pending run is kept alive by its cell; deadlines alone must not keep a process.
    (this.#timer as { unref?: () => void }).unref?.();
  }

  #check(): void {
    const now = this.#now();
    this.#wakeAt = Number.POSITIVE_INFINITY;
    for (const item of [...this.#items]) {
      if (item.deadline <= now && this.#items.has(item)) item.expired(now);
    }
    let next = Number.POSITIVE_INFINITY;
    for (const item of this.#items) next = Math.min(next, item.deadline);
    this.#arm(Math.min(next, this.#wakeAt));
  }
}
