/**
 * Runs tests under every supported Node.js: `npm run test:nodes -- [PROJECT] [FILE…]`, by default the attacks on Python, whose
 * walls stand on what each version of V8 and `node:vm` does.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ensureNode, NODE_MAJORS } from './nodes.ts';

const root: string = fileURLToPath(new URL('..', import.meta.url));
const [project = 'security', ...files] = process.argv.slice(2);
const wanted = files.length > 0 ? files : ['test/security/python'];

const failed: number[] = [];
for (const major of NODE_MAJORS) {
  console.log(`\nNode.js ${major}`);
  const { status } = spawnSync(
    ensureNode(major),
    ['node_modules/vitest/vitest.mjs', 'run', '--project', project, '--reporter=dot', ...wanted],
    { cwd: root, stdio: 'inherit' },
  );
  if (status !== 0) failed.push(major);
}
console.log(failed.length === 0 ? 'passed on all of them' : `failed on Node.js ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
