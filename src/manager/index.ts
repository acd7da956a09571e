/** Installed plugins. */
import type { Platform } from '../platform/types.ts';
import { Manager } from './manager.ts';
import type { PluginManager, PluginManagerOptions } from './types.ts';

export type { Meter, MetricsSnapshot } from './metrics.ts';
export { memoryStore, type PluginStore, type Stored, type StoredMeta } from './store.ts';
export { indexedDbStore } from './store-indexeddb.ts';
export type {
  CallerOptions,
  Candidate,
  ExecuteOptions,
  FileMount,
  InstallOptions,
  PluginInfo,
  PluginLimits,
  PluginManager,
  PluginManagerOptions,
  PluginResult,
} from './types.ts';

/** @throws SandboxError INVALID_ARGUMENT, POLICY_INVALID or LIMIT_OUT_OF_RANGE */
export function createPluginManagerOn(platform: Platform, options: PluginManagerOptions = {}): PluginManager {
  return new Manager(platform, options);
}
