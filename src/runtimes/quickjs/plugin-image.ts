/**
 * A repeated plugin is compiled once: the memory right after compiling it, before any of its code has run, is kept as
 * an image, and every run starts from a copy. The first run does too, so that it costs the same fuel as the others.
 */

import type { RunState } from './execution.ts';
import { enterJob, type JobImages } from './job-image.ts';
import type { Machine } from './machine.ts';
import type { Entered } from './plugin-cache.ts';
import type { Prepared } from './source.ts';
import { OutOfGuestMemory } from './values.ts';

/** Flags of JS_Eval (quickjs.h). */
const EVAL_SCRIPT = 0;
const EVAL_MODULE = 1;
const COMPILE_ONLY = 32;

/** The statement that finds a loaded plugin by its name, as a module of its own. */
export const reexport = (fileName: string): string => `export { default } from ${JSON.stringify(fileName)};`;

/** Puts a fresh guest in force: the job's settings applied, the plugin compiled, nothing of it run. */
export function enterPlugin(machine: Machine, run: RunState, source: Prepared, images: JobImages): Entered {
  const { code, job, jobText } = run;
  const loaded = source.form === 'module' && !job.modules.some(([name]) => name === job.fileName);
  if (source.form !== 'body' && !loaded) return { ...enterJob(machine, job, images), body: 0, loaded: false };
  const key = `${jobText}\n${code}`;
  let known = images.plugins.get(key);
  if (known === undefined) {
    const { context, doors } = enterJob(machine, job, images);
    machine.limitCompiler(job.memoryBytes);
    const before = machine.rewinder.brk;
    const { values } = machine;
    let body = 0;
    if (loaded) values.evaluate(reexport(job.fileName), 'citadel:load', COMPILE_ONLY | EVAL_MODULE);
    else body = values.evaluate(source.text, job.fileName, EVAL_SCRIPT);
    const image = machine.rewinder.capture();
    known = { context, doors, body, loaded, image, bytes: image.brk - before };
    images.plugins.set(key, known);
    // Compiling has used the stack, which is not part of the image.
    images.dirty(false);
  }
  images.reset(machine, known.image, job);
  if (known.bytes > job.memoryBytes) throw new OutOfGuestMemory();
  return known;
}
