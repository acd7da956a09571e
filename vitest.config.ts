/** One project per environment; the contract suite runs in several. Browsers are looked for only when asked for. */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { playwright } from '@vitest/browser-playwright';
import { defaultClientConditions, defaultServerConditions } from 'vite';
import { defineConfig, type TestProjectInlineConfiguration, type ViteUserConfig } from 'vitest/config';
import type { BrowserProviderOption } from 'vitest/node';
import { ensureChromium } from './scripts/browser.ts';
import { stockFirefox } from './scripts/firefox-provider.ts';
import { wat } from './scripts/wat.ts';

/** Resolves #platform to src/ instead of dist/: see "imports" in package.json. */
const SOURCE = 'citadel-source';

/** Makes a page cross-origin isolated, which shared memory needs. */
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** Files of the contract suite that need what only Node.js has. */
const NODE_ONLY = 'test/contract/**/*.node.test.ts';
const CONTRACT = 'test/contract/**/*.test.ts';
/** Files that bring tests of another project of Node.js into pages. */
const BROWSER_ONLY = 'test/contract/**/*.browser.test.ts';

/**
 * What a guest's language and a workflow's values are is the same in every page; isolation gives a page memory that threads share, and exact
 * clocks. In isolated pages these run by `npm run test:isolated`, so that all tests fit into forty minutes.
 */
const SAME_IN_ISOLATION = [
  'test/contract/python-{attacks.browser,modules,packages,stdlib,validate,values}.test.ts',
  'test/contract/{content,manager-cost,opaque-results,rejections,tools}.test.ts',
  'test/contract/workflow-http{,-sending}.test.ts',
];
const wantsAllIsolated = process.env['CITADEL_ISOLATED'] === 'all';

/** Patience for busy machines; what a test asserts never depends on it. */
const TIMEOUT_MS = 180_000;

/** Servers that tests in pages reach too. */
const SERVERS = ['test/contract/setup/origin.ts'];

function inNode(name: string, include: string): TestProjectInlineConfiguration {
  return {
    plugins: [wat()],
    ssr: { resolve: { conditions: [SOURCE, ...defaultServerConditions] } },
    resolve: { conditions: [SOURCE, ...defaultServerConditions] },
    test: {
      name,
      environment: 'node',
      include: [include],
      exclude: [BROWSER_ONLY],
      ...(include === CONTRACT ? { globalSetup: SERVERS } : {}),
      testTimeout: TIMEOUT_MS,
      hookTimeout: TIMEOUT_MS,
    },
  };
}

/** One file at a time: what a watchdog does within milliseconds is looked at, and cells need the cores for it. */
function alone(project: TestProjectInlineConfiguration): TestProjectInlineConfiguration {
  return { ...project, test: { ...project.test, fileParallelism: false } };
}

/** Dependencies Vite would otherwise find in the middle of a test. */
const FOUND_LATE = [
  ...['acorn', 'acorn-walk', '@sveltejs/acorn-typescript', 'fflate', 'jose'],
  ...['@noble/hashes/sha2.js', '@noble/hashes/utils.js', 'parse5'],
  ...['markdown-it', 'papaparse'],
];
/** What a workflow gives in a process of Node.js: pages compare themselves with it. */
async function workflowInNode(): Promise<string> {
  const program = fileURLToPath(new URL('scripts/workflow-reference.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [`--conditions=${SOURCE}`, program]);
  return stdout;
}

function inBrowser(
  name: string,
  browser: 'chromium' | 'firefox',
  provider: BrowserProviderOption,
  headers: Record<string, string>,
  exclude: readonly string[] = [],
): TestProjectInlineConfiguration {
  return {
    plugins: [wat()],
    cacheDir: `.cache/vite-${name}`,
    // Vite warns about Vitest's own code.
    logLevel: 'error',
    server: { headers },
    resolve: { conditions: [SOURCE, ...defaultClientConditions] },
    // Found only while tests run, they would make Vite reload the page in the middle of one.
    optimizeDeps: { include: FOUND_LATE },
    test: {
      name,
      include: [CONTRACT],
      exclude: [NODE_ONLY, ...exclude],
      globalSetup: SERVERS,
      testTimeout: TIMEOUT_MS,
      hookTimeout: TIMEOUT_MS,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        commands: { workflowInNode },
        provider,
        instances: [{ browser }],
      },
    },
  };
}

function chromium(): BrowserProviderOption {
  const { executablePath, args } = ensureChromium();
  return playwright({ launchOptions: { args, ...(executablePath === undefined ? {} : { executablePath }) } });
}

/** Set by scripts/test-firefox.ts. */
const firefox = process.env['CITADEL_FIREFOX'];

/** True when the command line names this project, or none. */
function isWanted(name: string): boolean {
  const named = process.argv.flatMap((word, i, all) =>
    word === '--project' ? [all[i + 1] ?? ''] : word.startsWith('--project=') ? [word.slice(10)] : [],
  );
  return named.length === 0 || named.some(pattern => pattern.includes('*') || pattern === name);
}

const projects: Record<string, () => TestProjectInlineConfiguration> = {
  unit: () => inNode('unit', 'test/unit/**/*.test.ts'),
  'contract-node': () => inNode('contract-node', CONTRACT),
  'contract-chromium': () => inBrowser('contract-chromium', 'chromium', chromium(), {}),
  'contract-chromium-isolated': () =>
    inBrowser(
      'contract-chromium-isolated',
      'chromium',
      chromium(),
      ISOLATION,
      wantsAllIsolated ? [] : SAME_IN_ISOLATION,
    ),
  ...(firefox === undefined
    ? {}
    : {
        'contract-firefox': () =>
          inBrowser('contract-firefox', 'firefox', stockFirefox({ executablePath: firefox }), {}),
        'contract-firefox-isolated': () =>
          inBrowser(
            'contract-firefox-isolated',
            'firefox',
            stockFirefox({ executablePath: firefox }),
            ISOLATION,
          ),
      }),
  security: () => alone(inNode('security', 'test/security/**/*.test.ts')),
  docs: () => inNode('docs', 'test/docs/**/*.test.ts'),
  e2e: () => inNode('e2e', 'test/e2e/**/*.test.ts'),
  fuzz: () => inNode('fuzz', 'test/fuzz/**/*.test.ts'),
};

const config: ViteUserConfig = defineConfig({
  test: {
    projects: Object.entries(projects).flatMap(([name, make]) => (isWanted(name) ? [make()] : [])),
  },
});
export default config;
