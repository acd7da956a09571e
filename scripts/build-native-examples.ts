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
const PACKAGES = [
  'clang-14',
  'lld-14',
  'wasi-libc',
  'libclang-rt-14-dev-wasm32',
  'rustc',
  'libstd-rust-dev-wasm32',
];

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { cwd: native, stdio: 'inherit' });
  if (status !== 0) throw new Error(`${command} failed: ${error?.message ?? `exit code ${status}`}`);
}

const works = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { cwd: native }).status === 0;

/** Debian's own, whatever else is on the PATH: another version makes other bytes. */
const RUSTC = '/usr/bin/rustc';
const asc = join(native, 'node_modules/assemblyscript/bin/asc.js');

function installCompilers(): void {
  if (!works('clang-14', '--version') || !works(RUSTC, '--version') || !works('wasm-ld-14', '--version')) {
    if (process.getuid?.() !== 0 || !works('apt-get', '--version')) {
      throw new Error(`Install ${PACKAGES.join(' ')} (Debian 12), or run this as root there`);
    }
    console.log(`installing ${PACKAGES.join(' ')}`);
    run('apt-get', ['install', '-y', '--no-install-recommends', ...PACKAGES]);
  }
  if (!existsSync(asc)) run('npm', ['ci', '--no-audit', '--no-fund']);
}

type Build = (out: string) => void | Promise<void>;

const clang =
  (name: string): Build =>
  out =>
    run('clang-14', [
      '--target=wasm32-wasi',
      '-Os',
      '-Wall',
      '-Wextra',
      '-Werror',
      '-Wl,--strip-all',
      '-o',
      out,
      `${name}/${name}.c`,
      '-lm',
    ]);

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
