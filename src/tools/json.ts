/** JSON that strangers wrote, without rounding. */
import { parseJson } from '../core/json.ts';
import type { Value } from '../core/value.ts';
import { failure } from './failure.ts';
import type { Tool } from './types.ts';

/** A type, not an interface, so that it counts as plain JSON. */
export type JsonConfig = {
  /** What becomes of integers beyond ±(2^53 − 1). */
  readonly integers: 'bigint' | 'text';
};

/** As in everything that crosses: docs/values.md. */
const DEPTH = 500;
/** Of all objects and arrays of one text: what 1 GiB of the host's memory holds. */
const ENTRIES = 5_000_000;
/** So that what is read at once is a slice of ten milliseconds at most: 120 KB. Below that a cell's round trip takes as long. */
const CHARS_PER_STEP = 6;

/** A text. @throws SandboxError NODE_FAILED */
function readJson(text: string, { integers }: JsonConfig): Value {
  const read = parseJson(text, { chars: text.length, depth: DEPTH, entries: ENTRIES, bigIntegers: integers });
  if (read.ok) return read.value as Value;
  throw failure('NODE_FAILED', `no JSON that can be kept: ${read.problem}`);
}

export const json: Tool<JsonConfig> = {
  weight: () => 0,
  prepare: config => ({
    cost: text => (text as string).length / CHARS_PER_STEP,
    run: text => readJson(text as string, config),
  }),
};
