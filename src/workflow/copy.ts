/** A workflow as the JSON it is, in a copy that nobody changes while it runs. Texts are shared: they cannot be changed. */
import { Budget } from '../core/budget.ts';
import { setEntry } from '../core/entries.ts';
import { SandboxError } from '../core/errors.ts';
import type { Json } from './types.ts';

/** Things in a workflow: entries of its objects and lists, theirs included. */
const MOST = 200_000;
const DEEPEST = 100;

const refuse = (): SandboxError =>
  new SandboxError(
    'WORKFLOW_INVALID',
    `a workflow holds at most ${MOST} things: entries of objects and lists`,
  );

function copy(value: unknown, budget: Budget, depth: number): Json | undefined {
  budget.spend(1);
  if (depth > DEEPEST)
    throw new SandboxError('WORKFLOW_INVALID', `a workflow is nested at most ${DEEPEST} deep`);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'object') {
    if (typeof value === 'bigint') throw new TypeError('a BigInt');
    return undefined;
  }
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') return copy(toJSON.call(value), budget, depth + 1);
  if (Array.isArray(value)) {
    budget.spend(value.length);
    return value.map(one => copy(one, budget, depth + 1) ?? null);
  }
  const object: Record<string, Json> = {};
  for (const key of Object.keys(value)) {
    const held = copy((value as Readonly<Record<string, unknown>>)[key], budget, depth + 1);
    if (held !== undefined) setEntry(object, key, held);
  }
  return object;
}

/** @throws SandboxError WORKFLOW_INVALID for what is no plain JSON, or too much of it */
export function copyWorkflow(given: unknown): Json {
  try {
    return copy(given, new Budget(MOST, refuse), 0) ?? null;
  } catch (error) {
    if (error instanceof SandboxError) throw error;
    throw new SandboxError('WORKFLOW_INVALID', 'a workflow is plain JSON: it could not be written as such');
  }
}
