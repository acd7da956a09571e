import { VALUES } from './cases/values.ts';
import { contain } from './contain.ts';

contain('a result that is not what it seems', VALUES, {
  limits: { timeoutMs: 30_000, memoryBytes: 256 * 1024 * 1024 },
  alsoBlocked: true,
});
