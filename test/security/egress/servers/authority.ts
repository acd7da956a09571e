/** A certificate authority of the test's own, made by the openssl of the machine. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

export interface Authority extends Disposable {
  readonly pem: string;
  /** @param names such as `DNS:allowed.test` or `IP:127.0.0.1` */
  issue(names: readonly string[], options?: { readonly expired?: boolean }): Certificate;
}

const has = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0;

/** Debian has it nearly everywhere; where it has not, it is installed, or these tests fail and say so. */
function ensureOpenssl(): void {
  if (has('openssl', 'version')) return;
  if (process.getuid?.() === 0 && has('apt-get', '--version')) {
    console.log('installing openssl for the tests of HTTPS');
    if (has('apt-get', 'update') && has('apt-get', 'install', '-y', '--no-install-recommends', 'openssl'))
      return;
  }
  throw new Error('Install openssl: the tests of HTTPS make a certificate authority with it');
}

export function createAuthority(): Authority {
  ensureOpenssl();
  const folder = mkdtempSync(join(tmpdir(), 'citadel-authority-'));
  const path = (name: string): string => join(folder, name);
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  };
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '2',
    '-subj',
    '/CN=test',
  );
  writeFileSync(path('ca.cnf'), CONFIG);
  writeFileSync(path('index.txt'), '');
  let issued = 0;
  return {
    pem: readFileSync(path('ca.pem'), 'utf8'),
    issue(names, { expired = false } = {}) {
      issued += 1;
      const name = `leaf${issued}`;
      writeFileSync(path(`${name}.ext`), `subjectAltName=${names.join(',')}\n`);
      openssl('req', '-new', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', '/CN=leaf');
      openssl(
        ...['ca', '-batch', '-config', 'ca.cnf', '-cert', 'ca.pem', '-keyfile', 'ca.key', '-notext'],
        ...['-in', `${name}.csr`, '-out', `${name}.pem`, '-extfile', `${name}.ext`],
        ...(expired ? ['-startdate', '20200101000000Z', '-enddate', '20200102000000Z'] : ['-days', '1']),
      );
      return {
        key: readFileSync(path(`${name}.key`), 'utf8'),
        cert: readFileSync(path(`${name}.pem`), 'utf8'),
      };
    },
    [Symbol.dispose]() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const CONFIG = `[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
unique_subject = no
policy = any
[any]
commonName = supplied
`;
