/** The real command line, from its source, in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}

export interface CliOptions {
  /** Text for stdin; `null` closes it at once. Default: nothing to read. */
  readonly stdin?: string | null;
  readonly cwd?: string;
  /** Called when the process has started. */
  readonly started?: (child: ChildProcess) => void;
  /** A file descriptor for stdout. Default: a pipe. */
  readonly stdout?: number;
  /** Have the process send a message once it takes SIGINT; it says nothing else of how far it is. */
  readonly tellsInterruptible?: boolean;
}

/** Runs in the command line's process, before it. */
const TELL = `process.on('newListener', name => {
  if (name === 'SIGINT') setImmediate(() => process.send('ready'));
});`;

export function start(args: readonly string[], options: CliOptions = {}): ChildProcess {
  const stdin = options.stdin === undefined ? 'ignore' : 'pipe';
  const tells = options.tellsInterruptible === true;
  return spawn(
    process.execPath,
    [
      '--conditions=citadel-source',
      ...(tells ? ['--import', `data:text/javascript,${encodeURIComponent(TELL)}`] : []),
      join(ROOT, 'src/cli/main.ts'),
      ...args,
    ],
    {
      cwd: options.cwd ?? ROOT,
      stdio: [stdin, options.stdout ?? 'pipe', 'pipe', ...(tells ? (['ipc'] as const) : [])],
    },
  );
}

export function citadel(args: readonly string[], options: CliOptions = {}): Promise<Ended> {
  const child = start(args, options);
  let out = '';
  let err = '';
  child.stdout?.setEncoding('utf8').on('data', text => {
    out += text;
  });
  child.stderr?.setEncoding('utf8').on('data', text => {
    err += text;
  });
  // A program that does not read its input to the end closes the pipe: its business.
  child.stdin?.on('error', () => {});
  child.stdin?.end(options.stdin ?? '');
  options.started?.(child);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, out, err }));
  });
}

/** A folder of its own for a test file, with files in it. */
export function folder(): { readonly path: string; file(name: string, text: string | Uint8Array): string } {
  const path = mkdtempSync(join(tmpdir(), 'citadel-cli-'));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return {
    path,
    file(name, text) {
      const file = join(path, name);
      writeFileSync(file, text);
      return file;
    },
  };
}
