/**
 * Plugins in a directory: `NAME.json` says what is installed, `packages/DIGEST.zip` is the package. A package is written
 * under a name of its own and is complete before anything points to it; replacing the one JSON file is the change.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SandboxError } from '../../core/errors.ts';
import { isPluginName } from '../../policy/manifest/index.ts';
import type { PluginStore, Stored, StoredMeta } from '../store.ts';

/** In the JSON file: which file holds the package. */
interface FileMeta {
  readonly meta: StoredMeta;
  /** SHA-256 of the archive's bytes; also its name. */
  readonly archive: string | null;
}

const PACKAGES = 'packages';
const TEMPORARY = /^\.tmp-/;

/** The platform's own is ten times as fast as ours, and a package may have 32 MiB. */
const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const failed = (what: string, cause: unknown): SandboxError =>
  new SandboxError('STORE_FAILED', `the store of plugins could not be ${what}`, { cause });

/**
 * Opens or makes the store. Leftovers of a crash are removed.
 * @param directory its own; made with mode 0700 when it does not exist
 * @throws SandboxError STORE_FAILED
 */
export async function directoryStore(directory: string): Promise<PluginStore> {
  const store = new DirectoryStore(directory);
  await store.prepare();
  return store;
}

class DirectoryStore implements PluginStore {
  readonly #directory: string;
  #next = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async prepare(): Promise<void> {
    try {
      await mkdir(join(this.#directory, PACKAGES), { recursive: true, mode: 0o700 });
      for (const place of ['', PACKAGES]) {
        for (const name of await readdir(join(this.#directory, place)))
          if (TEMPORARY.test(name)) await rm(join(this.#directory, place, name), { force: true });
      }
      await this.#removeOrphans();
    } catch (cause) {
      throw failed('opened', cause);
    }
  }

  async list(): Promise<readonly StoredMeta[]> {
    try {
      return (await this.#all()).map(({ meta }) => meta);
    } catch (cause) {
      throw failed('read', cause);
    }
  }

  async read(name: string): Promise<Stored | null> {
    if (!isPluginName(name)) return null;
    try {
      const file = await this.#file(`${name}.json`);
      if (file === null) return null;
      if (file.archive === null) return { meta: file.meta, archive: null };
      const archive = new Uint8Array(await readFile(this.#package(file.archive)));
      if (sha256Of(archive) !== file.archive) throw new Error(`the package of ${name} is damaged`);
      return { meta: file.meta, archive };
    } catch (cause) {
      throw failed('read', cause);
    }
  }

  async write({ meta, archive }: Stored): Promise<void> {
    if (!isPluginName(meta.name)) throw failed('written', new Error('no name of a plugin'));
    try {
      const before = await this.#file(`${meta.name}.json`);
      const hash = archive === null ? null : sha256Of(archive);
      if (archive !== null && hash !== null) await this.#replace(join(PACKAGES, `${hash}.zip`), archive);
      const file: FileMeta = { meta, archive: hash };
      await this.#replace(`${meta.name}.json`, new TextEncoder().encode(`${JSON.stringify(file)}\n`));
      if (before !== null && before.archive !== null && before.archive !== hash)
        await this.#drop(before.archive);
    } catch (cause) {
      throw failed('written', cause);
    }
  }

  async close(): Promise<void> {}

  #package(hash: string): string {
    return join(this.#directory, PACKAGES, `${hash}.zip`);
  }

  /** Writes beside, waits for the disk, then takes the name: a reader sees the old file or the new one. */
  async #replace(name: string, bytes: Uint8Array): Promise<void> {
    const target = join(this.#directory, name);
    const folder = name.startsWith(PACKAGES) ? join(this.#directory, PACKAGES) : this.#directory;
    const temporary = join(folder, `.tmp-${process.pid}-${this.#next++}`);
    const file = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
    await syncDirectory(folder);
  }

  async #file(name: string): Promise<FileMeta | null> {
    try {
      const file = JSON.parse(await readFile(join(this.#directory, name), 'utf8')) as FileMeta;
      if (`${file.meta.name}.json` !== name) throw new Error(`${name} holds another plugin`);
      if (file.archive !== null && !/^[0-9a-f]{64}$/.test(file.archive))
        throw new Error(`${name} names no package`);
      return file;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  async #all(): Promise<readonly FileMeta[]> {
    const names = (await readdir(this.#directory)).filter(
      name => name.endsWith('.json') && isPluginName(name.slice(0, -5)),
    );
    return (await Promise.all(names.map(name => this.#file(name)))).filter(file => file !== null);
  }

  /** Two plugins may hold the same bytes. */
  async #drop(hash: string): Promise<void> {
    const used = (await this.#all()).some(({ archive }) => archive === hash);
    if (!used) await rm(this.#package(hash), { force: true });
  }

  async #removeOrphans(): Promise<void> {
    const used = new Set((await this.#all()).map(({ archive }) => `${archive}.zip`));
    for (const name of await readdir(join(this.#directory, PACKAGES)))
      if (name.endsWith('.zip') && !used.has(name))
        await rm(join(this.#directory, PACKAGES, name), { force: true });
  }
}

/** A rename is on the disk when its directory is. Windows has no such thing. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
