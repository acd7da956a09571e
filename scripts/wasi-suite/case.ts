/** One module of the suite in a sandbox of its own. Portable: a page runs it, too. */
import { createSandbox, type ExecutionResult } from '../../src/index.ts';

export interface Manifest {
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
