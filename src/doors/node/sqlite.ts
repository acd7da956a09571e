/** A key-value store in one SQLite file, with the SQLite that Node.js brings. */
import { SandboxError } from '../../core/errors.ts';
import { entryBytes, type KeyValueStore } from '../store.ts';

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  CREATE TABLE IF NOT EXISTS kept (
    plugin TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, bytes INTEGER NOT NULL,
    PRIMARY KEY (plugin, key)
  ) WITHOUT ROWID`;

/** @throws SandboxError UNENFORCEABLE where this Node.js brings no SQLite, STORE_FAILED when the file cannot be opened */
export async function sqliteKeyValueStore(path: string): Promise<KeyValueStore> {
  const { DatabaseSync } = await import('node:sqlite').catch((cause: unknown) => {
    throw new SandboxError('UNENFORCEABLE', 'use Node.js 22.13 or newer: this one brings no node:sqlite', {
      cause,
    });
  });
  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (cause) {
      throw new SandboxError('STORE_FAILED', `the store of keys cannot be used: ${String(cause)}`, { cause });
    }
  };
  const database = guarded(() => {
    const opened = new DatabaseSync(path);
    opened.exec(SCHEMA);
    return opened;
  });
  const one = database.prepare('SELECT value, bytes FROM kept WHERE plugin = ? AND key = ?');
  const sums = database.prepare('SELECT count(*) AS keys, total(bytes) AS bytes FROM kept WHERE plugin = ?');
  const put = database.prepare('INSERT OR REPLACE INTO kept (plugin, key, value, bytes) VALUES (?, ?, ?, ?)');
  const drop = database.prepare('DELETE FROM kept WHERE plugin = ? AND key = ?');
  const keys = database.prepare('SELECT key FROM kept WHERE plugin = ?');
  return {
    async get(plugin, key) {
      const row = guarded(() => one.get(plugin, key)) as { readonly value: Uint8Array } | undefined;
      return row === undefined ? null : new Uint8Array(row.value);
    },
    async set(plugin, key, value, quota) {
      return guarded(() => {
        // Another process may write to the same file.
        database.exec('BEGIN IMMEDIATE');
        try {
          const old = one.get(plugin, key) as { readonly bytes: number } | undefined;
          const sum = sums.get(plugin) as { readonly keys: number; readonly bytes: number };
          const bytes = entryBytes(key, value);
          const fits =
            sum.keys + (old === undefined ? 1 : 0) <= quota.keys &&
            sum.bytes + bytes - (old?.bytes ?? 0) <= quota.bytes;
          if (fits) put.run(plugin, key, value, bytes);
          database.exec('COMMIT');
          return fits;
        } catch (error) {
          database.exec('ROLLBACK');
          throw error;
        }
      });
    },
    async delete(plugin, key) {
      return guarded(() => drop.run(plugin, key)).changes > 0;
    },
    async list(plugin, prefix, after, most) {
      // SQLite orders by code points, and its patterns know wildcards: the few keys of a plugin are ordered here.
      const rows = guarded(() => keys.all(plugin)) as unknown as readonly { readonly key: string }[];
      return rows
        .map(({ key }) => key)
        .filter(key => key.startsWith(prefix) && key > after)
        .sort()
        .slice(0, most);
    },
    async close() {
      database.close();
    },
  };
}
