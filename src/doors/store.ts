/** Where a key-value door keeps what plugins put there. */

/** What one plugin may keep. */
export interface StoreQuota {
  readonly keys: number;
  /** Of keys and values, encoded. */
  readonly bytes: number;
}

/** One plugin's keys never meet another's. Bytes are the store's to keep, and to hand out. */
export interface KeyValueStore {
  get(plugin: string, key: string): Promise<Uint8Array | null>;
  /** False, and nothing is kept, where the plugin would then have more than its quota. */
  set(plugin: string, key: string, value: Uint8Array, quota: StoreQuota): Promise<boolean>;
  /** Whether there was one. */
  delete(plugin: string, key: string): Promise<boolean>;
  /** Keys that begin with `prefix`, in order of their UTF-16 units; at most `most`, those after `after`. */
  list(plugin: string, prefix: string, after: string, most: number): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** What an entry counts for: two bytes for each unit of the key, and the value. */
export const entryBytes = (key: string, value: Uint8Array): number => key.length * 2 + value.length;

interface Kept {
  readonly entries: Map<string, Uint8Array>;
  bytes: number;
}

/** A store that forgets when the program ends. */
export function memoryKeyValueStore(): KeyValueStore {
  const plugins = new Map<string, Kept>();
  return {
    async get(plugin, key) {
      return plugins.get(plugin)?.entries.get(key) ?? null;
    },
    async set(plugin, key, value, quota) {
      const kept = plugins.get(plugin) ?? { entries: new Map(), bytes: 0 };
      const old = kept.entries.get(key);
      const bytes = kept.bytes + entryBytes(key, value) - (old === undefined ? 0 : entryBytes(key, old));
      const keys = kept.entries.size + (old === undefined ? 1 : 0);
      if (keys > quota.keys || bytes > quota.bytes) return false;
      plugins.set(plugin, kept);
      kept.entries.set(key, value);
      kept.bytes = bytes;
      return true;
    },
    async delete(plugin, key) {
      const kept = plugins.get(plugin);
      const old = kept?.entries.get(key);
      if (kept === undefined || old === undefined) return false;
      kept.entries.delete(key);
      kept.bytes -= entryBytes(key, old);
      return true;
    },
    async list(plugin, prefix, after, most) {
      const keys = [...(plugins.get(plugin)?.entries.keys() ?? [])];
      return keys
        .filter(key => key.startsWith(prefix) && key > after)
        .sort()
        .slice(0, most);
    },
    async close() {
      plugins.clear();
    },
  };
}
