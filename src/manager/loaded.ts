/** Plugins that are ready to run: opened, verified, with their checks made. The least recently used are dropped. */

import { Bucket, type Check, type Rate, type Sanitize, sanitizerFor, schemaCheck } from '../gateway/index.ts';
import type { Sandbox } from '../host/api.ts';
import type { VerifiedPackage } from '../packages/index.ts';
import type { Grant } from '../policy/grant/index.ts';
import type { Manifest } from '../policy/manifest/index.ts';
import { type Program, programOf } from './program.ts';

/** One grant of a plugin, enforced. */
export interface Enforced {
  readonly grant: Grant;
  readonly sandbox: Sandbox;
}

export interface Loaded {
  readonly manifest: Manifest;
  readonly digest: string;
  readonly keyId: string | null;
  readonly program: Program;
  readonly checkInput: Check;
  readonly checkOutput: Check;
  readonly sanitize: Sanitize | null;
  /** By what the caller may pass on. */
  readonly enforced: Map<string, Enforced>;
  readonly bucket: Bucket | null;
  inFlight: number;
  /** Grows with each use. */
  lastUse: number;
}

/** @throws SandboxError MANIFEST_INVALID */
export async function load(opened: VerifiedPackage, rate: Rate | null, nowMs: number): Promise<Loaded> {
  const { manifest, digest, keyId } = opened;
  return {
    manifest,
    digest,
    keyId,
    program: programOf(opened),
    checkInput: schemaCheck(manifest.input),
    checkOutput: schemaCheck(manifest.output),
    sanitize: manifest.content === null ? null : await sanitizerFor(manifest.content),
    enforced: new Map(),
    bucket: rate === null ? null : new Bucket(rate, nowMs),
    inFlight: 0,
    lastUse: 0,
  };
}

const PLUGINS = 2000;
const BYTES = 128 * 1024 * 1024;

export class LoadedPlugins {
  readonly #plugins: Map<string, Loaded> = new Map();
  readonly #dropped: (name: string, plugin: Loaded) => void;
  #bytes = 0;
  #uses = 0;

  constructor(dropped: (name: string, plugin: Loaded) => void) {
    this.#dropped = dropped;
  }

  get size(): number {
    return this.#plugins.size;
  }

  get(name: string): Loaded | undefined {
    const plugin = this.#plugins.get(name);
    if (plugin !== undefined) plugin.lastUse = ++this.#uses;
    return plugin;
  }

  add(name: string, plugin: Loaded): void {
    this.drop(name);
    plugin.lastUse = ++this.#uses;
    this.#plugins.set(name, plugin);
    this.#bytes += plugin.program.bytes;
    if (this.#plugins.size <= PLUGINS && this.#bytes <= BYTES) return;
    // The least recently used first.
    const idle = [...this.#plugins].filter(([old, { inFlight }]) => old !== name && inFlight === 0);
    for (const [old] of idle.toSorted(([, a], [, b]) => a.lastUse - b.lastUse)) {
      if (this.#plugins.size <= PLUGINS && this.#bytes <= BYTES) break;
      this.drop(old);
    }
  }

  drop(name: string): void {
    const plugin = this.#plugins.get(name);
    if (plugin === undefined) return;
    this.#plugins.delete(name);
    this.#bytes -= plugin.program.bytes;
    this.#dropped(name, plugin);
  }

  clear(): void {
    for (const name of [...this.#plugins.keys()]) this.drop(name);
  }
}
