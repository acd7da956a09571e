/** A key-value store for plugins, as host functions: each plugin has keys of its own, within a quota. */
import { SandboxError } from '../core/errors.ts';
import { HostFunctionError } from '../core/host-error.ts';
import type { Value } from '../core/value.ts';
import type { CallContext, HostFunctions } from '../host/functions/types.ts';
import { decodeValue, encodeValue } from '../protocol/value-codec.ts';
import { type KeyValueStore, memoryKeyValueStore, type StoreQuota } from './store.ts';

export interface KeyValueOptions extends Partial<StoreQuota> {
  /** Default: a store in memory, which forgets. */
  readonly store?: KeyValueStore;
  /** One value, encoded. Default 256 KiB. */
  readonly valueBytes?: number;
}

const KEY_CHARS = 512;
const MOST_LISTED = 1_000;

function keyOf(key: unknown): string {
  if (typeof key === 'string' && key !== '' && key.length <= KEY_CHARS && key.isWellFormed()) return key;
  throw new HostFunctionError(`a key is text of 1 to ${KEY_CHARS} characters`, { name: 'BadKey' });
}

function textOf(text: unknown, what: string): string {
  if (text === undefined || text === null) return '';
  if (typeof text === 'string' && text.length <= KEY_CHARS && text.isWellFormed()) return text;
  throw new HostFunctionError(`${what} is text of at most ${KEY_CHARS} characters`, { name: 'BadKey' });
}

/** `get(key)`, `set(key, value)`, `delete(key)` and `list(prefix?, after?)`. Default quota of a plugin: 1,000 keys, 4 MiB. */
export function keyValue(options: KeyValueOptions = {}): HostFunctions {
  const {
    store = memoryKeyValueStore(),
    keys = 1_000,
    bytes = 4 * 1024 * 1024,
    valueBytes = 256 * 1024,
  } = options;
  for (const [name, limit] of Object.entries({ keys, bytes, valueBytes }))
    if (!Number.isSafeInteger(limit) || limit < 0)
      throw new SandboxError('INVALID_ARGUMENT', `${name} must be a whole number, got ${String(limit)}`);
  return {
    async get(this: CallContext, key: unknown): Promise<Value> {
      const found = await store.get(this.plugin, keyOf(key));
      return found === null ? undefined : decodeValue(found, { bytes: found.length });
    },
    async set(this: CallContext, key: unknown, value: unknown): Promise<void> {
      const name = keyOf(key);
      let encoded: Uint8Array;
      try {
        encoded = encodeValue(value, { bytes: valueBytes }, 'value');
      } catch (error) {
        if (!(error instanceof SandboxError)) throw error;
        throw new HostFunctionError(`a value may have ${valueBytes} bytes`, { name: 'QuotaExceeded' });
      }
      if (await store.set(this.plugin, name, encoded, { keys, bytes })) return;
      throw new HostFunctionError(`a plugin may keep ${keys} keys and ${bytes} bytes`, {
        name: 'QuotaExceeded',
      });
    },
    async delete(this: CallContext, key: unknown): Promise<boolean> {
      return store.delete(this.plugin, keyOf(key));
    },
    async list(this: CallContext, prefix: unknown, after: unknown): Promise<readonly string[]> {
      return store.list(this.plugin, textOf(prefix, 'a prefix'), textOf(after, 'after'), MOST_LISTED);
    },
  };
}
