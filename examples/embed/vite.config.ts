/** `npm run example:embed`. The plugin writes the policy of the page: docs/playground.md says what a page needs. */
import { fileURLToPath } from 'node:url';
import type { UserConfig } from 'vite';
import playground from '../../vite.config.ts';

const config: UserConfig = {
  ...playground,
  root: fileURLToPath(new URL('.', import.meta.url)),
  cacheDir: fileURLToPath(new URL('../../.cache/vite-embed', import.meta.url)),
};
export default config;
