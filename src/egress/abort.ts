/** Ends: of a run, and of one request in it. */

/** The end of a run. Requests hang on it in a set: a signal with a listener for each would be taken for a leak. */
export class RunEnd {
  readonly #controller: AbortController = new AbortController();
  readonly #enders: Set<() => void> = new Set();

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Called at the end of the run, at once when it is over. Returns the way to let go. */
  add(ender: () => void): () => void {
    if (this.signal.aborted) ender();
    else this.#enders.add(ender);
    return () => this.#enders.delete(ender);
  }

  /** Idempotent. */
  end(): void {
    this.#controller.abort();
    for (const ender of this.#enders) ender();
    this.#enders.clear();
  }
}

/** One request's end: its own time, its caller, its run, whichever comes first. */
export interface Ending {
  readonly signal: AbortSignal;
  /** From now on it has this long. */
  within(ms: number): void;
  /** Ends it now, and lets go of timers and listeners. Idempotent. */
  end(): void;
}

export function createEnding(run: RunEnd, caller: AbortSignal | undefined): Ending {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let leave = (): void => {};
  const end = (): void => {
    clearTimeout(timer);
    caller?.removeEventListener('abort', end);
    leave();
    controller.abort();
  };
  leave = run.add(end);
  if (caller?.aborted === true) end();
  else if (!controller.signal.aborted) caller?.addEventListener('abort', end, { once: true });
  return {
    signal: controller.signal,
    within(ms) {
      if (!controller.signal.aborted) timer = setTimeout(end, ms);
    },
    end,
  };
}

/** @throws DOMException AbortError when the signal comes first */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new DOMException('aborted', 'AbortError'));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
