import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { COUNTS_FILE } from '../../../scripts/count-reporter.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
mkdirSync(join(root, '.cache'), { recursive: true });
/** Inside the repository, where Vitest is found. */
const folder = mkdtempSync(join(root, '.cache', 'counts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FILES = {
  'vitest.config.js': 'export default {};',
  'outcomes.test.js': `
    import { describe, expect, test } from 'vitest';
    test('passes', () => {});
    test('fails', () => expect(1).toBe(2));
    test('skips for a reason', ({ skip }) => skip('no such machine'));
    test.skip('skips', () => {});
    describe.skip('group', () => test('skips too', () => {}));
  `,
  'broken.test.js': "import './no-such-file.js';",
  'hook.test.js': `
    import { afterAll, test } from 'vitest';
    test('passes before its hook fails', () => {});
    afterAll(() => { throw new Error('hook'); });
  `,
  'stray.test.js': `
    import { test } from 'vitest';
    test('passes and leaves a rejection behind', () => { Promise.reject(new Error('stray')); });
  `,
};

test('counts hold passes, failures of every kind, and skips with their reasons', () => {
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
  const counts = join(folder, 'counts.json');
  const reporter = join(root, 'scripts/count-reporter.ts');
  const { status } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', folder, `--reporter=${reporter}`],
    { env: { ...process.env, [COUNTS_FILE]: counts } },
  );
  expect(status).toBe(1);
  const { passed, failed, skipped } = JSON.parse(readFileSync(counts, 'utf8'));
  expect(passed).toBe(3);
  // One test, a file that does not load, a hook, and a rejection nobody handled.
  expect(failed).toBe(4);
  expect(skipped).toEqual([
    { name: 'outcomes.test.js > skips for a reason', reason: 'no such machine' },
    { name: 'outcomes.test.js > skips', reason: null },
    { name: 'outcomes.test.js > group > skips too', reason: null },
  ]);
});
