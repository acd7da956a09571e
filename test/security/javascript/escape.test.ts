import { ESCAPE } from './cases/escape.ts';
import { contain } from './contain.ts';

contain('a guest that looks for a way out', ESCAPE, {
  limits: { timeoutMs: 30_000, memoryBytes: 64 * 1024 * 1024 },
  alsoBlocked: true,
});
