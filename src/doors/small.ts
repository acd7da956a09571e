/** Doors of one function each. */
import { HostFunctionError } from '../core/host-error.ts';
import { cleanLine } from '../core/text.ts';
import type { CallContext } from '../host/functions/types.ts';

/**
 * `sleep(ms)`: waits without being the guest's time, and ends with its run.
 * @param mostMs longer waits are refused. Default a minute; limits.functionTimeoutMs ends them as well
 */
export function sleep(mostMs = 60_000): (ms: unknown) => Promise<void> {
  return async function (this: unknown, ms: unknown): Promise<void> {
    if (typeof ms !== 'number' || !(ms >= 0 && ms <= mostMs))
      throw new HostFunctionError(`sleep from 0 to ${mostMs} ms`, { name: 'RangeError' });
    const { signal } = this as CallContext;
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, ms);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  };
}

/** How far a run has come, as its guest says. */
export interface Progress {
  /** From 0 to 1. */
  readonly done: number;
  /** One line of at most 200 characters without control characters. Guest-chosen: show, never trust. */
  readonly note: string;
  readonly plugin: string;
  readonly runId: string;
}

const NOTE_CHARS = 200;

/** `progress(done, note?)`: tells `onProgress`. */
export function progress(onProgress: (progress: Progress) => void): (done: unknown, note?: unknown) => void {
  return function (this: unknown, done: unknown, note: unknown = ''): void {
    if (typeof done !== 'number' || !(done >= 0 && done <= 1))
      throw new HostFunctionError('done is a number from 0 to 1', { name: 'RangeError' });
    if (typeof note !== 'string') throw new HostFunctionError('note is text', { name: 'TypeError' });
    const { plugin, runId } = this as CallContext;
    onProgress({ done, note: cleanLine(note, NOTE_CHARS), plugin, runId });
  };
}
