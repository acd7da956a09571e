/** Serves the playground on the loopback, and opens its page in a real Chromium. */
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright';
import { build, createServer, type InlineConfig, preview } from 'vite';
import { ensureChromium } from '../../scripts/browser.ts';

const root: string = fileURLToPath(new URL('../..', import.meta.url));
/** Where `serveBuild` puts what it builds. */
export const BUILT: string = `${root}.cache/playground-e2e`;
const base: InlineConfig = { root: `${root}web`, configFile: `${root}vite.config.ts`, logLevel: 'error' };

export interface Site {
  readonly url: string;
  close(): Promise<unknown>;
}

/** The development server, as `npm run playground` starts it. */
export async function serveSource(): Promise<Site> {
  const server = await createServer({
    ...base,
    cacheDir: `${root}.cache/vite-playground-e2e`,
    // Files that change while the tests run must not reload their page.
    server: { port: 0, watch: { ignored: ['**'] } },
  });
  await server.listen();
  return { url: server.resolvedUrls?.local[0] as string, close: () => server.close() };
}

/** What `vite build` makes, on a server that sends no header of its own: nothing is cross-origin isolated there. */
export async function serveBuild(): Promise<Site> {
  const outDir = BUILT;
  await build({ ...base, build: { outDir, emptyOutDir: true } });
  const plain = {
    'Cross-Origin-Opener-Policy': 'unsafe-none',
    'Cross-Origin-Embedder-Policy': 'unsafe-none',
  };
  const server = await preview({ ...base, build: { outDir }, preview: { port: 0, headers: plain } });
  return { url: server.resolvedUrls?.local[0] as string, close: () => server.close() };
}

/** The second app, which has the editor in it. */
export async function serveEmbed(): Promise<Site> {
  const server = await createServer({
    root: `${root}examples/embed`,
    configFile: `${root}examples/embed/vite.config.ts`,
    logLevel: 'error',
    cacheDir: `${root}.cache/vite-embed-e2e`,
    server: { port: 0, watch: { ignored: ['**'] } },
  });
  await server.listen();
  return { url: server.resolvedUrls?.local[0] as string, close: () => server.close() };
}

export function launch(): Promise<Browser> {
  const { executablePath, args } = ensureChromium();
  return chromium.launch({ args, ...(executablePath === undefined ? {} : { executablePath }) });
}

export interface Visit extends AsyncDisposable {
  readonly page: Page;
  /** What the page should never have done: complaints of the browser, and requests to elsewhere. */
  readonly faults: string[];
}

/** Opens the page in a context of its own. */
export async function visit(browser: Browser, url: string, options?: BrowserContextOptions): Promise<Visit> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', message => {
    // A refusal by a policy, in the page or in a frame, is an error of the console too.
    if (['error', 'warning'].includes(message.type())) faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', error => faults.push(`error: ${error.message}`));
  context.on('request', request => {
    const { protocol, origin } = new URL(request.url());
    if (['http:', 'https:'].includes(protocol) && origin !== new URL(url).origin) {
      faults.push(`request: ${request.url()}`);
    }
  });
  context.on('page', opened => faults.push(`window: ${opened.url()}`));
  await page.goto(url);
  return { page, faults, [Symbol.asyncDispose]: () => context.close() };
}
