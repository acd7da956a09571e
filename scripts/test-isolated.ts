/** The whole contract suite in a cross-origin isolated page of Chromium; `npm test` runs there what isolation makes a difference to. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const { status } = spawnSync(
  process.execPath,
  [
    fileURLToPath(new URL('test.ts', import.meta.url)),
    'contract-chromium-isolated',
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit', env: { ...process.env, CITADEL_ISOLATED: 'all' } },
);
process.exitCode = status ?? 1;
