/** Which failures are tried again, and when. */
import { ERROR_TABLE, type SandboxError } from '../core/errors.ts';
import type { Retry } from './types.ts';

/** Tries of an item or batch, the first one included. */
export const MOST_ATTEMPTS = 10;
export const LONGEST_WAIT_MS = 60_000;
const DELAY_MS = 250;
const FACTOR = 2;

/** Answers that say themselves that a later one may be another. */
const PASSING: readonly number[] = [408, 425, 429, 500, 502, 503, 504];

/** What `retry.on` may name. */
export const isRetryWord = (word: unknown): boolean =>
  word === 'network' ||
  word === '4xx' ||
  word === '5xx' ||
  (typeof word === 'number' && Number.isSafeInteger(word) && word >= 400 && word <= 599);

export function isTriedAgain({ code, response }: SandboxError, retry: Retry): boolean {
  const { fault } = ERROR_TABLE[code];
  // Another try meets the same policy, and the same mistake of the caller.
  if (fault === 'policy' || fault === 'caller') return false;
  const { on } = retry;
  if (response !== undefined) {
    const { status } = response;
    if (on === undefined) return PASSING.includes(status);
    return on.includes(status) || on.includes(status >= 500 ? '5xx' : '4xx');
  }
  return on === undefined || (code === 'HTTP_FAILED' && on.includes('network'));
}

/** Milliseconds before the try after this one, counted from 1. A server that asks for more time is given it, up to a minute. */
export function waitBefore(attempt: number, { response }: SandboxError, retry: Retry): number {
  const own = (retry.delayMs ?? DELAY_MS) * (retry.factor ?? FACTOR) ** (attempt - 1);
  return Math.min(LONGEST_WAIT_MS, Math.max(own, response?.retryAfterMs ?? 0));
}
