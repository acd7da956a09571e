/** Workflows of plugins: `citadel-sandbox/workflow`. */
import { platform } from '#platform';
import {
  createWorkflowEngineOn,
  openSqliteOn,
  type SqliteDatabase,
  type SqliteOptions,
  type WorkflowEngine,
  type WorkflowEngineOptions,
} from './workflow/index.ts';

export type * from './workflow/index.ts';
export { postgres, WORKFLOW_LIMITS } from './workflow/index.ts';

/**
 * Makes a workflow engine on this platform. No cell starts and no database opens before a run needs it.
 * @throws SandboxError POLICY_INVALID, LIMIT_OUT_OF_RANGE or INVALID_ARGUMENT
 */
export function createWorkflowEngine(options: WorkflowEngineOptions = {}): WorkflowEngine {
  return createWorkflowEngineOn(platform, options);
}

/**
 * Opens a database of SQLite in a cell of its own: a statement is ended at its node's deadline, and then the database is as the last
 * transaction left it.
 * @throws SandboxError LIMIT_OUT_OF_RANGE; what SQLite says of `setup` and `file`
 */
export function openSqlite(options: SqliteOptions = {}): Promise<SqliteDatabase> {
  return openSqliteOn(platform, options);
}
