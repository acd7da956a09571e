/** Builds what the browser needs, serves it, and opens pages in a real Chromium. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright';
import { type Plugin, rolldown } from 'rolldown';
import { ensureChromium } from '../../../scripts/browser.ts';
import { buildBrowserShell } from '../../../scripts/build-browser-shell.ts';
import { type Served, type Servers, startServers } from './server.ts';

const root: string = fileURLToPath(new URL('../../..', import.meta.url));
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** The shell without its scrub, for telling which wall stops what. */
const noScrub: Plugin = {
  name: 'no-scrub',
  load: id => (id.endsWith('/browser/scrub.ts') ? 'export const scrub = () => [];' : null),
};

async function bundle(input: string, format: 'iife' | 'esm', plugins: Plugin[] = []): Promise<string> {
  const build = await rolldown({ cwd: root, input, platform: 'browser', external: [/^#/], plugins });
  const { output } = await build.generate({ format, codeSplitting: false });
  await build.close();
  return output[0].code;
}

const script = (body: string): Served => ({ type: 'text/javascript', body });
const page = (headers: Record<string, string> = {}, body = ''): Served => ({
  type: 'text/html',
  headers,
  body: `<!doctype html><title>host</title><script type="importmap">${JSON.stringify({
    imports: {
      '#engine/quickjs': '/engine.js',
      '#cell/quickjs': '/cell.js',
      '#engine/wasm': '/engine-wasm.js',
      '#cell/wasm': '/cell-wasm.js',
      '#cell/shell-browser': '/shell-browser.js',
    },
  })}</script>${body}<script type="module" src="/page.js"></script>`,
});

export interface Stage extends AsyncDisposable {
  readonly servers: Servers;
  readonly browser: Browser;
  readonly wardenHash: string;
  /** More files, at any time. */
  readonly files: Map<string, Served>;
  /** Opens a page in a context of its own; `headers` make a host page of that policy. */
  open(path?: string): Promise<Page>;
  page(headers?: Record<string, string>): Served;
}

/** `flags` go to the browser. */
export async function startStage(flags: readonly string[] = []): Promise<Stage> {
  await buildBrowserShell();
  const { shell, wardenHash } = (await import('#cell/shell-browser')) as {
    shell: string;
    wardenHash: string;
  };
  const local = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), 'utf8');
  const fromDist = (path: string): Promise<string> => readFile(`${root}dist/${path}`, 'utf8');
  const files = new Map<string, Served>([
    ['/', page()],
    ['/isolated', page(ISOLATION)],
    ['/page.js', script(await bundle('test/security/cell-browser/page.ts', 'esm'))],
    ['/worker-host.js', script(await bundle('test/security/cell-browser/worker-host.ts', 'iife'))],
    ['/shell.js', script(shell)],
    ['/shell-unscrubbed.js', script(await bundle('src/platform/browser/shell.ts', 'iife', [noScrub]))],
    [
      '/sandbox.html',
      {
        type: 'text/html',
        body: await fromDist('assets/sandbox.html'),
        headers: { 'Cross-Origin-Embedder-Policy': 'require-corp' },
      },
    ],
    ['/probes.js', script(await local('./probes.js'))],
    ['/poison.js', script(await local('./poison.js'))],
    ['/obedient.js', script(await local('../cell-node/obedient.js'))],
    ['/shell-browser.js', script(await fromDist('cells/shell-browser.js'))],
  ]);
  for (const [path, file] of [
    ['/engine.js', 'engines/quickjs.js'],
    ['/cell.js', 'cells/quickjs.js'],
    ['/engine-wasm.js', 'engines/wasm.js'],
    ['/cell-wasm.js', 'cells/wasm.js'],
  ] as const) {
    files.set(path, script(await fromDist(file).catch(() => 'throw new Error("Build the engine first");')));
  }
  const servers = await startServers(files);
  const found = ensureChromium();
  const browser = await chromium.launch({ ...found, args: [...found.args, ...flags] });
  return {
    servers,
    browser,
    wardenHash,
    files,
    page,
    async open(path = '/') {
      const context = await browser.newContext();
      const opened = await context.newPage();
      await opened.goto(servers.same + path);
      await opened.waitForFunction('globalThis.stage !== undefined');
      return opened;
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
      await servers[Symbol.asyncDispose]();
    },
  };
}
