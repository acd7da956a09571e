/** Runs the contract suite in an installed Firefox: `npm run test:firefox [FILE…]`. It is never installed for you. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { findFirefox } from './browser.ts';
import { build } from './build.ts';
import { root } from './stamp.ts';

const firefox = findFirefox();
if (firefox === null) {
  console.log('skipped: no Firefox found; install one, or set FIREFOX_PATH');
} else {
  console.log(`Firefox: ${firefox}`);
  await build({ ifStale: true });
  const { status } = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--project=contract-firefox',
      '--project=contract-firefox-isolated',
      ...process.argv.slice(2),
    ],
    { cwd: root, stdio: 'inherit', env: { ...process.env, CITADEL_FIREFOX: firefox } },
  );
  process.exitCode = status ?? 1;
}
