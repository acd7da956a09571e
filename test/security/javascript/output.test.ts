import { OUTPUT } from './cases/output.ts';
import { contain } from './contain.ts';

contain('a guest that floods what it may say', OUTPUT, {
  limits: { timeoutMs: 30_000, memoryBytes: 256 * 1024 * 1024 },
  alsoBlocked: false,
});
