import { MEMORY } from './cases/memory.ts';
import { contain } from './contain.ts';

contain('a guest that takes all memory', MEMORY, {
  limits: { timeoutMs: 30_000, memoryBytes: 16 * 1024 * 1024 },
  alsoBlocked: false,
});
