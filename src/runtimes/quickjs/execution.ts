/** A JavaScript run's state while it lasts. */
import type { ScriptJob } from '../../protocol/program.ts';
import type { Prepared } from './source.ts';

type Stage = 'new' | 'script-await' | 'module' | 'value';

export interface RunState {
  readonly code: string;
  readonly jobText: string;
  readonly job: ScriptJob;
  readonly input: Uint8Array;
  readonly modules: ReadonlyMap<string, string>;
  prepared: Prepared | null;
  stage: Stage;
  /** `JSValue *` the run waits for, or ends with. */
  value: number;
  /** The context object of module functions. */
  context: number;
  /** `JSValue *` of the function that takes answers of host functions; 0 where there are none. */
  doors: number;
  begun: boolean;
  cpuMs: number;
}

export function startRun(code: string, jobText: string, job: ScriptJob, input: Uint8Array): RunState {
  const modules = new Map(job.modules);
  return {
    code, jobText, job, input, modules, prepared: null, stage: 'new', value: 0, context: 0, doors: 0, begun: false, cpuMs: 0,
  }; // biome-ignore format: a list
}
