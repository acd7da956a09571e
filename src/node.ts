/** Composition root for Node.js. */
import { availableParallelism } from 'node:os';
import { spawnCell } from './platform/node/spawn.ts';
import type { Platform } from './platform/types.ts';

export const platform: Platform = Object.freeze({
  name: 'node',
  cores: availableParallelism(),
  capabilities: () => ({ platform: 'node', gracefulStop: true, stackSizing: true, cellWall: 'realm' }),
  now: () => performance.now(),
  spawn: (_spec, events) => spawnCell(events),
} satisfies Platform);
