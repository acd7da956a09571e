/** How a run ended, as a DONE frame says it; the same for every engine. */
import type { Outcome } from '../../protocol/frames.ts';

export interface Execution {
  readonly outcome: Outcome;
  readonly value: Uint8Array;
  /** Files the guest left, encoded; empty when there are none. */
  readonly files: Uint8Array;
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  /** An encoded value: see protocol/thrown.ts. Empty when there is nothing more to say. */
  readonly detail: Uint8Array;
  /** 0: not known. */
  readonly line: number;
  readonly column: number;
}

const NOTHING = new Uint8Array(0);
export const failed = (outcome: Outcome, more: Partial<Execution> = {}): Execution => ({
  outcome,
  value: NOTHING,
  files: NOTHING,
  name: '',
  message: '',
  stack: '',
  detail: NOTHING,
  line: 0,
  column: 0,
  ...more,
});

export type StopReason = 'TIMEOUT' | 'FUEL_EXHAUSTED' | 'CANCELLED';

/** Thrown through the engine to end a guest: no guest code can catch it. */
export class Stopped {
  readonly reason: StopReason;

  constructor(reason: StopReason) {
    this.reason = reason;
  }
}
