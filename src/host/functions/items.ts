/** Iterables that host functions answer, told apart from values. */

/** Keeps an iterable apart from values. */
export class Items {
  readonly iterator: AsyncIterator<unknown>;

  constructor(iterator: AsyncIterator<unknown>) {
    this.iterator = iterator;
  }
}

export function iteratorOf(value: unknown): AsyncIterator<unknown> | null {
  if (typeof value !== 'object' || value === null) return null;
  const method = (value as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator];
  return typeof method === 'function' ? method.call(value as AsyncIterable<unknown>) : null;
}

export async function closing(items: AsyncIterator<unknown> | null): Promise<void> {
  try {
    await items?.return?.();
  } catch {
    // Nobody listens any more.
  }
}
