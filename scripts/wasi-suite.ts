/**
 * Runs the preview1 modules of WebAssembly/wasi-testsuite (branch prod/testsuite-base) in the sandbox:
 * `npm run suite:wasi -- PATH [--chromium]`, where PATH is a checkout. It is never part of this repository.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { createSandbox, type ExecutionResult } from '../src/index.ts';

interface Manifest {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly root?: string | null;
  readonly exit_code?: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

export interface SuiteCase {
  readonly name: string;
  readonly code: Uint8Array;
  readonly manifest: Manifest;
  /** Below the root, as the guest sees it. */
  readonly files: Readonly<Record<string, Uint8Array>>;
}

export interface SuiteOutcome {
  readonly exitCode: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

const FOLDERS = ['assemblyscript', 'c', 'rust'].map(language => `tests/${language}/testsuite/wasm32-wasip1`);

function filesBelow(folder: string): Record<string, Uint8Array> {
  const files: Record<string, Uint8Array> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) files[`/${relative(folder, path)}`] = new Uint8Array(readFileSync(path));
  }
  return files;
}

export function readSuite(checkout: string): SuiteCase[] {
  const cases: SuiteCase[] = [];
  for (const folder of FOLDERS.map(path => join(checkout, path)).filter(existsSync)) {
    for (const file of readdirSync(folder).filter(name => name.endsWith('.wasm'))) {
      const path = join(folder, file);
      const spec = path.replace(/\.wasm$/, '.json');
      const manifest = existsSync(spec) ? (JSON.parse(readFileSync(spec, 'utf8')) as Manifest) : {};
      const root = typeof manifest.root === 'string' ? join(folder, manifest.root) : null;
      const files = root !== null && existsSync(root) && statSync(root).isDirectory() ? filesBelow(root) : {};
      cases.push({
        name: basename(file, '.wasm'),
        code: new Uint8Array(readFileSync(path)),
        manifest,
        files,
      });
    }
  }
  return cases;
}

function outcomeOf(result: ExecutionResult): SuiteOutcome {
  const stderr = result.report.logs.map(({ text }) => text).join('\n');
  if (result.success) return { exitCode: 0, stdout: String(result.data ?? ''), stderr };
  const exit = /exited with code (\d+)/.exec(result.error.message)?.[1];
  return {
    exitCode: exit === undefined ? `${result.error.code}: ${result.error.message}` : Number(exit),
    stdout: '',
    stderr,
  };
}

/** One module in a sandbox of its own. Portable: a page runs it, too. */
export async function runCase({ code, manifest, files, name }: SuiteCase): Promise<SuiteOutcome> {
  await using sandbox = createSandbox({
    policy: {
      env: manifest.env ?? {},
      files: typeof manifest.root === 'string' ? { write: ['/'] } : {},
      limits: { concurrency: 1 },
    },
  });
  return outcomeOf(
    await sandbox.run({
      runtime: 'wasm',
      code,
      args: manifest.args ?? [],
      files,
      output: 'text',
      fileName: name,
    }),
  );
}

/** What is wrong with an outcome, or null. A module that is meant to fail says nothing on standard output. */
export function problemOf({ manifest }: SuiteCase, outcome: SuiteOutcome): string | null {
  const wanted = manifest.exit_code ?? 0;
  if (outcome.exitCode !== wanted)
    return `exit code ${outcome.exitCode} instead of ${wanted}; ${outcome.stderr}`;
  if (manifest.stdout !== undefined && outcome.stdout.trim() !== manifest.stdout.trim())
    return `standard output ${JSON.stringify(outcome.stdout)}`;
  return null;
}

if (import.meta.main) {
  const [checkout] = process.argv.slice(2).filter(word => !word.startsWith('--'));
  if (checkout === undefined) {
    console.error('Name a checkout of WebAssembly/wasi-testsuite, branch prod/testsuite-base');
    process.exit(2);
  }
  let failed = 0;
  const cases = readSuite(checkout);
  for (const one of cases) {
    const problem = problemOf(one, await runCase(one));
    if (problem !== null) {
      failed++;
      console.log(`FAIL ${one.name}: ${problem}`);
    }
  }
  console.log(`${cases.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && cases.length > 0 ? 0 : 1;
}
