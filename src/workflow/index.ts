/** Workflows of plugins: data that is checked, run, watched and resumed. */
export type { Account } from './account.ts';
export { type PgClient, type PgPool, type PostgresOptions, postgres } from './database/postgres.ts';
export { openSqliteOn, type SqliteDatabase, type SqliteOptions } from './database/sqlite.ts';
export type { Database, Rows, SqlValue, Statement } from './database/types.ts';
export { createWorkflowEngineOn } from './engine.ts';
export type {
  RunEvent,
  RunOptions as WorkflowRunOptions,
  Schedule,
  ScheduleOptions,
  WorkflowEngine,
  WorkflowEngineOptions,
} from './engine-types.ts';
export type {
  Call,
  Complain,
  NodeContext,
  NodeKind,
  OpenContext,
  Outputs,
  Worker as NodeWorker,
} from './kind.ts';
export {
  WORKFLOW_LIMITS,
  type WorkflowLimit,
  type WorkflowLimitName,
  type WorkflowLimits,
} from './limits.ts';
export type { NodeDenial, NodeRecord, NodeStatus, NodeUsage, Ports, RunRecord } from './record.ts';
export type { DatabaseGrant, PluginRunner, Services } from './services.ts';
export type {
  Config,
  Json,
  ProblemCode,
  Retry,
  Workflow,
  WorkflowCheck,
  WorkflowEdge,
  WorkflowNode,
  WorkflowProblem,
} from './types.ts';
