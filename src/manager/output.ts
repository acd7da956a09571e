/** What a run gave, held to the manifest and made safe. Long texts are made safe in a cell, which the run's deadline ends. */
import { SandboxError } from '../core/errors.ts';
import { LIMITS, type LimitName } from '../core/limits.ts';
import type { Value } from '../core/value.ts';
import { checkOutput, textsOf } from '../gateway/index.ts';
import type { Tools } from '../tools/tools.ts';
import type { Loaded } from './loaded.ts';

export interface OutputBounds {
  /** Of the run: what the caller lowered and what the grant holds. */
  readonly limits: Partial<Record<LimitName, number>>;
  readonly signal: AbortSignal | undefined;
  /** Of maxExecutionTimeMs, what has passed. */
  readonly passedMs: number;
}

/** @throws SandboxError OUTPUT_REFUSED, RUN_TIMEOUT, CANCELLED, or what a cell fails with */
export async function safeOutput(
  value: Value,
  { checkOutput: fits, sanitize, manifest: { content } }: Loaded,
  tools: Tools,
  { limits, signal, passedMs }: OutputBounds,
): Promise<Value> {
  const limitBytes = limits.outputBytes ?? LIMITS.outputBytes.default;
  if (sanitize === null || content === null || content === 'url')
    return checkOutput(value, fits, sanitize, limitBytes);
  checkOutput(value, fits, null, limitBytes);
  const texts = textsOf(value, limitBytes);
  const mostMs = limits.maxExecutionTimeMs ?? LIMITS.maxExecutionTimeMs.default;
  let safe: readonly Value[];
  try {
    safe = (await tools.run(content, {}, [...texts], {
      signal,
      deadlineMs: Math.max(1, mostMs - passedMs),
    })) as readonly Value[];
  } catch (error) {
    if (error instanceof SandboxError && error.code === 'NODE_TIMEOUT')
      throw new SandboxError(
        'RUN_TIMEOUT',
        `the result could not be made safe within limits.maxExecutionTimeMs = ${mostMs}`,
      );
    throw error;
  }
  const made = new Map([...texts].map((text, i) => [text, safe[i] as string]));
  return checkOutput(
    value,
    () => null,
    text => made.get(text) ?? null,
    limitBytes,
  );
}
