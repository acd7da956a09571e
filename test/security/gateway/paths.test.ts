/** Names of files made to lead elsewhere (GW-PATH): as text, and on a disk. */

import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkRelativePath } from '../../../src/gateway/index.ts';
import { directoryMount, openBelow } from '../../../src/plugins-node.ts';

const TEXTS: Readonly<Record<string, readonly string[]>> = {
  'GW-PATH-001': ['../../etc/passwd', '..', 'a/../../b', 'a/..', './a', 'a/./b', '...', 'a/..../b'],
  'GW-PATH-002': ['..\\..\\windows\\win.ini', 'a\\b', '\\a', 'a/..\\b'],
  'GW-PATH-003': ['/etc/passwd', '//etc', '/', '///x'],
  'GW-PATH-004': ['C:\\Windows\\win.ini', 'c:/x', 'Z:\\', 'file:///etc/passwd'],
  'GW-PATH-005': ['C:win.ini', 'a:b', 'x.txt:stream', 'x.txt::$DATA'],
  'GW-PATH-006': ['\\\\evil\\share\\x', '//evil/share', '\\\\.\\pipe\\x', '\\/evil/x'],
  'GW-PATH-007': ['\\\\?\\C:\\x', '\\??\\x', '//?/C:/x', '\\\\.\\COM1'],
  'GW-PATH-009': ['%2e%2e%2fetc%2fpasswd', '..%2fx', '%252e%252e/x', 'a%00b'],
  'GW-PATH-014': ['．．／etc', '‥/x', 'a／b', '．/x'],
  'GW-PATH-016': ['..;/..;/etc', 'a;b', '..;x/y', ';/..'],
  'GW-PATH-020': ['safe.txt\0.png', '\0', 'a\0', 'a\n', 'a\u007fb', 'a\u202eb'],
  'GW-PATH-021': ['safe.txt ', 'a /b', ' a', 'a\u00a0'],
  'GW-PATH-022': ['safe.txt.', 'a./b', 'a..', 'x.. '],
  'GW-PATH-026': ['SAFE~1.TXT', 'PROGRA~1/x', 'a~2', 'LONGNA~9.TX'],
  'GW-PATH-029': ['/proc/self/environ', '/proc/1/root', '/sys/x', '/proc/self/fd/0'],
  'GW-PATH-030': ['/dev/stdin', 'CON', 'nul.txt', 'a/COM1.log', 'aux', 'LPT¹', 'conin$'],
  'GW-PATH-032': ['a'.repeat(4096), 'a'.repeat(201), `${'a/'.repeat(99)}abc`, 'é'.repeat(300)],
  'GW-PATH-033': ['a/'.repeat(10_000) + 'x', 'a/'.repeat(16) + 'x', 'a/'.repeat(50) + 'x', '/'.repeat(300)],
  'GW-PATH-034': ['__proto__/x', 'a/__proto__', '__proto__', 'a/__proto__/b'],
  'GW-PATH-037': ['-rf', '--help', 'a/-x', '-'],
};
for (const [id, paths] of Object.entries(TEXTS)) {
  test.each(paths)(`${id} refuses %j`, path => {
    expect(checkRelativePath(path).allowed).toBe(false);
  });
}

test('GW-PATH-039 two forms of one name are one name', () => {
  expect(checkRelativePath('caf\u0065\u0301.txt')).toEqual({ allowed: true, path: 'caf\u00e9.txt' });
  expect(checkRelativePath('caf\u00e9.txt')).toEqual({ allowed: true, path: 'caf\u00e9.txt' });
  expect(checkRelativePath('ﬁle').allowed).toBe(false);
});

test.each([
  'a.txt',
  'dir/b-2.csv',
  'with space.txt',
  '日本語/ü (1).txt',
  'a'.repeat(200),
  'a/'.repeat(15) + 'x',
  'report_2026+final@v1.pdf',
])('an ordinary name is taken: %j', path => {
  expect(checkRelativePath(path)).toEqual({ allowed: true, path });
});

