/**
 * Native plugins' modules, prepared once and kept: known by their content and by the limits written into them, shared
 * by all sandboxes of a platform. Bytes are compared, not hashed: that is faster, needs no platform's crypto, and the
 * bytes are kept for cells that compile themselves anyway.
 */
import type { ModuleLimits, ModuleRefusal, ModuleSource, Platform } from '../platform/types.ts';

/** What a cell is given once and runs then name: a native module, or Python packages. */
export interface Loadable {
  /** Unique in the process. */
  readonly key: string;
  readonly ready: Promise<ModuleSource | ModuleRefusal>;
  /** The same, once it is known. */
  answer: ModuleSource | ModuleRefusal | null;
}

export interface StoredModule extends Loadable {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly limits: ModuleLimits;
}

const MAX_MODULES = 64;
/** All of them together; the largest single one always fits. */
const MAX_BYTES = 128 * 1024 * 1024;

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  // Four bytes at a time where both are aligned; the copies we keep always are.
  const words = a.byteOffset % 4 === 0 && b.byteOffset % 4 === 0 ? Math.floor(a.length / 4) : 0;
  const left = new Int32Array(a.buffer, a.byteOffset, words);
  const right = new Int32Array(b.buffer, b.byteOffset, words);
  for (let i = 0; i < words; i++) if (left[i] !== right[i]) return false;
  for (let i = words * 4; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export class ModuleStore {
  readonly #platform: Platform;
  /** Least recently used first. */
  readonly #modules: Map<string, StoredModule> = new Map();
  #bytes = 0;
  #next = 1;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** The module with this content; prepared now when it is new. `code` is copied. */
  find(code: Uint8Array, limits: ModuleLimits): StoredModule {
    for (const stored of this.#modules.values()) {
      if (
        stored.limits.memoryPages !== limits.memoryPages ||
        stored.limits.tableEntries !== limits.tableEntries ||
        !sameBytes(stored.bytes, code)
      )
        continue;
      this.#modules.delete(stored.key);
      this.#modules.set(stored.key, stored);
      return stored;
    }
    return this.#add(new Uint8Array(code), limits);
  }

  #add(bytes: Uint8Array<ArrayBuffer>, limits: ModuleLimits): StoredModule {
    const stored: StoredModule = {
      key: `m${this.#next++}`,
      bytes,
      limits,
      ready: this.#platform.prepareModule(bytes, limits).then(answer => {
        stored.answer = answer;
        return answer;
      }),
      answer: null,
    };
    this.#modules.set(stored.key, stored);
    this.#bytes += bytes.length;
    for (const [key, old] of this.#modules) {
      if (old === stored || (this.#modules.size <= MAX_MODULES && this.#bytes <= MAX_BYTES)) break;
      this.#modules.delete(key);
      this.#bytes -= old.bytes.length;
    }
    return stored;
  }
}

const stores: WeakMap<Platform, ModuleStore> = new WeakMap();

export function modulesOf(platform: Platform): ModuleStore {
  let store = stores.get(platform);
  if (store === undefined) {
    store = new ModuleStore(platform);
    stores.set(platform, store);
  }
  return store;
}
