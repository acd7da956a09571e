/** Composition root for browsers. */
import { createBrowserNet } from './platform/browser/net.ts';
import { spawnCell } from './platform/browser/spawn.ts';
import type { Platform } from './platform/types.ts';

export { connectCells, serveCells } from './platform/browser/broker.ts';
export { type BrowserOptions, configureBrowser } from './platform/browser/frame.ts';

export const platform: Platform = Object.freeze({
  name: 'browser',
  cores: Math.max(1, globalThis.navigator?.hardwareConcurrency ?? 1),
  capabilities: () => ({
    platform: 'browser',
    gracefulStop: globalThis.crossOriginIsolated === true,
    stackSizing: false,
    cellWall: 'opaque-origin',
    dnsPinned: false,
    synchronousNetwork: globalThis.crossOriginIsolated === true,
  }),
  now: () => performance.now(),
  spawn: ({ engine }, events) => spawnCell(engine, events),
  net: () => createBrowserNet(),
  // A compiled module cannot enter a frame of another origin: the cell compiles it itself.
  prepareModule: async (bytes, limits) => ({ module: null, bytes, info: JSON.stringify(limits) }),
} satisfies Platform);
