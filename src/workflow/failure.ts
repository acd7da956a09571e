/** How nodes fail, and what of a failure is told. */
import { mergeEntries } from '../core/entries.ts';
import { type ErrorCode, SandboxError } from '../core/errors.ts';
import { cleanLine } from '../core/text.ts';
import type { Value } from '../core/value.ts';

const MESSAGE_CHARS = 1_000;

export const failure = (code: ErrorCode, message: string, cause?: unknown): SandboxError =>
  new SandboxError(code, cleanLine(message, MESSAGE_CHARS), { cause });

/** Whatever a node, a library or an embedder's kind threw, as the one error class. Never throws itself. */
export function asFailure(error: unknown): SandboxError {
  if (error instanceof SandboxError) return error;
  let message = 'something that has no text was thrown';
  try {
    message = error instanceof Error ? error.message : String(error);
  } catch {
    // A thrown value may refuse to become text.
  }
  return failure('NODE_FAILED', message, error);
}

/** What an item that failed becomes on the port `error`. */
export const failedItem = (item: Value, { code, message, response }: SandboxError): Value => ({
  item,
  error: { code, message, ...(response === undefined ? {} : { response: response as unknown as Value }) },
});

/** The item with a result in it, or the result alone. @throws SandboxError NODE_FAILED */
export function place(item: Value, into: string, result: Value): Value {
  if (into === '') return result;
  if (!isPlain(item))
    throw failure('NODE_FAILED', `config.into = ${JSON.stringify(into)} needs an item that is an object`);
  return mergeEntries(item, { [into]: result });
}

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
