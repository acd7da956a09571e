/** A PostgreSQL server of our own: started in a folder that is thrown away, reached by a socket in it. */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const BELOW = '/usr/lib/postgresql';

/** Where the server's programs are; null on a machine that has none. */
export function postgresPrograms(): string | null {
  const versions = existsSync(BELOW) ? readdirSync(BELOW).sort().reverse() : [];
  const folders = [
    ...versions.map(version => join(BELOW, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(':'),
  ];
  return (
    folders.find(folder => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'))) ?? null
  );
}

/** The server refuses to run as root: it runs as the user that its package made. */
function identity(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find(one => one.startsWith('postgres:'));
  const [, , uid = '', gid = ''] = (line ?? '').split(':');
  if (uid === '') throw new Error('Run this as a user: as root it needs the user postgres');
  return { uid: Number(uid), gid: Number(gid) };
}

export interface Server {
  /** For `new pg.Pool`. */
  readonly host: string;
  readonly user: string;
  stop(): Promise<void>;
}

export async function startPostgres(programs: string): Promise<Server> {
  const who = identity();
  const folder = mkdtempSync(join(tmpdir(), 'citadel-pg-'));
  if (who.uid !== undefined && who.gid !== undefined) chownSync(folder, who.uid, who.gid);
  const data = join(folder, 'data');
  const options = { ...who, cwd: folder, env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' } };
  await promisify(execFile)(
    join(programs, 'initdb'),
    ['-D', data, '-U', 'tester', '-A', 'trust', '--no-sync'],
    options,
  );
  const server = spawn(
    join(programs, 'postgres'),
    ['-D', data, '-k', folder, '-c', 'listen_addresses=', '-c', 'fsync=off'],
    { ...options, stdio: 'ignore' },
  );
  const ended = new Promise<void>(resolve => server.once('exit', () => resolve()));
  const isReady = (): boolean => {
    try {
      execFileSync(join(programs, 'pg_isready'), ['-h', folder, '-q'], options);
      return true;
    } catch {
      return false;
    }
  };
  while (!isReady()) {
    if (server.exitCode !== null) throw new Error('PostgreSQL did not start');
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  return {
    host: folder,
    user: 'tester',
    async stop() {
      server.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
