/** What a run of a workflow may use, beside what the policies of its plugins say. */
import { SandboxError } from '../core/errors.ts';
import { isWithin, type LimitSpec, limitSpec } from '../core/limits.ts';

const MiB = 1024 * 1024;

export type WorkflowLimit = LimitSpec;

export type WorkflowLimitName =
  | 'nodes'
  | 'edges'
  | 'items'
  | 'itemBytes'
  | 'templateChars'
  | 'concurrency'
  | 'nodeTimeoutMs'
  | 'runTimeoutMs'
  | 'logs'
  | 'history';

export type WorkflowLimits = { readonly [K in WorkflowLimitName]: number };

/** `name → default, min, ceiling, doc`. Frozen. */
export const WORKFLOW_LIMITS: Readonly<Record<WorkflowLimitName, WorkflowLimit>> = Object.freeze({
  nodes: limitSpec(200, 1, 2_000, 'Nodes of a workflow.'),
  edges: limitSpec(1_000, 0, 10_000, 'Edges of a workflow.'),
  items: limitSpec(10_000, 1, 1_000_000, 'Items that leave one port of a node.'),
  itemBytes: limitSpec(
    256 * MiB,
    1,
    4_096 * MiB,
    'Estimated bytes of all items of a run in the host’s memory, those that were shared counted once; also of all runs that the engine remembers.',
  ),
  templateChars: limitSpec(
    1 * MiB,
    1,
    32 * MiB,
    'Characters one template may write for one item, what it captures and includes on the way counted too.',
  ),
  concurrency: limitSpec(4, 1, 64, 'Nodes at work at the same time.'),
  nodeTimeoutMs: limitSpec(
    60_000,
    1,
    3_600_000,
    'Milliseconds of a node that names no timeoutMs; no node may name more.',
  ),
  runTimeoutMs: limitSpec(600_000, 1, 86_400_000, 'Milliseconds of a run.'),
  logs: limitSpec(1_000, 0, 100_000, 'Log records that are kept of each node; events have all of them.'),
  history: limitSpec(20, 0, 1_000, 'Runs the engine remembers, the oldest forgotten first.'),
});

export const WORKFLOW_LIMIT_NAMES: readonly WorkflowLimitName[] = Object.freeze(
  Object.keys(WORKFLOW_LIMITS) as WorkflowLimitName[],
);

/** @throws SandboxError INVALID_ARGUMENT for an unknown name, LIMIT_OUT_OF_RANGE */
export function resolveWorkflowLimits(given: Partial<WorkflowLimits> = {}): WorkflowLimits {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(WORKFLOW_LIMITS, name))
      throw new SandboxError(
        'INVALID_ARGUMENT',
        `limits knows no ${JSON.stringify(name)}; it knows ${WORKFLOW_LIMIT_NAMES.join(', ')}`,
      );
  }
  return Object.freeze(
    Object.fromEntries(
      WORKFLOW_LIMIT_NAMES.map(name => {
        const { default: fallback, min, ceiling } = WORKFLOW_LIMITS[name];
        const value = given[name] ?? fallback;
        if (!isWithin(WORKFLOW_LIMITS[name], value))
          throw new SandboxError(
            'LIMIT_OUT_OF_RANGE',
            `limits.${name} must be an integer from ${min} to ${ceiling}, got ${String(value)}`,
          );
        return [name, value];
      }),
    ) as WorkflowLimits,
  );
}
