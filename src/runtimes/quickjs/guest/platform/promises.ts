import { PromiseCtor } from './primordials.ts';

/** A promise of what `work` returns or throws. */
export function settle<T>(work: () => T): Promise<T> {
  return new PromiseCtor((resolve, reject) => {
    try {
      resolve(work());
    } catch (error) {
      reject(error);
    }
  });
}

export function resolved<T>(value: T): Promise<T> {
  return new PromiseCtor(resolve => resolve(value));
}
