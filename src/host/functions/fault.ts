/** What a call comes to without a value: what its guest is told, and what its operator. */
import { HostFunctionError } from '../../core/host-error.ts';
import { cleanLine, cleanText } from '../../core/text.ts';
import type { CallFault } from '../../protocol/net.ts';

const NAME_CHARS = 256;
const MESSAGE_CHARS = 4_096;
const ERROR_CHARS = 1_000;

export class Fault {
  readonly kind: CallFault;
  readonly name: string;
  readonly message: string;
  /** For the operator; the message, when there is no more to say. */
  readonly detail: string;

  constructor(kind: CallFault, name: string, message: string, detail: string = message) {
    this.kind = kind;
    this.name = cleanLine(name, NAME_CHARS);
    this.message = cleanText(message, MESSAGE_CHARS);
    this.detail = cleanLine(detail, ERROR_CHARS);
  }
}

export const limitFault = (message: string): Fault => new Fault('limit', 'RangeError', message);

export const refusedFault = (name: string, problem: string): Fault =>
  new Fault('refused', 'TypeError', `${name}: the argument does not fit: ${problem}`);

export const timeoutFault = (name: string, ms: number): Fault =>
  new Fault('timeout', 'TimeoutError', `${name} took longer than ${ms} ms`);

/** An exception in one line. Anything may have been thrown, a Proxy included. */
export function described(error: unknown): string {
  try {
    return error instanceof Error ? `${String(error.name)}: ${String(error.message)}` : String(error);
  } catch {
    return 'something that cannot be shown';
  }
}

/** What of an exception its guest may be told; null for what it may not. */
export function toldOf(error: unknown): Fault | null {
  try {
    if (error instanceof Fault) return error;
    if (error instanceof HostFunctionError)
      return new Fault('error', String(error.name), String(error.message));
  } catch {
    // A Proxy may throw at every question.
  }
  return null;
}
