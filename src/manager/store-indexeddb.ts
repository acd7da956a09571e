/** Plugins in the storage of a page's origin. Cells have another origin: they never see it. */
import { SandboxError } from '../core/errors.ts';
import type { PluginStore, Stored, StoredMeta } from './store.ts';

const METAS = 'metas';
const ARCHIVES = 'archives';

const failed = (what: string, cause: unknown): SandboxError =>
  new SandboxError('STORE_FAILED', `the store of plugins could not be ${what}`, { cause });

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
    transaction.onerror = () => reject(transaction.error);
  });
}

/**
 * @param database its name; default 'citadel-plugins'
 * @throws SandboxError STORE_FAILED
 */
export async function indexedDbStore(database: string = 'citadel-plugins'): Promise<PluginStore> {
  const opening = indexedDB.open(database, 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore(METAS, { keyPath: 'name' });
    opening.result.createObjectStore(ARCHIVES);
  };
  const db = await done(opening).catch(cause => {
    throw failed('opened', cause);
  });
  // Another page wants to change the format, or delete it: it must not wait for this one.
  db.onversionchange = () => db.close();
  const guard = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      throw failed(what, cause);
    }
  };
  return {
    list: () =>
      guard('read', () =>
        done(db.transaction(METAS).objectStore(METAS).getAll() as IDBRequest<StoredMeta[]>),
      ),
    read: name =>
      guard('read', async () => {
        const transaction = db.transaction([METAS, ARCHIVES]);
        const [meta, archive] = await Promise.all([
          done(transaction.objectStore(METAS).get(name) as IDBRequest<StoredMeta | undefined>),
          done(transaction.objectStore(ARCHIVES).get(name) as IDBRequest<Stored['archive'] | undefined>),
        ]);
        return meta === undefined ? null : { meta, archive: archive ?? null };
      }),
    write: ({ meta, archive }) =>
      guard('written', async () => {
        // One transaction, and it counts only when it is on the disk.
        const transaction = db.transaction([METAS, ARCHIVES], 'readwrite', { durability: 'strict' });
        const finished = committed(transaction);
        transaction.objectStore(METAS).put(meta);
        if (archive === null) transaction.objectStore(ARCHIVES).delete(meta.name);
        else transaction.objectStore(ARCHIVES).put(archive, meta.name);
        await finished;
      }),
    close: async () => db.close(),
  };
}
