/** Equality of JSON, as schemas mean it. */
import type { Steps } from './steps.ts';

const CHARS_PER_STEP = 64;

export function equalJson(a: unknown, b: unknown, steps: Steps): boolean {
  steps.spend(1);
  if (typeof a === 'string') {
    if (typeof b !== 'string' || a.length !== b.length) return false;
    steps.spend(a.length / CHARS_PER_STEP);
    return a === b;
  }
  // 0 and -0 are one number.
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, i) => equalJson(item, b[i], steps));
  }
  const keys = Object.keys(a);
  steps.spend(keys.length);
  return (
    keys.length === Object.keys(b).length &&
    keys.every(
      key =>
        Object.hasOwn(b, key) &&
        equalJson((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key], steps),
    )
  );
}
