import { MEMORY_SAFETY } from './cases/memory-safety.ts';
import { contain } from './contain.ts';

contain('a guest that tries the engine', MEMORY_SAFETY, {
  limits: { timeoutMs: 30_000, memoryBytes: 64 * 1024 * 1024 },
  alsoBlocked: false,
});
