/**
 * Rebuilds the native examples from their sources: `npm run build:native-examples [-- --check]`. The built modules are
 * committed, so that nobody needs three compilers to run them; with --check they are compared instead of replaced. The
 * compilers are Debian's (clang-14, rustc 1.63) and AssemblyScript's; what is missing is installed where that is possible.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assemble } from './wat.ts';

const native = fileURLToPath(new URL('../examples/native/', import.meta.url));

/** What the committed modules were built with: another version makes other bytes. */
const PACKAGES: Readonly<Record<string, string>> = {
  'clang-14': '1:14.0.6-12',
  'lld-14': '1:14.0.6-12',
  'libclang-rt-14-dev-wasm32': '1:14.0.6-12',
  'wasi-libc': '0.0~git20220510.9886d3d-2',
  rustc: '1.63.0+dfsg1-2',
  'libstd-rust-dev-wasm32': '1.63.0+dfsg1-2',
};

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { cwd: native, stdio: 'inherit' });
  if (status !== 0) throw new Error(`${command} failed: ${error?.message ?? `exit code ${status}`}`);
}

/** Debian's own, whatever else is on the PATH. */
const RUSTC = '/usr/bin/rustc';
const asc = join(native, 'node_modules/assemblyscript/bin/asc.js');

function installedPackages(): Map<string, string> {
  const format = ['Package', 'Version', 'db:Status-Status'].map(field => `$\{${field}}`).join(' ');
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f', `${format}\n`, ...Object.keys(PACKAGES)], {
    encoding: 'utf8',
  });
  const rows = (stdout ?? '').split('\n').map(line => line.split(' '));
  return new Map(
    rows.flatMap(([name, version, state]) =>
      state === 'installed' ? [[name as string, version as string]] : [],
    ),
  );
}

function installCompilers(): void {
  const missing = Object.keys(PACKAGES).filter(name => !installedPackages().has(name));
  if (missing.length > 0) {
    if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0)
      throw new Error(`Install ${missing.join(' ')} (Debian 12), or run this as root there`);
    console.log(`installing ${missing.join(' ')}`);
    run('apt-get', ['install', '-y', '--no-install-recommends', ...missing]);
  }
  for (const [name, version] of installedPackages()) {
    if (version !== PACKAGES[name])
      console.log(`${name} is ${version}; the committed modules were built with ${PACKAGES[name]}`);
  }
}

const json = (path: string): Readonly<Record<string, unknown>> =>
  existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>) : {};

function installScripts(): void {
  const wanted = json(join(native, 'package.json'))['devDependencies'] as Readonly<Record<string, string>>;
  const stale = Object.entries(wanted).some(
    ([name, version]) => json(join(native, 'node_modules', name, 'package.json'))['version'] !== version,
  );
  if (!stale) return;
  console.log(`installing ${Object.keys(wanted).join(' ')} in examples/native`);
  run('npm', ['ci']);
}

type Build = (out: string) => void | Promise<void>;

/** In two steps: told to optimise, the one that links runs whatever `wasm-opt` it finds on the PATH, if any. */
const clang =
  (name: string): Build =>
  out => {
    const warnings = ['-Wall', '-Wextra', '-Werror'];
    run('clang-14', [
      '--target=wasm32-wasi',
      '-Os',
      ...warnings,
      '-c',
      '-o',
      `${out}.o`,
      `${name}/${name}.c`,
    ]);
    run('clang-14', ['--target=wasm32-wasi', '-Wl,--strip-all', '-o', out, `${out}.o`, '-lm']);
  };

const rust =
  (name: string): Build =>
  out =>
    run(RUSTC, [
      '--edition', '2021', '--target', 'wasm32-wasi', '-C', 'opt-level=s', '-C', 'lto=yes', '-C', 'panic=abort', '-C', 'strip=symbols',
      '-C', 'linker=wasm-ld-14', '--remap-path-prefix', `${native}=`, '-o', out, `${name}/${name}.rs`,
    ]); // biome-ignore format: a list

const assemblyScript =
  (name: string, ...more: string[]): Build =>
  out =>
    run(process.execPath, [
      asc,
      `${name}/${name}.ts`,
      '--outFile',
      out,
      '--optimizeLevel',
      '3',
      '--shrinkLevel',
      '1',
      ...more,
    ]);

const text =
  (name: string): Build =>
  async out =>
    writeFileSync(out, await assemble(name, readFileSync(`${native}${name}/${name}.wat`, 'utf8')));

const BUILDS: Readonly<Record<string, Build>> = {
  'csv-stats': clang('csv-stats'),
  'word-count': rust('word-count'),
  'image-edges': assemblyScript('image-edges', '--runtime', 'stub', '--noAssert'),
  finance: assemblyScript('finance', '--runtime', 'stub', '--noAssert'),
  'count-vowels': assemblyScript(
    'count-vowels',
    '--runtime',
    'minimal',
    '--use',
    'abort=count-vowels/count-vowels/myAbort',
  ),
  hostile: text('hostile'),
};

const check = process.argv.includes('--check');
installCompilers();
installScripts();
const folder = mkdtempSync(join(tmpdir(), 'native-examples-'));
let differing = 0;
for (const [name, build] of Object.entries(BUILDS)) {
  const fresh = join(folder, `${name}.wasm`);
  const kept = `${native}${name}/${name}.wasm`;
  await build(fresh);
  const same = existsSync(kept) && readFileSync(kept).equals(readFileSync(fresh));
  if (!same) differing++;
  console.log(
    `${name}: ${readFileSync(fresh).length} bytes, ${same ? 'the same' : check ? 'DIFFERENT from the committed one' : 'new'}`,
  );
  if (!check && !same) {
    writeFileSync(`${kept}.new`, readFileSync(fresh));
    renameSync(`${kept}.new`, kept);
  }
}
rmSync(folder, { recursive: true, force: true });
if (check && differing > 0) process.exitCode = 1;
