import { dateNow, global, TypeErrorCtor } from './primordials.ts';
import { only, Singleton } from './singleton.ts';
import { expose, hidden, host } from './webidl.ts';

const KEY = {};

class Performance extends Singleton {
  readonly #brand = true;

  constructor(key?: unknown) {
    if (key !== KEY) throw new TypeErrorCtor('Illegal constructor');
    super();
  }

  /** Milliseconds since the run began, in whole steps: a finer clock serves attacks on timing. */
  now(): number {
    this.#brand;
    return host.now();
  }

  /** Computed when asked: the object itself is older than the run. */
  get timeOrigin(): number {
    this.#brand;
    return dateNow() - host.now();
  }

  toJSON(): object {
    return { timeOrigin: this.timeOrigin };
  }
}

export function installPerformance(): void {
  expose('Performance', Performance);
  hidden(global, 'performance', only(Performance, KEY));
}
