/**
 * Packages of Python runs: checked when they are new, then kept as one bundle for each distinct set, shared by all sandboxes of
 * the process. A cell gets a bundle once.
 */
import { SandboxError } from '../core/errors.ts';
import type { Limits } from '../core/limits.ts';
import { cleanLine } from '../core/text.ts';
import type { ModuleSource } from '../platform/types.ts';
import { type Loadable, sameBytes } from './modules.ts';
import { readWheel, WheelRefused, type WheelSummary } from './wheel.ts';

interface Given {
  readonly fileName: string;
  readonly bytes: Uint8Array;
  readonly sha256: string;
}

interface Wheel extends Given {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly unpackedBytes: number;
}

interface Bundle extends Loadable {
  readonly wheels: readonly Wheel[];
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly ready: Promise<ModuleSource>;
  answer: ModuleSource | null;
}

const MAX_BUNDLES = 32;
/** All of them together; the newest one always fits. */
const MAX_BYTES = 256 * 1024 * 1024;
const KEYS: readonly string[] = ['fileName', 'bytes', 'sha256'];
const SHA256 = /^[0-9a-f]{64}$/;

const aligned = (bytes: number): number => Math.ceil(bytes / 4) * 4;
const invalid = (message: string): SandboxError => new SandboxError('INVALID_ARGUMENT', message);
const quote = (text: string): string => JSON.stringify(cleanLine(text, 100));
const refused = (fileName: string, why: string): SandboxError =>
  new SandboxError('PACKAGE_INVALID', `the package ${quote(fileName)} was refused: ${why}`);

function readGiven(item: unknown, path: string): Given {
  if (typeof item !== 'object' || item === null)
    throw invalid(`${path} must be an object with ${KEYS.join(', ')}`);
  const stray = Object.keys(item).find(key => !KEYS.includes(key));
  if (stray !== undefined)
    throw invalid(`${path} knows no ${JSON.stringify(stray)}; it knows ${KEYS.join(', ')}`);
  const { fileName, bytes, sha256 } = item as Record<keyof Given, unknown>;
  if (typeof fileName !== 'string') throw invalid(`${path}.fileName must be a string`);
  if (!(bytes instanceof Uint8Array)) throw invalid(`${path}.bytes must be a Uint8Array`);
  const digits = typeof sha256 === 'string' ? sha256.toLowerCase() : '';
  if (!SHA256.test(digits))
    throw invalid(`${path}.sha256 must be the file's SHA-256, as 64 hexadecimal digits`);
  return { fileName, bytes, sha256: digits };
}

function summary({ fileName, bytes }: Given): WheelSummary {
  try {
    return readWheel(fileName, bytes);
  } catch (error) {
    throw error instanceof WheelRefused ? refused(fileName, error.message) : error;
  }
}

const tooLarge = (bytes: number, what: string, { packageBytes }: Limits): SandboxError =>
  new SandboxError(
    'INPUT_TOO_LARGE',
    `the packages ${what} ${bytes} bytes, more than limits.packageBytes = ${packageBytes}`,
  );

async function verify({ fileName, bytes, sha256 }: Wheel): Promise<void> {
  // Pages have it only where they came over a safe connection.
  const { subtle } = globalThis.crypto ?? {};
  if (subtle === undefined)
    throw new SandboxError(
      'UNENFORCEABLE',
      'hashes of packages need crypto.subtle; serve the page over https',
    );
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes));
  const found = Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join('');
  if (found !== sha256) throw refused(fileName, `its SHA-256 is ${found}, and not ${sha256}`);
}

export class PackageStore {
  /** Least recently used first. */
  readonly #bundles: Map<string, Bundle> = new Map();
  #bytes = 0;
  #next = 1;

  /**
   * The bundle of these packages; `ready` rejects with what is wrong with a hash.
   * @throws SandboxError INVALID_ARGUMENT, INPUT_TOO_LARGE or PACKAGE_INVALID
   */
  find(packages: unknown, limits: Limits): Loadable | null {
    if (packages === undefined) return null;
    if (!Array.isArray(packages)) throw invalid('packages must be an array');
    const { packageCount, packageBytes } = limits;
    if (packages.length > packageCount)
      throw new SandboxError(
        'INPUT_TOO_LARGE',
        `${packages.length} packages are more than limits.packageCount = ${packageCount}`,
      );
    if (packages.length === 0) return null;
    const given = Array.from(packages as unknown[], (item, i) => readGiven(item, `packages[${i}]`));
    const bytes = given.reduce((sum, one) => sum + one.bytes.length, 0);
    if (bytes > packageBytes) throw tooLarge(bytes, 'have', limits);
    const bundle = this.#known(given) ?? this.#add(given);
    const unpacked = bundle.wheels.reduce((sum, wheel) => sum + wheel.unpackedBytes, 0);
    if (unpacked > packageBytes) throw tooLarge(unpacked, 'unpack to', limits);
    return bundle;
  }

  #known(given: readonly Given[]): Bundle | null {
    const same = ({ wheels }: Bundle): boolean =>
      wheels.length === given.length &&
      given.every(({ fileName, sha256, bytes }, i) => {
        const wheel = wheels[i];
        return wheel?.fileName === fileName && wheel.sha256 === sha256 && sameBytes(wheel.bytes, bytes);
      });
    for (const bundle of this.#bundles.values()) {
      if (!same(bundle)) continue;
      this.#bundles.delete(bundle.key);
      this.#bundles.set(bundle.key, bundle);
      return bundle;
    }
    return null;
  }

  #add(given: readonly Given[]): Bundle {
    // Each begins at a multiple of four: that is how they are compared.
    const total = given.reduce((sum, one) => sum + aligned(one.bytes.length), 0);
    const bytes = new Uint8Array(total);
    const wheels: Wheel[] = [];
    const projects = new Set<string>();
    let from = 0;
    for (const one of given) {
      const part = bytes.subarray(from, from + one.bytes.length);
      // First the copy: what is checked is what is used.
      part.set(one.bytes);
      from += aligned(part.length);
      const wheel = { ...one, bytes: part };
      const { project, unpackedBytes } = summary(wheel);
      if (projects.has(project)) throw refused(one.fileName, `there are two of ${quote(project)}; keep one`);
      projects.add(project);
      wheels.push({ ...wheel, unpackedBytes });
    }
    const info = JSON.stringify(
      wheels.map(wheel => [wheel.fileName, wheel.bytes.byteOffset, wheel.bytes.length]),
    );
    const source: ModuleSource = { module: null, bytes, info };
    const bundle: Bundle = {
      key: `p${this.#next++}`,
      wheels,
      bytes,
      ready: Promise.all(wheels.map(verify)).then(
        () => {
          bundle.answer = source;
          return source;
        },
        (error: unknown) => {
          this.#forget(bundle);
          throw error;
        },
      ),
      answer: null,
    };
    // A caller who was refused for another reason does not wait for it.
    bundle.ready.catch(() => {});
    this.#bundles.set(bundle.key, bundle);
    this.#bytes += total;
    for (const old of this.#bundles.values()) {
      if (old === bundle || (this.#bundles.size <= MAX_BUNDLES && this.#bytes <= MAX_BYTES)) break;
      this.#forget(old);
    }
    return bundle;
  }

  #forget(bundle: Bundle): void {
    if (this.#bundles.delete(bundle.key)) this.#bytes -= bundle.bytes.length;
  }
}

export const packages: PackageStore = new PackageStore();
