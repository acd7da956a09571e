import { JOBS } from './cases/jobs.ts';
import { contain } from './contain.ts';

contain('a guest that keeps the queues', JOBS, {
  limits: { timeoutMs: 30_000, memoryBytes: 64 * 1024 * 1024 },
  alsoBlocked: false,
});
