/** One attack as data, and the looks at a result that several of them share. */
import { expect } from 'vitest';
import type { ErrorCode, ExecutionResult, GuestThrow, Limits, Value } from '../../../src/index.ts';

export type Ending = 'success' | ErrorCode;

export interface Attack {
  /** Of the published collection the case is from, or `own`. */
  readonly id: string;
  readonly title: string;
  readonly code: string;
  readonly language?: 'javascript' | 'typescript';
  readonly limits?: Partial<Limits>;
  /** How the run ends when the policy blocks no function; several only where speed or timing decides. */
  readonly ends: Ending | readonly Ending[];
  /** The whole result, when it is a success. */
  readonly value?: Value;
  /** Subjects of report.denials, in order. */
  readonly denied?: readonly string[];
  readonly holds?: (result: ExecutionResult) => void;
  /**
   * What takes long is reading the program, outside the engine: where no meter runs, the watchdog may have to
   * destroy the cell.
   */
  readonly parser?: boolean;
}

export function text(result: ExecutionResult): string {
  expect(result).toMatchObject({ success: true });
  return String(result.success && result.data);
}

export function guest(result: ExecutionResult): GuestThrow {
  const thrown = result.success ? undefined : result.error.guest;
  if (thrown === undefined) throw new Error('the guest threw nothing');
  return thrown;
}

/** `__proto__` arrives as a key, and changes no prototype. */
export function ownProto(result: ExecutionResult): void {
  expect(result.success).toBe(true);
  const data = result.success ? (result.data as object) : {};
  expect(Object.hasOwn(data, '__proto__')).toBe(true);
  expect(Object.getPrototypeOf(data)).toBe(Object.prototype);
}

export function droppedLogs({ report }: ExecutionResult): void {
  expect(report.truncations).toEqual([expect.objectContaining({ what: 'logs' })]);
  expect(report.usage.logBytes).toBeLessThanOrEqual(256 * 1024);
}
