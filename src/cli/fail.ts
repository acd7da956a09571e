/** A mistake on the command line is a caller's mistake like any other: the error table has its exit code. */
import { SandboxError } from '../core/errors.ts';

/** @param message one line that says what to do first */
export function usage(message: string): SandboxError {
  return new SandboxError('INVALID_ARGUMENT', message);
}
