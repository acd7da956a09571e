/** How work for a cell is written, and how its failures are read. */
import { ERROR_TABLE, type ErrorCode, type GuestThrow, SandboxError } from '../core/errors.ts';
import type { Outcome } from '../protocol/frames.ts';
import type { ToolConfig } from './types.ts';

export const orderText = (tool: string, config: ToolConfig): string => JSON.stringify({ tool, config });

/** Codes that a tool may fail with. The cell names one; whatever else it names is a node's failure. */
const CODES: ReadonlySet<string> = new Set<ErrorCode>([
  'NODE_FAILED',
  'INVALID_ARGUMENT',
  'INPUT_REFUSED',
  'OUTPUT_REFUSED',
  'OUTPUT_TOO_LARGE',
  'MANIFEST_INVALID',
]);

export function failureOf(
  outcome: Outcome,
  { name, message }: GuestThrow,
  outputBytes: number,
): SandboxError {
  if (outcome === 'OUTPUT_TOO_LARGE')
    return new SandboxError('OUTPUT_TOO_LARGE', `the result is larger than ${outputBytes} bytes`);
  const code = CODES.has(name) && Object.hasOwn(ERROR_TABLE, name) ? (name as ErrorCode) : 'NODE_FAILED';
  return new SandboxError(code, message === '' ? 'the work failed' : message);
}
