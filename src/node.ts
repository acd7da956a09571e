/** Composition root for Node.js. */
import { availableParallelism } from 'node:os';
import { compileModule } from './platform/node/compiler.ts';
import { createLineage } from './platform/node/lineage.ts';
import { createNodeNet } from './platform/node/net.ts';
import { spawnCell } from './platform/node/spawn.ts';
import type { Platform } from './platform/types.ts';

export const platform: Platform = Object.freeze({
  name: 'node',
  cores: availableParallelism(),
  capabilities: () => ({
    platform: 'node',
    gracefulStop: true,
    stackSizing: true,
    cellWall: 'realm',
    dnsPinned: true,
    synchronousNetwork: true,
  }),
  now: () => performance.now(),
  spawn: ({ engine }, events) => spawnCell(engine, events),
  net: () => createNodeNet(),
  prepareModule: compileModule,
  lineage: createLineage(),
} satisfies Platform);
