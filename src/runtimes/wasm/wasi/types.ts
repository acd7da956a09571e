/** What WASI needs of its surroundings. */
import type { FileTree } from '../fs/index.ts';

export interface WasiHost {
  /** argv, the program's name first. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: Uint8Array;
  /** Takes what the guest wrote, a copy. Throws to end the guest: a cap was exceeded. */
  write(stream: 1 | 2, bytes: Uint8Array): void;
  /** Milliseconds since the epoch, and since the run began. */
  now(): number;
  monotonic(): number;
  random(bytes: number): Uint8Array;
  /** Blocks. Throws to end the guest at its deadline, or when it was cancelled. */
  sleep(ms: number): void;
  /** Pays for work done for the guest. Throws when its fuel or its time is used up. */
  charge(units: number): void;
  readonly tree: FileTree;
}

/** Thrown through the guest when it asks to end. */
export class ProcExit {
  readonly code: number;

  constructor(code: number) {
    this.code = code;
  }
}
