/**
 * Settings of a job are applied once and kept as an image: later runs with the same job start from it, so that
 * freshness costs a copy and not a set-up.
 */
import type { Job } from '../../protocol/program.ts';
import { writeText } from './bjson.ts';
import type { Image } from './image.ts';
import type { Machine } from './machine.ts';

interface JobImage {
  readonly image: Image;
  /** `JSValue *` of the context object. */
  readonly context: number;
}

const MAX_IMAGES = 16;

export class JobImages {
  readonly #images: Map<string, JobImage> = new Map();
  /** Stack limit of the last run, and whether it ended in a way that leaves no part of memory certain. */
  stackBytes = 0;
  thorough = true;

  /** The run did not end by itself. `byGuest`: with an exception of the guest, which the engine unwound. */
  dirty(byGuest: boolean): void {
    if (!byGuest) this.thorough = true;
  }

  get(key: string): JobImage | undefined {
    return this.#images.get(key);
  }

  set(key: string, image: JobImage): void {
    const [oldest] = this.#images.keys();
    if (this.#images.size >= MAX_IMAGES && oldest !== undefined) this.#images.delete(oldest);
    this.#images.set(key, image);
  }

  reset(machine: Machine, image: Image): void {
    machine.reset(image, this.stackBytes, this.thorough);
    this.thorough = false;
  }
}

/** Puts a fresh guest with the job's settings in force; answers the context object of module functions. */
export function enterJob(machine: Machine, key: string, job: Job, images: JobImages): number {
  let known = images.get(key);
  if (known !== undefined) {
    images.reset(machine, known.image);
    images.stackBytes = job.stackBytes;
    return known.context;
  }
  images.reset(machine, machine.base);
  images.stackBytes = job.stackBytes;
  const { values, meta, engine } = machine;
  engine.fn.QTS_RuntimeSetMaxStackSize(meta.runtime, job.stackBytes);
  const settings = values.decode(writeText(JSON.stringify({ env: job.env, blocked: job.blockedFunctions })));
  const context = values.call(meta.entry.setup, settings);
  values.free(settings);
  known = { image: machine.rewinder.capture(), context };
  images.set(key, known);
  // The stack that the set-up used is not part of the image.
  images.thorough = true;
  images.reset(machine, known.image);
  return context;
}
