/**
 * Finds the browsers the tests drive, and installs Chromium when there is none. As a script it prints what it found;
 * everything else it says goes to stderr, so that its output can be used by a shell.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';

export interface Browser {
  /** Absent: Playwright uses the browser it manages. */
  executablePath?: string;
  readonly args: string[];
}

const root: string = fileURLToPath(new URL('..', import.meta.url));
const isRoot = (): boolean => process.getuid?.() === 0;
const say = (text: string): void => void process.stderr.write(`browser: ${text}\n`);

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function onPath(...names: string[]): string | null {
  for (const name of names) {
    for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
      const path = join(folder, name);
      if (folder !== '' && isExecutable(path)) return path;
    }
  }
  return null;
}

function firstOf(...paths: (string | undefined)[]): string | null {
  return paths.find(path => path !== undefined && isExecutable(path)) ?? null;
}

/** Windows keeps programs under several roots; all of them are tried. */
function inProgramFiles(...tails: string[]): string | null {
  const roots = ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].map(name => process.env[name] ?? '');
  return firstOf(
    ...tails.flatMap(tail => roots.filter(folder => folder !== '').map(folder => join(folder, tail))),
  );
}

function systemChromium(): string | null {
  if (process.platform === 'darwin') {
    const names = ['Google Chrome', 'Chromium', 'Microsoft Edge'];
    return firstOf(...names.map(name => `/Applications/${name}.app/Contents/MacOS/${name}`));
  }
  if (process.platform === 'win32') {
    return inProgramFiles(
      'Google\\Chrome\\Application\\chrome.exe',
      'Chromium\\Application\\chrome.exe',
      'Microsoft\\Edge\\Application\\msedge.exe',
    );
  }
  return (
    onPath('google-chrome-stable', 'google-chrome', 'chromium', 'chromium-browser', 'microsoft-edge') ??
    firstOf('/snap/bin/chromium', '/opt/google/chrome/chrome', '/usr/lib/chromium/chromium')
  );
}

/** The path of a Chromium that is installed already. */
function findChromium(): string | null {
  const chosen = process.env['CHROME_PATH'];
  if (chosen !== undefined && chosen !== '') {
    if (isExecutable(chosen)) return chosen;
    throw new Error(`Fix or unset CHROME_PATH: there is no program at ${chosen}`);
  }
  return firstOf(chromium.executablePath()) ?? systemChromium();
}

function run(command: string, args: string[]): boolean {
  say(`running ${[command, ...args].join(' ')}`);
  const shell = process.platform === 'win32';
  // The output of installers is for people; this script's stdout carries one path only.
  const { status } = spawnSync(command, args, { cwd: root, shell, stdio: ['ignore', 2, 2] });
  return status === 0;
}

function install(): void {
  if (run('npx', ['playwright', 'install', 'chromium'])) return;
  if (isRoot() && existsSync('/etc/debian_version')) {
    say("Playwright's download failed; trying the system's packages");
    if (
      run('apt-get', ['update']) &&
      run('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'])
    )
      return;
  }
  throw new Error(
    'Install Chrome or Chromium, or set CHROME_PATH: no browser was found and none could be installed',
  );
}

/** What Playwright's `chromium.launch` needs; installs a browser where there is none. */
export function ensureChromium(): Browser {
  let executablePath = findChromium();
  if (executablePath === null) {
    say('no Chromium found, installing one');
    install();
    executablePath = findChromium();
    if (executablePath === null) throw new Error('Set CHROME_PATH: the installed browser was not found');
  }
  const args = [
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
  // Chromium's own sandbox refuses root, and most CI machines lack the kernel features it wants.
  if (isRoot() || (process.env['CI'] ?? '') !== '') args.push('--no-sandbox');
  return { executablePath, args };
}

/** A Firefox that is installed already, or null: it is never installed. */
export function findFirefox(): string | null {
  const chosen = process.env['FIREFOX_PATH'];
  if (chosen !== undefined && chosen !== '') {
    if (isExecutable(chosen)) return chosen;
    throw new Error(`Fix or unset FIREFOX_PATH: there is no program at ${chosen}`);
  }
  if (process.platform === 'darwin') return firstOf('/Applications/Firefox.app/Contents/MacOS/firefox');
  if (process.platform === 'win32') return inProgramFiles('Mozilla Firefox\\firefox.exe');
  return onPath('firefox', 'firefox-esr');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(`${ensureChromium().executablePath}\n`);
}
