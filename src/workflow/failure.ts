/** How nodes fail, and what of a failure is told. */
import type { SandboxError } from '../core/errors.ts';
import type { Value } from '../core/value.ts';

export { asFailure, failure } from '../tools/failure.ts';

/** What an item that failed becomes on the port `error`. */
export const failedItem = (item: Value, { code, message, response }: SandboxError): Value => ({
  item,
  error: { code, message, ...(response === undefined ? {} : { response: response as unknown as Value }) },
});
