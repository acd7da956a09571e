import { ERRORS } from './cases/errors.ts';
import { contain } from './contain.ts';

contain('an error that is not what it seems', ERRORS, {
  limits: { timeoutMs: 30_000, memoryBytes: 64 * 1024 * 1024 },
  alsoBlocked: false,
});
