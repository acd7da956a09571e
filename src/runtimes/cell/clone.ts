/** A clone of plain JSON, for bundled code that expects the web's in a realm without: see scripts/build-cell.ts. */
export function structuredClone<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
