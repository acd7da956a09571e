/** A run's state while it lasts, and how it ended. */
import type { Outcome } from '../../protocol/frames.ts';
import type { Job } from '../../protocol/program.ts';
import type { Prepared } from './source.ts';

/** How a run ended, as a DONE frame says it. */
export interface Execution {
  readonly outcome: Outcome;
  readonly value: Uint8Array;
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  /** 0: not known. */
  readonly line: number;
  readonly column: number;
}

const NOTHING = new Uint8Array(0);
export const failed = (outcome: Outcome, more: Partial<Execution> = {}): Execution => ({
  outcome,
  value: NOTHING,
  name: '',
  message: '',
  stack: '',
  line: 0,
  column: 0,
  ...more,
});

type Stage = 'new' | 'script-await' | 'module' | 'value';

export interface RunState {
  readonly code: string;
  readonly jobText: string;
  readonly job: Job;
  readonly input: Uint8Array;
  readonly modules: ReadonlyMap<string, string>;
  prepared: Prepared | null;
  stage: Stage;
  /** `JSValue *` the run waits for, or ends with. */
  value: number;
  /** The context object of module functions. */
  context: number;
  begun: boolean;
  cpuMs: number;
}

export function startRun(code: string, jobText: string, job: Job, input: Uint8Array): RunState {
  const modules = new Map(job.modules);
  return {
    code, jobText, job, input, modules, prepared: null, stage: 'new', value: 0, context: 0, begun: false, cpuMs: 0,
  }; // biome-ignore format: a list
}
