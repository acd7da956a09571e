/** What items are made of. */
import type { Value } from '../core/value.ts';

/** An object of names and values, and none of the types that JSON has not. */
export function isPlain(value: Value): value is { readonly [key: string]: Value } {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !(value instanceof Map) &&
    !(value instanceof Set) &&
    !ArrayBuffer.isView(value)
  );
}
