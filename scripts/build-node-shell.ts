/** Bundles the worker-side texts of a Node.js cell into dist/cells/shell-node.js. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));

async function bundle(input: string, format: 'iife' | 'cjs', name?: string): Promise<string> {
  const build = await rolldown({ cwd: root, input, platform: 'node', external: [/^node:/] });
  const { output } = await build.generate({
    format,
    minify: true,
    codeSplitting: false,
    ...(name ? { name } : {}),
  });
  await build.close();
  return output[0].code;
}

export async function buildNodeShell(): Promise<void> {
  const shell = await bundle('src/platform/node/cell-main.ts', 'cjs');
  const compiler = await bundle('src/platform/node/compiler-main.ts', 'cjs');
  const realm = await bundle('src/platform/node/realm-prelude.ts', 'iife', 'citadelRealm');
  mkdirSync(`${root}dist/cells`, { recursive: true });
  writeFileSync(
    `${root}dist/cells/shell-node.js`,
    `export const shell = ${JSON.stringify(shell)};\nexport const compiler = ${JSON.stringify(compiler)};\nexport const realm = ${JSON.stringify(realm)};\n`,
  );
  writeFileSync(
    `${root}dist/cells/shell-node.d.ts`,
    'export declare const shell: string;\nexport declare const compiler: string;\nexport declare const realm: string;\n',
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildNodeShell();
