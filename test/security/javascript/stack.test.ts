import { STACK } from './cases/stack.ts';
import { contain } from './contain.ts';

contain('a guest that nests without end', STACK, {
  limits: { timeoutMs: 30_000, memoryBytes: 64 * 1024 * 1024 },
  alsoBlocked: false,
});
