/** How tools fail: in the words that the host uses, wherever they run. */
import { type ErrorCode, SandboxError } from '../core/errors.ts';
import { cleanLine } from '../core/text.ts';

const MESSAGE_CHARS = 1_000;

export const failure = (code: ErrorCode, message: string, cause?: unknown): SandboxError =>
  new SandboxError(code, cleanLine(message, MESSAGE_CHARS), { cause });

/** Whatever a library threw, as the one error class. Never throws itself. */
export function asFailure(error: unknown): SandboxError {
  if (error instanceof SandboxError) return error;
  let message = 'something that has no text was thrown';
  try {
    // An engine says differently in each realm how its stack ended.
    if (error instanceof RangeError && /call stack|recursion/i.test(error.message))
      message = 'it is nested too deeply';
    else message = error instanceof Error ? error.message : String(error);
  } catch {
    // A thrown value may refuse to become text.
  }
  return failure('NODE_FAILED', message, error);
}
