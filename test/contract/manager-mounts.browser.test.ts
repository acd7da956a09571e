/** The origin's private file system as a mount: outside the cell, and only through a grant. */
import { expect, test } from 'vitest';
import { createPluginManager, handleMount, packPackage } from '../../src/plugins.ts';

const text = new TextEncoder();

test('a Python plugin reads and writes directories of the origin that it was granted', async () => {
  const root = await navigator.storage.getDirectory();
  const directory = await root.getDirectoryHandle('citadel-mount', { create: true });
  const mount = handleMount(directory, { write: true });
  await mount.write?.(new Map([['deep/a.txt', text.encode('from the page')]]));
  expect(handleMount(directory).write).toBeUndefined();
  await expect(mount.write?.(new Map([['../x', text.encode('x')]]))).rejects.toMatchObject({
    code: 'OUTPUT_REFUSED',
  });
  await expect(mount.read(3)).rejects.toMatchObject({ code: 'INPUT_TOO_LARGE' });
  await using plugins = createPluginManager({
    signature: { required: false },
    policy: { files: { write: ['/data'] } },
    mounts: { '/data': mount },
  });
  const manifest = {
    name: 'files',
    version: '1.0.0',
    runtime: 'python',
    entry: 'main.py',
    permissions: { files: [{ path: '/data', access: 'write', reason: 'r' }] },
  };
  const code = `
def main(input):
    text = open('/data/deep/a.txt').read()
    open('/data/b.txt', 'w').write(text.upper())
    return text
`;
  await plugins.install(packPackage({ 'citadel.json': JSON.stringify(manifest), 'main.py': code }));
  expect(await plugins.execute('files')).toMatchObject({ data: 'from the page' });
  const files = await handleMount(directory).read(1000);
  expect(new TextDecoder().decode(files.get('b.txt'))).toBe('FROM THE PAGE');
  await root.removeEntry('citadel-mount', { recursive: true });
});
