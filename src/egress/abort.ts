/** One request's end: its own time, its caller, its run, whichever comes first. */

export interface Ending {
  readonly signal: AbortSignal;
  /** From now on it has this long. */
  within(ms: number): void;
  /** Ends it now, and lets go of timers and listeners. Idempotent. */
  end(): void;
}

export function createEnding(parents: readonly AbortSignal[]): Ending {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = (): void => {
    clearTimeout(timer);
    for (const parent of parents) parent.removeEventListener('abort', end);
    controller.abort();
  };
  for (const parent of parents) parent.addEventListener('abort', end, { once: true });
  if (parents.some(({ aborted }) => aborted)) end();
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
