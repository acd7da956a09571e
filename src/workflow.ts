/** Workflows of plugins: `citadel-sandbox/workflow`. */
import { platform } from '#platform';
import { createWorkflowEngineOn, type WorkflowEngine, type WorkflowEngineOptions } from './workflow/index.ts';

export type * from './workflow/index.ts';
export { openSqlite, postgres, WORKFLOW_LIMITS } from './workflow/index.ts';

/**
 * Makes a workflow engine on this platform. No cell starts and no database opens before a run needs it.
 * @throws SandboxError POLICY_INVALID, LIMIT_OUT_OF_RANGE or INVALID_ARGUMENT
 */
export function createWorkflowEngine(options: WorkflowEngineOptions = {}): WorkflowEngine {
  return createWorkflowEngineOn(platform, options);
}
