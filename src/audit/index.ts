/** What was decided, in a log that shows when it was tampered with. */
export { AuditLog, type AuditOptions, type AuditSink } from './log.ts';
export type { AuditFacts, AuditKind, AuditRecord } from './record.ts';
export { consoleSink, memorySink } from './sinks.ts';
export { type AuditVerdict, verifyAudit } from './verify.ts';
