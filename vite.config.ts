/** The playground: `vite` serves it, `vite build` writes it to web/dist. The tests have vitest.config.ts. */
import { fileURLToPath } from 'node:url';
import { defaultClientConditions, defineConfig, type UserConfig } from 'vite';
import { pagePolicy } from './web/vite/page-policy.ts';

const root: string = fileURLToPath(new URL('.', import.meta.url));

/** Makes the page cross-origin isolated: with shared memory a busy plugin is stopped in place. */
export const ISOLATION: Readonly<Record<string, string>> = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

const config: UserConfig = defineConfig({
  root: `${root}web`,
  cacheDir: `${root}.cache/vite-playground`,
  // Works from any folder of a static server.
  base: './',
  plugins: [pagePolicy(`${root}dist`)],
  // #platform is the source, not dist: see "imports" in package.json.
  resolve: { conditions: ['citadel-source', ...defaultClientConditions] },
  // Found only while the page runs, they would make Vite reload it.
  optimizeDeps: {
    include: [
      ...['comlink', 'acorn', 'acorn-walk', '@sveltejs/acorn-typescript', 'fflate', 'papaparse'],
      ...['croner', 'json-p3', 'liquidjs', 'luxon', 'react', 'react-dom/client', 'react/jsx-runtime'],
      ...[
        '@xyflow/react',
        '@noble/hashes/sha2.js',
        '@noble/hashes/sha3.js',
        '@noble/hashes/legacy.js',
        '@noble/hashes/utils.js',
      ],
    ],
  },
  // A name and not an address: rules for secrets name hosts.
  worker: { format: 'es' },
  server: { host: 'localhost', headers: ISOLATION, fs: { allow: [root] } },
  preview: { host: 'localhost', headers: ISOLATION },
  // The policy of the page has no data: addresses, and no hash for a preload script.
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
export default config;
