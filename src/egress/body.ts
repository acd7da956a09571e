/** The body a session hands out: counted, redacted, cut at the limit, and read a little ahead. */
import { type NetBody, NetError } from '../platform/net.ts';
import type { StreamRedactor } from './redact.ts';
import { type BodyPart, type EgressBody, EgressBodyError } from './types.ts';

export type BodyEnd =
  | { readonly outcome: 'complete' | 'cancelled' | 'cut' }
  | { readonly outcome: 'failed'; readonly fault: string };

export interface BodyHooks {
  /** False when the run may not have them; called before they are handed on. */
  readonly count: (bytes: number) => boolean;
  readonly redactor: StreamRedactor | null;
  /** Ends with the run, the caller or the request's time. */
  readonly signal: AbortSignal;
  /** True when the end of the signal is the guest's own or its run's, not a slow peer's. */
  readonly wasStopped: () => boolean;
  /** Called once, when nothing more will arrive. */
  readonly done: (end: BodyEnd) => void;
}

/**
 * Read before anybody asks: small bodies end, and give back their place, although many guests never look at them.
 * With the concurrency limit this bounds what waits in memory.
 */
const AHEAD_BYTES = 64 * 1024;

export function createEgressBody(source: NetBody, hooks: BodyHooks): EgressBody {
  const queue: Uint8Array[] = [];
  let queued = 0;
  /** How it ended; told after what is queued. */
  let last: Exclude<BodyPart, { kind: 'data' }> | null = null;
  let wakeReader: (() => void) | null = null;
  let wakePump: (() => void) | null = null;

  const finish = (part: Exclude<BodyPart, { kind: 'data' }>, end: BodyEnd): void => {
    if (last !== null) return;
    last = part;
    hooks.signal.removeEventListener('abort', abort);
    source.cancel();
    hooks.done(end);
    wakeReader?.();
    wakePump?.();
  };
  const drop = (): void => {
    queue.length = 0;
    queued = 0;
  };
  const abort = (): void => {
    drop();
    const stopped = hooks.wasStopped();
    finish(
      { kind: 'error', failure: stopped ? 'aborted' : 'network' },
      stopped ? { outcome: 'cancelled' } : { outcome: 'failed', fault: 'timeout' },
    );
  };
  const enqueue = (bytes: Uint8Array): void => {
    if (bytes.length === 0) return;
    queue.push(bytes);
    queued += bytes.length;
    wakeReader?.();
  };

  const pump = async (): Promise<void> => {
    while (last === null) {
      const bytes = await source.read();
      if (last !== null) return;
      if (bytes === null) {
        if (hooks.redactor !== null) enqueue(hooks.redactor.end());
        finish({ kind: 'end' }, { outcome: 'complete' });
        return;
      }
      if (!hooks.count(bytes.length)) {
        finish({ kind: 'error', failure: 'limit' }, { outcome: 'cut' });
        return;
      }
      enqueue(hooks.redactor === null ? bytes : hooks.redactor.push(bytes));
      while (queued >= AHEAD_BYTES && last === null) {
        await new Promise<void>(resolve => {
          wakePump = resolve;
        });
        wakePump = null;
      }
    }
  };

  const body: EgressBody = {
    async read() {
      for (;;) {
        const bytes = queue.shift();
        if (bytes !== undefined) {
          queued -= bytes.length;
          if (queued < AHEAD_BYTES) wakePump?.();
          return { kind: 'data', bytes };
        }
        if (last !== null) return last;
        await new Promise<void>(resolve => {
          wakeReader = resolve;
        });
        wakeReader = null;
      }
    },
    cancel() {
      drop();
      finish({ kind: 'error', failure: 'aborted' }, { outcome: 'cancelled' });
    },
    async *[Symbol.asyncIterator]() {
      try {
        for (;;) {
          const part = await body.read();
          if (part.kind === 'error') throw new EgressBodyError(part.failure);
          if (part.kind === 'end') return;
          yield part.bytes;
        }
      } finally {
        body.cancel();
      }
    },
  };

  if (hooks.signal.aborted) abort();
  else hooks.signal.addEventListener('abort', abort, { once: true });
  pump().catch((error: unknown) => {
    const fault = error instanceof NetError ? error.fault : 'unknown';
    finish({ kind: 'error', failure: 'network' }, { outcome: 'failed', fault });
  });
  return body;
}
