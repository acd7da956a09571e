/** The same plugin in Chromium: cold cells, each in a page of its own, and fresh runs in a warm one. */
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import { createServer, defaultClientConditions } from 'vite';
import { ensureChromium } from '../scripts/browser.ts';

const root: string = fileURLToPath(new URL('..', import.meta.url));

export interface ChromiumFigures {
  /** The first page has nothing compiled or cached. */
  readonly first: number;
  readonly cold: readonly number[];
  readonly warm: readonly number[];
}

export async function measureInChromium(code: string, pages: number, runs: number): Promise<ChromiumFigures> {
  const server = await createServer({
    configFile: false,
    root: `${root}bench/python-page`,
    cacheDir: `${root}.cache/vite-bench`,
    logLevel: 'error',
    resolve: { conditions: ['citadel-source', ...defaultClientConditions] },
    optimizeDeps: { include: ['acorn', 'acorn-walk', '@sveltejs/acorn-typescript'] },
    server: {
      host: '127.0.0.1',
      port: 0,
      fs: { allow: [root] },
      headers: {
        'Cross-Origin-Opener-Policy': 'same-origin',
        'Cross-Origin-Embedder-Policy': 'require-corp',
      },
    },
  });
  await server.listen();
  const { executablePath, args } = ensureChromium();
  const browser = await chromium.launch({
    args,
    ...(executablePath === undefined ? {} : { executablePath }),
  });
  try {
    const context = await browser.newContext();
    const cold: number[] = [];
    const warm: number[] = [];
    for (let i = 0; i < pages; i++) {
      const page = await context.newPage();
      await page.goto(server.resolvedUrls?.local[0] as string);
      await page.waitForFunction(() => 'measure' in globalThis);
      const [begun = Number.NaN, ...rest] = await page.evaluate(
        ([text, count]) =>
          (globalThis as unknown as { measure(code: string, runs: number): Promise<number[]> }).measure(
            text,
            count,
          ),
        [code, runs] as const,
      );
      cold.push(begun);
      warm.push(...rest);
      await page.close();
    }
    return { first: cold[0] ?? Number.NaN, cold: cold.slice(1), warm };
  } finally {
    await browser.close();
    await server.close();
  }
}
