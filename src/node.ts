/** Composition root for Node.js. */
import { availableParallelism } from 'node:os';
import { compileModule } from './platform/node/compiler.ts';
import { spawnCell } from './platform/node/spawn.ts';
import type { Platform } from './platform/types.ts';

export const platform: Platform = Object.freeze({
  name: 'node',
  cores: availableParallelism(),
  capabilities: () => ({ platform: 'node', gracefulStop: true, stackSizing: true, cellWall: 'realm' }),
  now: () => performance.now(),
  spawn: ({ engine }, events) => spawnCell(engine, events),
  prepareModule: compileModule,
} satisfies Platform);
