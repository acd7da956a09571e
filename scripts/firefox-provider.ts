/** Lets Vitest drive an installed, unmodified Firefox over WebDriver BiDi: no geckodriver, no patched build. */
import { defineBrowserProvider } from '@vitest/browser';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import type { BrowserCommand, BrowserProvider, BrowserProviderOption, TestProject } from 'vitest/node';

export interface FirefoxOptions {
  readonly executablePath: string;
}

type Viewport = [size: { width: number; height: number }];

class FirefoxProvider implements BrowserProvider {
  readonly name = 'stock-firefox';
  readonly supportsParallelism = false;
  readonly initScripts: string[] = [];
  readonly #project: TestProject;
  readonly #options: FirefoxOptions;
  readonly #pages = new Map<string, Page>();
  #browser: Promise<Browser> | null = null;

  constructor(project: TestProject, options: FirefoxOptions) {
    this.#project = project;
    this.#options = options;
    // The runner asks for it before every file.
    const viewport: BrowserCommand<Viewport> = async ({ sessionId }, size) => {
      await this.#pages.get(sessionId)?.setViewport(size);
    };
    project.browser?.registerCommand('__vitest_viewport' as never, viewport as never);
  }

  getCommandsContext(sessionId: string): { page: Page | undefined } {
    return { page: this.#pages.get(sessionId) };
  }

  async openPage(sessionId: string, url: string): Promise<void> {
    this.#browser ??= puppeteer.launch({
      browser: 'firefox',
      executablePath: this.#options.executablePath,
      headless: this.#project.config.browser.headless,
    });
    const page = await (await this.#browser).newPage();
    this.#pages.set(sessionId, page);
    await page.goto(url, { timeout: 0 });
  }

  async close(): Promise<void> {
    const browser = this.#browser;
    this.#browser = null;
    this.#pages.clear();
    await (await browser)?.close();
  }
}

/** Provider for `test.browser.provider`. */
export function stockFirefox(options: FirefoxOptions): BrowserProviderOption {
  return defineBrowserProvider({
    name: 'stock-firefox',
    options,
    supportedBrowser: ['firefox'],
    providerFactory: project => new FirefoxProvider(project, options),
  });
}
