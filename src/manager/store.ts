/** Where installed plugins are kept. */

/** What is known of a plugin beside its package. JSON. */
export interface StoredMeta {
  readonly name: string;
  /** `null` after an uninstall: what is left is the memory of its versions. */
  readonly installed: {
    readonly version: string;
    /** Of the package, as `openPackage` gives it. */
    readonly digest: string;
    /** Of the key that signed it. */
    readonly keyId: string | null;
    /** ISO time. */
    readonly at: string;
  } | null;
  /** The highest version that ever was installed: no lower one may follow. */
  readonly highest: string;
  /** Its digest: the same version with other contents may not follow either. */
  readonly highestDigest: string;
}

export interface Stored {
  readonly meta: StoredMeta;
  /** The package as it was installed; `null` after an uninstall. */
  readonly archive: Uint8Array<ArrayBuffer> | null;
}

/**
 * A change is whole or not at all: after a crash at any point a plugin is as it was before, or as it was to be. One manager
 * at a time may write to a store.
 */
export interface PluginStore {
  /** Every plugin, uninstalled ones included, in any order. */
  list(): Promise<readonly StoredMeta[]>;
  /** `null` for a name nobody ever installed. */
  read(name: string): Promise<Stored | null>;
  /** Puts it in the place of what was there under its name. Resolves when it will survive a crash. */
  write(stored: Stored): Promise<void>;
  close(): Promise<void>;
}

/** A store that forgets: for tests, and for plugins that come with the program. */
export function memoryStore(): PluginStore {
  const plugins = new Map<string, Stored>();
  return {
    list: async () => [...plugins.values()].map(({ meta }) => meta),
    read: async name => plugins.get(name) ?? null,
    write: async ({ meta, archive }) => {
      plugins.set(meta.name, {
        meta: Object.freeze(structuredClone(meta)),
        archive: archive === null ? null : new Uint8Array(archive),
      });
    },
    close: async () => {},
  };
}
