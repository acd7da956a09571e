/**
 * Runs the preview1 modules of WebAssembly/wasi-testsuite (branch prod/testsuite-base) in the sandbox:
 * `npm run suite:wasi -- PATH [--chromium]`, where PATH is a checkout. It is never part of this repository.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import { createServer, defaultClientConditions } from 'vite';
import { ensureChromium } from './browser.ts';
import { type Manifest, problemOf, runCase, type SuiteCase, type SuiteOutcome } from './wasi-suite/case.ts';
import type { PackedCase } from './wasi-suite/page.ts';

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
  for (const path of FOLDERS) {
    const folder = join(checkout, path);
    // Fewer cases would pass just as well.
    if (!existsSync(folder)) throw new Error(`Check out branch prod/testsuite-base: ${path} is missing`);
    for (const file of readdirSync(folder).filter(name => name.endsWith('.wasm'))) {
      const module = join(folder, file);
      const spec = module.replace(/\.wasm$/, '.json');
      const manifest = existsSync(spec) ? (JSON.parse(readFileSync(spec, 'utf8')) as Manifest) : {};
      const root = typeof manifest.root === 'string' ? join(folder, manifest.root) : null;
      const files = root !== null && existsSync(root) && statSync(root).isDirectory() ? filesBelow(root) : {};
      cases.push({
        name: basename(file, '.wasm'),
        code: new Uint8Array(readFileSync(module)),
        manifest,
        files,
      });
    }
  }
  return cases;
}

type Runner = (one: SuiteCase) => Promise<SuiteOutcome>;

const pack = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** The same cases in a page, with the sandbox as a bundler would give it to one. */
async function inChromium(work: (run: Runner) => Promise<void>): Promise<void> {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const server = await createServer({
    root: `${root}scripts/wasi-suite`,
    cacheDir: `${root}.cache/vite-wasi-suite`,
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['citadel-source', ...defaultClientConditions] },
    optimizeDeps: { include: ['acorn', 'acorn-walk', '@sveltejs/acorn-typescript'] },
    server: { host: '127.0.0.1', port: 0, fs: { allow: [root] } },
  });
  await server.listen();
  const { executablePath, args } = ensureChromium();
  const browser = await chromium.launch({
    args,
    ...(executablePath === undefined ? {} : { executablePath }),
  });
  try {
    const page = await browser.newPage();
    await page.goto(server.resolvedUrls?.local[0] as string);
    await page.waitForFunction(() => 'runPacked' in globalThis);
    await work(({ name, code, manifest, files }) => {
      const packed: PackedCase = {
        name,
        code: pack(code),
        manifest: JSON.stringify(manifest),
        files: Object.fromEntries(Object.entries(files).map(([path, bytes]) => [path, pack(bytes)])),
      };
      return page.evaluate(
        one =>
          (globalThis as unknown as { runPacked(one: PackedCase): Promise<SuiteOutcome> }).runPacked(one),
        packed,
      );
    });
  } finally {
    await browser.close();
    await server.close();
  }
}

async function runAll(cases: readonly SuiteCase[], run: Runner): Promise<void> {
  let failed = 0;
  for (const one of cases) {
    const problem = problemOf(one, await run(one));
    if (problem === null) continue;
    failed++;
    console.log(`FAIL ${one.name}: ${problem}`);
  }
  console.log(`${cases.length - failed} passed, ${failed} failed`);
  if (failed > 0 || cases.length === 0) process.exitCode = 1;
}

const words = process.argv.slice(2);
const checkout = words.find(word => !word.startsWith('--'));
if (checkout === undefined || !existsSync(join(checkout, 'tests'))) {
  console.error('Name a checkout of WebAssembly/wasi-testsuite, branch prod/testsuite-base');
  process.exitCode = 2;
} else {
  const cases = readSuite(checkout);
  if (words.includes('--chromium')) await inChromium(run => runAll(cases, run));
  else await runAll(cases, runCase);
}