const base = mkdtempSync(join(tmpdir(), 'citadel-paths-'));
const root = join(base, 'data');
beforeAll(() => {
  mkdirSync(join(root, 'dir'), { recursive: true });
  mkdirSync(join(base, 'data-evil'));
  writeFileSync(join(root, 'a.txt'), 'inside');
  writeFileSync(join(root, 'dir/b.txt'), 'below');
  writeFileSync(join(base, 'secret.txt'), 'secret');
  writeFileSync(join(base, 'data-evil/secret.txt'), 'secret');
  symlinkSync(join(base, 'secret.txt'), join(root, 'link.txt'));
  symlinkSync(join(root, 'a.txt'), join(root, 'inner-link.txt'));
  symlinkSync(base, join(root, 'up'));
  symlinkSync('/proc/self/environ', join(root, 'environ'));
  linkSync(join(base, 'secret.txt'), join(root, 'hard.txt'));
  execFileSync('mkfifo', [join(root, 'pipe')]);
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

const opened = async (path: string): Promise<string> => {
  try {
    const { file } = await openBelow(root, path);
    const text = await file.readFile('utf8');
    await file.close();
    return text;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
};

test('plain files below the root are opened', async () => {
  expect(await opened('a.txt')).toBe('inside');
  expect(await opened('dir/b.txt')).toBe('below');
  expect(await opened('missing')).toBe('ENOENT');
});

test.each([
  ['GW-PATH-019', '../data-evil/secret.txt'],
  ['GW-PATH-028', 'link.txt'],
  ['GW-PATH-028', 'inner-link.txt'],
  ['GW-PATH-028', 'up/secret.txt'],
  ['GW-PATH-028', 'up/data/a.txt'],
  ['GW-PATH-029', 'environ'],
  ['GW-PATH-030', 'pipe'],
  ['GW-PATH-030', 'dir'],
  ['GW-PATH-031', 'hard.txt'],
])('%s does not open %s', async (_, path) => {
  expect(await opened(path)).toBe('POLICY_DENIED');
});

test('GW-PATH-028 a directory that is swapped for a link while files are opened never gives away what is outside', async () => {
  const inside = join(root, 'swap');
  const [real, fake] = [join(base, 'real'), join(base, 'fake')];
  mkdirSync(real);
  mkdirSync(fake);
  writeFileSync(join(real, 'x.txt'), 'inside');
  writeFileSync(join(fake, 'x.txt'), 'outside');
  renameSync(real, inside);
  let swapping = true;
  const swap = (async () => {
    while (swapping) {
      renameSync(inside, real);
      symlinkSync(fake, inside);
      await new Promise(resolve => setImmediate(resolve));
      rmSync(inside);
      renameSync(real, inside);
      await new Promise(resolve => setImmediate(resolve));
    }
  })();
  const seen = new Map<string, number>();
  for (let i = 0; i < 2000; i++) {
    const outcome = await opened('swap/x.txt');
    seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
  }
  swapping = false;
  await swap;
  expect(seen.has('outside')).toBe(false);
  expect(seen.get('inside') ?? 0).toBeGreaterThan(0);
  expect(seen.get('POLICY_DENIED') ?? 0).toBeGreaterThan(0);
});

test('a mount gives plain files only, and writing replaces links instead of following them', async () => {
  expect([...(await directoryMount(root).read(1 << 20)).keys()].sort()).toEqual([
    'a.txt',
    'dir/b.txt',
    'swap/x.txt',
  ]);
  await expect(directoryMount(root).read(10)).rejects.toMatchObject({ code: 'INPUT_TOO_LARGE' });
  expect(directoryMount(root).write).toBeUndefined();
  const mount = directoryMount(root, { write: true });
  await mount.write?.(
    new Map([
      ['link.txt', Buffer.from('mine')],
      ['new/deep/c.txt', Buffer.from('c')],
    ]),
  );
  expect(await opened('link.txt')).toBe('mine');
  expect(await opened('new/deep/c.txt')).toBe('c');
  const { file } = await openBelow(base, 'data-evil/secret.txt');
  expect(await file.readFile('utf8')).toBe('secret');
  await file.close();
  await expect(mount.write?.(new Map([['up/x.txt', Buffer.from('x')]]))).rejects.toMatchObject({
    code: 'POLICY_DENIED',
  });
  await expect(mount.write?.(new Map([['../x.txt', Buffer.from('x')]]))).rejects.toMatchObject({
    code: 'OUTPUT_REFUSED',
  });
});
