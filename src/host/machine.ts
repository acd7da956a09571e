/** What all sandboxes of a process share: the machine. How many cells may start at once, and how crowded it is. */
import type { Platform } from '../platform/types.ts';

interface Turn {
  readonly owner: object;
  readonly begin: () => void;
}

export class Machine {
  readonly #cores: number;
  #starting = 0;
  /** Cells whose guest is at work. */
  #running = 0;
  /** Who waits to start a cell, by owner; the order of the map is whose turn it is. */
  readonly #waiting: Map<object, Turn[]> = new Map();

  constructor(cores: number) {
    this.#cores = cores;
  }

  /** Threads for each processor, at least 1: a thread gets its work done that much later. */
  get crowding(): number {
    return Math.max(1, (this.#running + this.#starting) / this.#cores);
  }

  /**
   * Calls `begin` as soon as a cell may start: at once, or when one of those that start now is done. Owners take turns.
   * @returns to be called when the cell has started, or will not: further calls do nothing
   */
  start(owner: object, begin: () => void): () => void {
    const turn: Turn = { owner, begin };
    let isOver = false;
    const queue = this.#waiting.get(owner);
    if (queue === undefined) this.#waiting.set(owner, [turn]);
    else queue.push(turn);
    this.#next();
    return () => {
      if (isOver) return;
      isOver = true;
      if (!this.#withdraw(turn)) this.#starting--;
      this.#next();
    };
  }

  /** A guest begins, or has ended. */
  ran(by: 1 | -1): void {
    this.#running += by;
  }

  #withdraw(turn: Turn): boolean {
    const queue = this.#waiting.get(turn.owner);
    const at = queue?.indexOf(turn) ?? -1;
    if (queue === undefined || at < 0) return false;
    queue.splice(at, 1);
    if (queue.length === 0) this.#waiting.delete(turn.owner);
    return true;
  }

  #next(): void {
    while (this.#starting < this.#cores) {
      const [entry] = this.#waiting;
      if (entry === undefined) return;
      const [owner, queue] = entry;
      const turn = queue.shift() as Turn;
      this.#waiting.delete(owner);
      if (queue.length > 0) this.#waiting.set(owner, queue);
      this.#starting++;
      turn.begin();
    }
  }
}

const machines: WeakMap<Platform, Machine> = new WeakMap();

export function machineOf(platform: Platform): Machine {
  let machine = machines.get(platform);
  if (machine === undefined) {
    machine = new Machine(platform.cores);
    machines.set(platform, machine);
  }
  return machine;
}
