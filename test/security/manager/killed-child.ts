/** Installs, upgrades and removes one plugin over and over, and says what it has finished: until it is killed. */
import { createPluginManager, packPackage } from '../../../src/plugins.ts';
import { directoryStore } from '../../../src/plugins-node.ts';

const [directory = '', first = '1'] = process.argv.slice(2);
await using plugins = createPluginManager({
  store: await directoryStore(directory),
  signature: { required: false },
});
const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
const archive = (version: number): Uint8Array =>
  packPackage({
    'citadel.json': JSON.stringify({
      name: 'victim',
      version: `${version}.0.0`,
      runtime: 'javascript',
      entry: 'main.js',
    }),
    'main.js': `export default ${version};\n// ${'x'.repeat(20_000)}\n`,
  });
// Made before, so that nearly all of the time is spent changing the store.
const archives = Array.from({ length: 100 }, (_, i) => archive(Number(first) + i));
say('ready');
for (const [i, bytes] of archives.entries()) {
  const version = Number(first) + i;
  const isInstalled = (await plugins.list()).length > 0;
  say(`start ${version}`);
  if (isInstalled) await plugins.upgrade(bytes);
  else await plugins.install(bytes);
  say(`done ${version}`);
  if (version % 5 === 0) {
    say(`start -${version}`);
    await plugins.uninstall('victim');
    say(`done -${version}`);
  }
}
