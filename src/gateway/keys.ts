/**
 * API keys: `ck_<id>_<secret>`. Only a hash of the secret is kept. It is a plain SHA-256: the secret is 256 bits of chance,
 * which no slow hash would protect better. Whoever reads the records cannot make a key of them.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes, randomBytes } from '@noble/hashes/utils.js';
import { SandboxError } from '../core/errors.ts';
import { Bucket, checkRate, type Rate } from './rate.ts';
import { isScope } from './scopes.ts';

/** JSON: what a store of keys holds. */
export interface ApiKeyRecord {
  /** 16 hexadecimal digits. */
  readonly id: string;
  /** SHA-256 of the whole key, hexadecimal. */
  readonly hash: string;
  /** Who it was made for, for people. */
  readonly name: string;
  readonly scopes: readonly string[];
  /** ISO date from which it is refused. Default: never. */
  readonly expires?: string;
  readonly revoked?: boolean;
  /** Default: no rate of its own. */
  readonly rate?: Rate;
}

/** Who calls, once it is known. */
export interface Caller {
  /** For the audit log; at most 128 characters. */
  readonly id: string;
  readonly scopes: readonly string[];
}

export interface NewApiKey {
  /** Shown once; it is kept nowhere. */
  readonly key: string;
  readonly record: ApiKeyRecord;
}

const KEY = /^ck_([0-9a-f]{16})_([0-9a-f]{64})$/;
const KEY_CHARS = 84;
const HASH = /^[0-9a-f]{64}$/;

const invalid = (message: string): SandboxError => new SandboxError('INVALID_ARGUMENT', message);
const hashOf = (key: string): Uint8Array => sha256(new TextEncoder().encode(key));

/** Makes a key. @throws SandboxError INVALID_ARGUMENT */
export function createApiKey(options: {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly expires?: string;
  readonly rate?: Rate;
}): NewApiKey {
  const id = bytesToHex(randomBytes(8));
  const key = `ck_${id}_${bytesToHex(randomBytes(32))}`;
  const { name, scopes, expires, rate } = options;
  const record: ApiKeyRecord = {
    id,
    hash: bytesToHex(hashOf(key)),
    name,
    scopes: [...scopes],
    ...(expires === undefined ? {} : { expires }),
    ...(rate === undefined ? {} : { rate }),
  };
  checkRecord(record, 'the key');
  return { key, record };
}

function checkRecord(record: ApiKeyRecord, path: string): { readonly expires: number } {
  const { id, hash, name, scopes, expires, rate } = record;
  if (typeof id !== 'string' || !/^[0-9a-f]{16}$/.test(id))
    throw invalid(`${path}.id must be 16 hexadecimal digits`);
  if (typeof hash !== 'string' || !HASH.test(hash))
    throw invalid(`${path}.hash must be a SHA-256 in hexadecimal`);
  if (typeof name !== 'string' || name.length > 100)
    throw invalid(`${path}.name must be a string of at most 100 characters`);
  if (!Array.isArray(scopes) || scopes.length > 1000)
    throw invalid(`${path}.scopes must be an array of at most 1000 scopes`);
  const stray = scopes.find(scope => !isScope(scope));
  if (stray !== undefined)
    throw invalid(
      `${path}.scopes must hold scopes such as "plugin:geo:execute", got ${JSON.stringify(stray).slice(0, 60)}`,
    );
  const until =
    expires === undefined
      ? Number.POSITIVE_INFINITY
      : typeof expires === 'string'
        ? Date.parse(expires)
        : Number.NaN;
  if (Number.isNaN(until)) throw invalid(`${path}.expires must be a date such as "2026-12-31T00:00:00Z"`);
  if (rate !== undefined) {
    try {
      checkRate(rate, `${path}.rate`);
    } catch (error) {
      throw invalid((error as Error).message);
    }
  }
  return { expires: until };
}

interface Entry {
  readonly hash: Uint8Array;
  readonly caller: Caller;
  readonly expires: number;
  readonly revoked: boolean;
  readonly bucket: Bucket | null;
}

/** Takes the same time whatever differs, and wherever. Both have 32 bytes. */
function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < b.length; i++) difference |= (a[i] ?? 0) ^ (b[i] as number);
  return difference === 0;
}

/** One refusal for everything that can be wrong with a key. */
const unauthenticated = (): SandboxError => new SandboxError('UNAUTHENTICATED', 'the API key is not valid');

export class KeyRing {
  readonly #entries: Map<string, Entry> = new Map();
  /** Hashed and compared when there is no such key, so that this takes as long. */
  readonly #nobody: Uint8Array = randomBytes(32);
  readonly #now: () => number;
  readonly #clock: () => number;
  /** Of guesses at keys that do not exist, all together. */
  readonly #guesses: Bucket;

  /**
   * @param records replaces what was there before; see `replace`
   * @param clocks for tests: `now` is the time of day in milliseconds, `monotonic` never goes back
   */
  constructor(
    records: readonly ApiKeyRecord[] = [],
    clocks: { now?: () => number; monotonic?: () => number } = {},
  ) {
    this.#now = clocks.now ?? Date.now;
    this.#clock = clocks.monotonic ?? (() => performance.now());
    this.#guesses = new Bucket({ burst: 1000, perSecond: 100 }, this.#clock());
    this.replace(records);
  }

  /** Takes these records instead of the ones it had. @throws SandboxError INVALID_ARGUMENT, and then keeps what it had */
  replace(records: readonly ApiKeyRecord[]): void {
    const entries = new Map<string, Entry>();
    for (const [i, record] of records.entries()) {
      const { expires } = checkRecord(record, `keys[${i}]`);
      if (entries.has(record.id)) throw invalid(`keys[${i}].id is there twice`);
      entries.set(record.id, {
        hash: hexToBytes(record.hash),
        caller: Object.freeze({ id: `key:${record.id}`, scopes: Object.freeze([...record.scopes]) }),
        expires,
        revoked: record.revoked === true,
        bucket: record.rate === undefined ? null : new Bucket(record.rate, this.#clock()),
      });
    }
    this.#entries.clear();
    for (const [id, entry] of entries) this.#entries.set(id, entry);
  }

  /**
   * Who this key belongs to.
   * @throws SandboxError UNAUTHENTICATED, or RATE_LIMITED
   */
  authenticate(key: string): Caller {
    // Its length is looked at before anything is computed over it.
    const [, id = ''] = typeof key === 'string' && key.length === KEY_CHARS ? (KEY.exec(key) ?? []) : [];
    if (id === '') throw this.#failed();
    const entry = this.#entries.get(id);
    const matches = sameBytes(hashOf(key), entry?.hash ?? this.#nobody);
    if (entry === undefined || !matches || entry.revoked || this.#now() >= entry.expires)
      throw this.#failed();
    const wait = entry.bucket?.take(this.#clock()) ?? 0;
    if (wait > 0)
      throw new SandboxError('RATE_LIMITED', `this key has used up its rate; try again in ${wait} ms`);
    return entry.caller;
  }

  /** Guessing has a rate, too. Valid keys are not held up by it. */
  #failed(): SandboxError {
    const wait = this.#guesses.take(this.#clock());
    return wait > 0
      ? new SandboxError('RATE_LIMITED', `too many invalid keys; try again in ${wait} ms`)
      : unauthenticated();
  }
}
