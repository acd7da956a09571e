/**
 * Builds dist/: `node scripts/build.ts`. With --if-stale it leaves alone what has not changed, with --verify it builds
 * everything twice and compares.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { buildBrowserShell } from './build-browser-shell.ts';
import { buildLibrary } from './build-library.ts';
import { buildLicences } from './build-licences.ts';
import { buildNative } from './build-native.ts';
import { buildNodeShell } from './build-node-shell.ts';
import { buildPyodide, PYODIDE_FILES } from './build-pyodide.ts';
import { buildQuickJs } from './build-quickjs.ts';
import { buildSql } from './build-sql.ts';
import { buildSqlite } from './build-sqlite.ts';
import { buildTools } from './build-tools.ts';
import { hashInputs, isFresh, outputsOf, remember, root } from './stamp.ts';

interface Step {
  readonly name: string;
  readonly title: string;
  /** What it reads; a change of any of it makes its output stale. */
  readonly inputs: readonly string[];
  /** Runs it; the files it wrote. */
  run(): Promise<readonly string[]> | readonly string[];
}

const SHARED = ['package.json', 'package-lock.json', 'tsconfig.json'];
const files = (folder: string, name: string): string[] => [
  `dist/${folder}/${name}.js`,
  `dist/${folder}/${name}.d.ts`,
];

const STEPS: readonly Step[] = [
  {
    name: 'quickjs',
    title: 'meter the engine, take its snapshot, bundle the cell',
    inputs: [
      ...SHARED,
      'scripts',
      'workers',
      'src/core',
      'src/protocol',
      'src/syntax',
      'src/instrument',
      'src/runtimes',
    ],
    async run() {
      await buildQuickJs();
      return [...files('engines', 'quickjs'), ...files('cells', 'quickjs')];
    },
  },
  {
    name: 'native',
    title: 'assemble the native kernel, bundle its cell',
    inputs: [
      ...SHARED,
      'scripts',
      'workers',
      'src/core',
      'src/protocol',
      'src/syntax',
      'src/instrument',
      'src/runtimes',
    ],
    async run() {
      await buildNative();
      return [...files('engines', 'wasm'), ...files('cells', 'wasm')];
    },
  },
  {
    name: 'pyodide',
    title: 'meter CPython, compile its library, take its snapshot, bundle the cell',
    inputs: [
      ...SHARED,
      'scripts/build-pyodide.ts',
      'scripts/build-cell.ts',
      'scripts/pyodide',
      'workers/pyodide.ts',
      'src/core',
      'src/protocol',
      'src/instrument',
      'src/runtimes/cell',
      'src/runtimes/pyodide',
      'src/runtimes/wasm',
    ],
    async run() {
      await buildPyodide();
      return PYODIDE_FILES;
    },
  },
  {
    name: 'tools',
    title: 'bundle the cell in which tools run',
    inputs: [
      ...SHARED,
      'scripts',
      'workers',
      'src/core',
      'src/protocol',
      'src/policy',
      'src/syntax',
      'src/instrument',
      'src/runtimes',
      'src/gateway',
      'src/validate',
      'src/tools',
    ],
    async run() {
      await buildTools();
      return [...files('engines', 'tools'), ...files('cells', 'tools')];
    },
  },
  {
    name: 'sqlite',
    title: 'pack SQLite, bundle its cell',
    inputs: [...SHARED, 'scripts', 'workers', 'src/core', 'src/protocol', 'src/runtimes'],
    async run() {
      await buildSqlite();
      return [...files('engines', 'sqlite'), ...files('cells', 'sqlite')];
    },
  },
  {
    name: 'node-shell',
    title: 'bundle the shell of Node.js cells',
    inputs: [...SHARED, 'scripts', 'src/core', 'src/protocol', 'src/instrument', 'src/platform'],
    async run() {
      await buildNodeShell();
      return files('cells', 'shell-node');
    },
  },
  {
    name: 'browser-shell',
    title: 'bundle the shell of browser cells',
    inputs: [...SHARED, 'scripts', 'src/core', 'src/protocol', 'src/platform'],
    async run() {
      await buildBrowserShell();
      return [...files('cells', 'shell-browser'), 'dist/assets/sandbox.html'];
    },
  },
  {
    name: 'sql',
    title: 'pack the parser of SQL',
    inputs: [...SHARED, 'scripts/build-sql.ts'],
    run: buildSql,
  },
  {
    name: 'library',
    title: 'compile the library',
    inputs: [...SHARED, 'tsconfig.build.json', 'scripts', 'src'],
    run: buildLibrary,
  },
  {
    name: 'licences',
    title: 'collect the licences of what is bundled',
    inputs: [...SHARED, 'scripts', 'src', 'workers'],
    run: buildLicences,
  },
];

export interface BuildOptions {
  /** Leave alone what has not changed. */
  readonly ifStale?: boolean;
  readonly say?: (line: string) => void;
}

/** Every file the build writes, relative to the root → hash. */
export function builtFiles(): Record<string, string> {
  return Object.assign({}, ...STEPS.map(step => outputsOf(step.name)));
}

/** Builds everything; returns the names of the steps that ran. */
export async function build({ ifStale = false, say = console.log }: BuildOptions = {}): Promise<string[]> {
  const ran: string[] = [];
  for (const [i, { name, title, inputs, run }] of STEPS.entries()) {
    const hash = hashInputs(inputs);
    if (ifStale && isFresh(name, hash)) continue;
    say(`build ${i + 1}/${STEPS.length}: ${title}`);
    remember(name, hash, await run());
    ran.push(name);
  }
  return ran;
}

/** Holds the package's metadata to what bundlers and Node.js make of it. */
function lint(): void {
  const { status } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/publint/src/cli.js'), '--strict'],
    { cwd: root, stdio: 'inherit' },
  );
  if (status !== 0) throw new Error('Fix what publint says about package.json');
}

async function verify(): Promise<void> {
  await build();
  const first = builtFiles();
  await build({ say: () => {} });
  const second = builtFiles();
  const names = new Set([...Object.keys(first), ...Object.keys(second)]);
  const differing = [...names].filter(name => first[name] !== second[name]);
  if (differing.length > 0)
    throw new Error(`Make the build reproducible: two in a row differ in ${differing.join(', ')}`);
  console.log(`build: two in a row wrote the same ${names.size} files`);
}

if (import.meta.main) {
  const flags = new Set(process.argv.slice(2));
  const quiet = flags.has('--quiet');
  if (flags.has('--verify')) await verify();
  else {
    const started = performance.now();
    const ran = await build({
      ifStale: flags.has('--if-stale'),
      say: quiet ? () => {} : line => console.error(line),
    });
    if (ran.length > 0 && !quiet) {
      console.error(`build: done in ${((performance.now() - started) / 1000).toFixed(1)} s`);
      if (!flags.has('--if-stale')) lint();
    }
  }
}
