/** From a verified package to what a sandbox is told to run. */
import { SandboxError } from '../core/errors.ts';
import type { RunOptions, SandboxOptions } from '../host/api.ts';
import { type OpenPackage, SIGNATURE_FILE, textOf } from '../packages/index.ts';
import type { Grant } from '../policy/grant/index.ts';
import { MANIFEST_FILE } from '../policy/manifest/index.ts';
import { isInside } from '../policy/paths.ts';

/** Where Python and WebAssembly plugins find the other files of their package. */
export const PACKAGE_MOUNT = '/plugin';

export interface Program {
  /** What every run of it has. */
  readonly run: Omit<RunOptions, 'input'>;
  /** Files of the package itself, below PACKAGE_MOUNT. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** Sources of its own modules. */
  readonly modules: Readonly<Record<string, string>>;
  /** Of code and files: what keeping it costs. */
  readonly bytes: number;
}

/** @throws SandboxError MANIFEST_INVALID */
export function programOf({ manifest, digest, files }: OpenPackage): Program {
  const { runtime, language, entry, call, name, version, permissions } = manifest;
  const modules: Record<string, string> = {};
  for (const [specifier, path] of Object.entries(manifest.modules)) {
    if (permissions.modules.some(wish => wish.name === specifier))
      throw new SandboxError(
        'MANIFEST_INVALID',
        `modules and permissions.modules both have ${JSON.stringify(specifier)}; keep one`,
      );
    modules[specifier] = textOf(files, path);
  }
  const extra: Record<string, Uint8Array> = {};
  let bytes = 0;
  for (const [path, contents] of files) {
    bytes += contents.length;
    if (runtime === 'javascript' || [MANIFEST_FILE, SIGNATURE_FILE, entry].includes(path)) continue;
    extra[`${PACKAGE_MOUNT}/${path}`] = contents;
  }
  const own: Pick<RunOptions, 'fileName' | 'plugin'> = {
    fileName: entry,
    plugin: `${name} ${version} ${digest}`,
  };
  const run: Program['run'] =
    runtime === 'wasm'
      ? {
          ...own,
          runtime,
          code: files.get(entry) as Uint8Array,
          ...(call.function === undefined ? {} : { entry: call.function }),
          ...(call.output === undefined ? {} : { output: call.output }),
        }
      : { ...own, runtime, code: textOf(files, entry), ...(runtime === 'javascript' ? { language } : {}) };
  return { run, files: extra, modules, bytes };
}

/** The sandbox that enforces a grant on a program. */
export function sandboxOptions(
  program: Program,
  grant: Grant,
  hostModules: Readonly<Record<string, string>>,
): SandboxOptions {
  const { policy } = grant;
  const { read = [], write = [] } = policy.files ?? {};
  const granted = policy.modules?.javascript ?? [];
  const isCovered = [...read, ...write].some(
    mount => mount === PACKAGE_MOUNT || isInside(PACKAGE_MOUNT, mount),
  );
  const needsMount = Object.keys(program.files).length > 0 && !isCovered;
  const sources: Record<string, string> = { ...program.modules };
  for (const name of granted) {
    const source = Object.hasOwn(hostModules, name) ? hostModules[name] : undefined;
    if (source === undefined)
      throw new SandboxError(
        'INVALID_ARGUMENT',
        `policy.modules.javascript lists ${JSON.stringify(name)}, but options.modules has no source for it`,
      );
    sources[name] = source;
  }
  return {
    policy: {
      ...policy,
      ...(program.run.runtime === 'javascript' ? { modules: { javascript: Object.keys(sources) } } : {}),
      files: { read: needsMount ? [...read, PACKAGE_MOUNT] : read, write },
    },
    modules: sources,
  };
}
