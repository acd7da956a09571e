/**
 * What crosses between host and guest: JSON, plus the few types JSON loses. docs/values.md has the full table.
 * Arrays are dense, objects are plain, keys are own enumerable strings; `__proto__` arrives as an own key.
 */
export type Value =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Date
  | Uint8Array
  | readonly Value[]
  | ReadonlyMap<Value, Value>
  | ReadonlySet<Value>
  | { readonly [key: string]: Value };
