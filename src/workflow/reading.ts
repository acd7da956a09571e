/**
 * Reading programs, templates and paths while a workflow is checked. All of them together have one budget of steps on the host's
 * thread; what does not fit is said to be unchecked, or read in a cell where somebody waits for it.
 */
import type { Value } from '../core/value.ts';
import { type ToolConfigs, type ToolName, toolOf } from '../tools/registry.ts';
import type { ToolOptions, Tools } from '../tools/tools.ts';
import { breathe } from './breathe.ts';

/** Of about 50 ns each: 50 ms for a whole workflow. */
const STEPS = 1_000_000;
/** Readings under way at once. */
const LANES = 4;

export interface Reading<N extends ToolName = ToolName> {
  readonly tool: N;
  readonly config: ToolConfigs[N];
  readonly input: Value;
  /** Steps it takes at most. */
  readonly steps: number;
  /** What came of it. Not called where it was not read. */
  use(result: Value): void;
  /** Where it cannot be read here. */
  skipped(why: string): void;
}

export class Readings {
  #left = STEPS;
  readonly #later: Reading[] | null;

  /** `later`: what does not fit is kept for `finish`. */
  constructor(later: boolean) {
    this.#later = later ? [] : null;
  }

  add(reading: Reading): void {
    if (reading.steps <= this.#left) {
      this.#left -= reading.steps;
      reading.use(toolOf(reading.tool)?.prepare(reading.config).run(reading.input));
    } else if (this.#later === null)
      reading.skipped('is not checked here, it is too long: await checkInFull() of the engine');
    else this.#later.push(reading);
  }

  /** Reads what is left, in cells. @throws what the tools throw, and the signal's reason */
  async finish(tools: Tools, options: ToolOptions): Promise<void> {
    const later = (this.#later ?? []).values();
    // Each input is written out for its cell when its turn comes.
    const lane = async (): Promise<void> => {
      for (const { tool, config, input, use } of later) {
        await breathe();
        use(await tools.run(tool, config, input, options));
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  }
}
