/**
 * Settings of a job are applied once and kept as an image: later runs with the same job start from it, so that
 * freshness costs a copy and not a set-up.
 */
import type { ScriptJob } from '../../protocol/program.ts';
import { writeText } from './bjson.ts';
import { installDoors } from './doors/install.ts';
import type { Image } from './image.ts';
import { BRIDGE_STACK_BYTES, type Machine } from './machine.ts';
import { PluginImages } from './plugin-cache.ts';

export interface EnteredJob {
  /** `JSValue *` of the context object. */
  readonly context: number;
  /** `JSValue *` of the function that takes answers of host functions; 0 where there are none. */
  readonly doors: number;
}

interface JobImage extends EnteredJob {
  readonly image: Image;
}

const MAX_IMAGES = 16;

export class JobImages {
  readonly plugins: PluginImages = new PluginImages();
  /** Text of guest/doors.ts. */
  readonly doors: string;
  readonly #images: Map<string, JobImage> = new Map();
  /** What the last run may have left on the stack: its limit, or all of it. */
  readonly #before: { stackBytes: number; wholeStack: boolean } = { stackBytes: 0, wholeStack: true };

  constructor(doors: string) {
    this.doors = doors;
  }

  /** The run did not end by itself. `byGuest`: with an exception of the guest, which the engine unwound. */
  dirty(byGuest: boolean): void {
    if (!byGuest) this.#before.wholeStack = true;
  }

  get(key: string): JobImage | undefined {
    return this.#images.get(key);
  }

  set(key: string, image: JobImage): void {
    const [oldest] = this.#images.keys();
    if (this.#images.size >= MAX_IMAGES && oldest !== undefined) this.#images.delete(oldest);
    this.#images.set(key, image);
  }

  reset(machine: Machine, image: Image, { memoryBytes, stackBytes }: ScriptJob): void {
    machine.reset(image, memoryBytes, this.#before);
    this.#before.stackBytes = Math.max(stackBytes, BRIDGE_STACK_BYTES);
    this.#before.wholeStack = false;
  }
}

const settingsTexts: WeakMap<ScriptJob, string> = new WeakMap();

/** What the set-up depends on, and nothing else: runs that differ in their limits share an image. */
function settingsOf(job: ScriptJob): string {
  let text = settingsTexts.get(job);
  if (text === undefined) {
    text = JSON.stringify([job.env, job.blockedFunctions, job.stackBytes, job.functions.names]);
    settingsTexts.set(job, text);
  }
  return text;
}

/** Puts a fresh guest with the job's settings in force; answers what its runs need to know. */
export function enterJob(machine: Machine, job: ScriptJob, images: JobImages): EnteredJob {
  const key = settingsOf(job);
  let known = images.get(key);
  if (known !== undefined) {
    images.reset(machine, known.image, job);
    return known;
  }
  images.reset(machine, machine.base, job);
  const { values, meta, engine } = machine;
  engine.fn.QTS_RuntimeSetMaxStackSize(meta.runtime, job.stackBytes);
  const doors = installDoors(machine, job.functions.names, images.doors);
  const settings = values.decode(writeText(JSON.stringify({ env: job.env, blocked: job.blockedFunctions })));
  const context = values.call(meta.entry.setup, settings);
  values.free(settings);
  known = { image: machine.rewinder.capture(), context, doors };
  images.set(key, known);
  // The set-up has used the stack, which is not part of the image, and fuel.
  images.dirty(false);
  images.reset(machine, known.image, job);
  return known;
}
