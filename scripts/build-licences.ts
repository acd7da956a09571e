/** Writes the licences of everything that is bundled into cells: their texts have to travel with their code. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { ENGINE_PACKAGE } from './engine-pin.ts';
import { root } from './stamp.ts';
import { urlAliases } from './url-aliases.ts';

/** Programs that end up inside a cell as text. */
const BUNDLES = [
  'workers/quickjs.ts',
  'workers/pyodide.ts',
  'workers/tools.ts',
  'workers/sqlite.ts',
  'src/runtimes/quickjs/guest/main.ts',
  'src/platform/node/cell-main.ts',
  'src/platform/node/realm-prelude.ts',
  'src/platform/browser/warden.ts',
  'src/platform/browser/shell.ts',
];

/** Their code and ours may be combined under the MIT licence. */
const COMPATIBLE = new Set(['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Apache-2.0']);

/** Of what is compiled into the Python engine: its package brings none of them along. */
const PYTHON = ['README', 'cpython', 'mpl-2.0'];

/** Shipped as WebAssembly, so no bundle leads to it. */
const MODULES = [ENGINE_PACKAGE, 'libpg-query', '@sqlite.org/sqlite-wasm'];

/** Packages that name their licence and bring no text of it. */
const TEXTS: Readonly<Record<string, string>> = {
  '@sqlite.org/sqlite-wasm': 'sqlite-wasm',
};

const OUTPUT = 'dist/THIRD_PARTY_LICENSES.txt';

/** Names of the packages whose modules are part of a bundle. */
async function packagesIn(input: string): Promise<string[]> {
  const build = await rolldown({
    cwd: root,
    input,
    platform: 'neutral',
    // The one that is no address of a package is of a library's part for Node.js, which no cell gets to.
    external: [/^node:/, 'stream'],
    resolve: { mainFields: ['module', 'main'], aliasFields: [['browser']] },
    plugins: [urlAliases()],
  });
  const { output } = await build.generate({ format: 'esm', codeSplitting: false });
  await build.close();
  return output[0].moduleIds.flatMap(id => {
    const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id.replaceAll('\\', '/')) ?? [];
    return name === undefined ? [] : [name];
  });
}

function licenceOf(name: string): string {
  const folder = join(root, 'node_modules', name);
  const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    version: string;
    license?: string;
  };
  if (license === undefined || !COMPATIBLE.has(license))
    throw new Error(`Look at the licence of ${name}, which is bundled: ${license ?? 'none is named'}`);
  const own = readdirSync(folder).find(entry => /^licen[cs]e/i.test(entry));
  const text = TEXTS[name];
  if (own === undefined && text === undefined)
    throw new Error(`Look at ${name}, which is bundled: it has no licence file`);
  const file = own === undefined ? join(root, `scripts/licences/${text}.txt`) : join(folder, own);
  return `${name} ${version} (${license})\n\n${readFileSync(file, 'utf8').trim()}\n`;
}

/** Returns the file it wrote, relative to the root. */
export async function buildLicences(): Promise<string[]> {
  const bundled = (await Promise.all(BUNDLES.map(packagesIn))).flat();
  const names = [...new Set([...MODULES, ...bundled])].sort();
  const rule = `\n${'-'.repeat(100)}\n\n`;
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(
    join(root, OUTPUT),
    `The files in this folder contain code of the following packages.\n${rule}${[
      ...names.map(licenceOf),
      readFileSync(join(root, 'scripts/licences/postgresql.txt'), 'utf8'),
      ...PYTHON.map(name => readFileSync(join(root, `scripts/pyodide/licences/${name}.txt`), 'utf8')),
    ].join(rule)}`,
  );
  return [OUTPUT];
}
