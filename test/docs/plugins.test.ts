/** Holds the pages of packages, manager and gateway to the code: their programs run, and every export is named. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import * as content from '../../src/gateway/content/index.ts';
import * as gateway from '../../src/gateway/index.ts';
import { DEFAULT_INPUT_LIMITS } from '../../src/gateway/index.ts';
import * as sql from '../../src/gateway/sql/index.ts';
import * as plugins from '../../src/plugins.ts';
import * as disk from '../../src/plugins-node.ts';
import { codeBlocks, read, root } from './files.ts';

const folder = join(root, '.cache', 'docs-plugins');
const blocks = ['docs/manager.md', 'docs/gateway.md'].flatMap(page =>
  codeBlocks(read(page))
    .filter(({ language }) => language === 'ts')
    .map(({ code }, i) => ({ name: `${page.replace(/\W/g, '-')}-${i}.ts`, code })),
);

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { name, code } of blocks) writeFileSync(join(folder, name), code);
});

test.each(blocks)('$name runs on what was built', ({ name }) => {
  const { status, stderr } = spawnSync(process.execPath, [join(folder, name)], {
    cwd: root,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test.each([
  ['citadel-sandbox/manager', plugins],
  ['citadel-sandbox/manager/node', disk],
  ['citadel-sandbox/gateway', gateway],
  ['citadel-sandbox/gateway/content', content],
  ['citadel-sandbox/gateway/sql', sql],
])('every function of %s is named in a page', (_, entry) => {
  const pages = ['docs/manager.md', 'docs/packages.md', 'docs/gateway.md'].map(read).join('\n');
  const isFunction = (name: string): boolean =>
    typeof (entry as Record<string, unknown>)[name] === 'function';
  expect(
    Object.keys(entry).filter(name => isFunction(name) && !new RegExp(`\\b${name}\\b`).test(pages)),
  ).toEqual([]);
});

test('the limits of inputs are those of the page', () => {
  const page = read('docs/gateway.md');
  for (const [name, value] of Object.entries(DEFAULT_INPUT_LIMITS))
    expect(page).toMatch(new RegExp(`\\| \`${name}\`[^|]*\\| ${value.toLocaleString('en')} \\|`));
});
