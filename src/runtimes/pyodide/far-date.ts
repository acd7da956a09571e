/** Dates that Python's datetime cannot hold: it knows the years 1 to 9999. */
import type { Value } from '../../core/value.ts';
import { pathText, type Step } from '../../protocol/value-path.ts';

const FIRST = Date.parse('0001-01-01T00:00:00.000Z');
const LAST = Date.parse('9999-12-31T23:59:59.999Z');

/** An invalid date is none, and crosses as None. */
export const isFarDate = (date: Date): boolean => date.getTime() < FIRST || date.getTime() > LAST;

function find(value: Value, steps: Step[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (value instanceof Date) return isFarDate(value);
  if (value instanceof Uint8Array) return false;
  const within = (step: Step, item: Value): boolean => {
    steps.push(step);
    if (find(item, steps)) return true;
    steps.pop();
    return false;
  };
  if (Array.isArray(value)) return value.some((item: Value, i) => within(i, item));
  if (value instanceof Set) return [...value].some((item, i) => within({ map: i, part: 'item' }, item));
  if (value instanceof Map)
    return [...value].some(
      ([key, item], i) => within({ map: i, part: 'key' }, key) || within({ map: i, part: 'value' }, item),
    );
  return Object.entries(value as Readonly<Record<string, Value>>).some(([key, item]) => within(key, item));
}

/** Where the first of an input stands, as its author would write it; depth is bounded by that of values. */
export function farDatePath(input: Value): string {
  const steps: Step[] = [];
  find(input, steps);
  return pathText('input', steps);
}
