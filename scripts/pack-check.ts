/**
 * Proves that the packed package works for others: `npm run test:package`. Installs the tarball in fresh projects and
 * uses it on every supported Node.js, from TypeScript, from the command line and in a fresh Vite app.
 */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import { ensureChromium } from './browser.ts';
import { build, builtFiles } from './build.ts';
import { ensureNode, NODE_MAJORS } from './nodes.ts';
import { root } from './stamp.ts';

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

const parts = fileURLToPath(new URL('pack-check/', import.meta.url));
const kb = (bytes: number): string => `${(bytes / 1024).toFixed(0)} KB`;
const npm = (cwd: string, ...args: string[]): string =>
  execFileSync('npm', args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    shell: process.platform === 'win32',
  });

/** Machine paths and addresses of registries have no place in what others install. */
const FORBIDDEN = /\/(?:work|home|root|tmp|Users)\/[\w.-]+|registry\.[\w-]+\.\w+/;

function pack(folder: string): Packed {
  const [packed] = JSON.parse(
    npm(root, 'pack', '--json', '--ignore-scripts', '--pack-destination', folder),
  ) as Packed[];
  if (packed === undefined) throw new Error('npm pack made nothing');
  return packed;
}

/** Complaints about the tarball's list of files. */
function checkFiles({ files }: Packed, built: Readonly<Record<string, string>>): string[] {
  const paths = new Set(files.map(({ path }) => path));
  const complaints: string[] = [];
  for (const path of paths) {
    if (path.startsWith('dist/') && !Object.hasOwn(built, path))
      complaints.push(`${path} is packed, but no build step wrote it: remove it`);
    const found = FORBIDDEN.exec(readFileSync(join(root, path), 'utf8'));
    if (found) complaints.push(`${path} names a place of one machine: ${found[0]}`);
  }
  for (const path of Object.keys(built))
    if (!paths.has(path)) complaints.push(`${path} is built, but not packed`);
  for (const path of ['README.md', 'LICENSE', 'SECURITY.md', 'CHANGELOG.md'])
    if (!paths.has(path)) complaints.push(`${path} is missing`);
  return complaints;
}

function freshProject(folder: string, name: string, ...packages: string[]): string {
  const project = join(folder, name);
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
  npm(project, 'install', '--no-audit', '--no-fund', '--loglevel=error', ...packages);
  return project;
}

function expectText(what: string, actual: string, expected: string): void {
  if (actual !== expected) throw new Error(`${what}: expected ${expected}, got ${actual}`);
  console.log(`✓ ${what}`);
}

function checkNode(project: string, major: number): void {
  const node = ensureNode(major);
  const run = (...args: string[]): string =>
    execFileSync(node, args, {
      cwd: project,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      // Nothing of this process may stand in for what the package lacks.
      env: { PATH: process.env['PATH'] ?? '' },
    });
  cpSync(join(parts, 'node-app.mjs'), join(project, 'app.mjs'));
  writeFileSync(join(project, 'plugin.js'), 'export default ({ value }) => value * 2;\n');
  const version = run('--version').trim();
  // Node.js 22 does not know `await using` yet.
  if (major === 22) {
    const text = readFileSync(join(project, 'app.mjs'), 'utf8');
    writeFileSync(
      join(project, 'app.mjs'),
      `${text.replace('await using', 'const')}\nawait sandbox.close();\n`,
    );
  }
  expectText(`Node.js ${version}: import and run`, run('app.mjs'), 'ok');
  const cli = join(project, 'node_modules/citadel-sandbox/dist/cli/main.js');
  const output = run(cli, 'run', 'plugin.js', '--input', '{"value":21}', '--json');
  const { success, data } = JSON.parse(output) as { success: boolean; data?: unknown };
  expectText(
    `Node.js ${version}: citadel run --json`,
    JSON.stringify({ success, data }),
    '{"success":true,"data":42}',
  );
}

function checkTypes(project: string): void {
  cpSync(join(parts, 'types.ts'), join(project, 'types.ts'));
  for (const [module, moduleResolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ]) {
    const options = {
      strict: true,
      noEmit: true,
      target: 'es2023',
      lib: ['es2024', 'dom'],
      types: [],
      skipLibCheck: false,
    };
    writeFileSync(
      join(project, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: { ...options, module, moduleResolution }, files: ['types.ts'] }),
    );
    execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project], {
      stdio: 'inherit',
    });
    console.log(`✓ types, as ${moduleResolution} resolves them`);
  }
}

async function checkVite(folder: string, tarball: string): Promise<void> {
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  const project = freshProject(folder, 'vite-app', tarball, `vite@${devDependencies['vite']}`);
  cpSync(join(parts, 'vite-app.js'), join(project, 'main.js'));
  cpSync(join(parts, 'vite-serve.mjs'), join(project, 'serve.mjs'));
  writeFileSync(
    join(project, 'index.html'),
    '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>app</title><script type="module" src="/main.js"></script>\n',
  );
  const server = spawn(process.execPath, ['serve.mjs'], { cwd: project, stdio: ['pipe', 'pipe', 'inherit'] });
  const browser = await chromium.launch(ensureChromium());
  try {
    let line = '';
    for await (line of createInterface(server.stdout)) if (line.startsWith('[')) break;
    if (!line.startsWith('[')) throw new Error('Vite did not start');
    const [built = '', development = ''] = JSON.parse(line) as string[];
    for (const [name, address] of [
      ['vite build', built],
      ['vite dev', development],
    ] as const) {
      const page = await browser.newPage();
      page.on('console', message => {
        if (message.type() === 'error') console.error(`${name}: ${message.text()}`);
      });
      await page.goto(address);
      const result = await page.waitForSelector('body[data-result]', { state: 'attached', timeout: 60_000 });
      expectText(
        `${name}: a plugin in Chromium`,
        (await result.getAttribute('data-result')) ?? '',
        '{"platform":"browser","data":42,"endless":"TIMEOUT"}',
      );
      await page.close();
    }
  } finally {
    server.stdin.end();
    await browser.close();
  }
}

async function main(): Promise<void> {
  await build({ ifStale: true });
  const folder = mkdtempSync(join(tmpdir(), 'citadel-pack-'));
  try {
    const packed = pack(folder);
    const complaints = checkFiles(packed, builtFiles());
    if (complaints.length > 0) throw new Error(`Fix the package:\n  ${complaints.join('\n  ')}`);
    for (const { path, size } of packed.files) console.log(`${kb(size).padStart(8)}  ${path}`);
    console.log(
      `${packed.filename}: ${packed.files.length} files, ${kb(packed.size)}, unpacked ${kb(packed.unpackedSize)}`,
    );
    const tarball = join(folder, packed.filename);
    const project = freshProject(folder, 'node-app', tarball);
    checkTypes(project);
    for (const major of NODE_MAJORS) checkNode(project, major);
    await checkVite(folder, tarball);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
