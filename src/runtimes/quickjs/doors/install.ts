/**
 * The guest's side of host functions is no part of the snapshot: it is evaluated when a job has functions, before any guest code,
 * and kept in the job's image. A guest without them carries nothing of it.
 */
import { writeText } from '../bjson.ts';
import type { Machine } from '../machine.ts';

const EVAL_SCRIPT = 0;

/** `JSValue *` of the function that takes answers; 0 where there are no functions. */
export function installDoors(machine: Machine, names: readonly string[], text: string): number {
  if (names.length === 0) return 0;
  const { values, meta } = machine;
  const install = values.evaluate(text, 'citadel:doors', EVAL_SCRIPT);
  const settings = values.decode(writeText(JSON.stringify(names)));
  const receive = values.call(meta.entry.extend, install, settings);
  values.free(settings);
  values.free(install);
  return receive;
}
