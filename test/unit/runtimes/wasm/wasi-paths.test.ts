/** The calls on names: nothing outside is named, whatever the path, the link or the descriptor it starts from. */
import { wasi } from '@bjorn3/browser_wasi_shim';
import { describe, expect, it } from 'vitest';
import { FileTree } from '../../../../src/runtimes/wasm/fs/index.ts';
import { ALL, ANSWER, type Caller, caller, WRITABLE } from '../../../security/native/wasi-calls.ts';

const CREAT = wasi.OFLAGS_CREAT;
const { ERRNO_PERM, ERRNO_NOENT, ERRNO_LOOP, ERRNO_INVAL, ERRNO_NOTDIR, ERRNO_EXIST } = wasi;
const ROOM = 65_536;

/** Every way to use a path of the writable mount; what each answers. */
function everyUse(guest: Caller, path: string, fd: number = WRITABLE): Record<string, number> {
  const opened = guest.open(fd, path);
  const created = guest.open(fd, path, { flags: CREAT, rights: ALL });
  return {
    open: Math.max(0, -opened),
    create: Math.max(0, -created),
    stat: guest.call('path_filestat_get', fd, 1, path, ANSWER),
    lstat: guest.call('path_filestat_get', fd, 0, path, ANSWER),
    times: guest.call('path_filestat_set_times', fd, 1, path, 1n, 1n, 1),
    readlink: guest.call('path_readlink', fd, path, ROOM, 64, ANSWER),
    unlink: guest.call('path_unlink_file', fd, path),
    rmdir: guest.call('path_remove_directory', fd, path),
    mkdir: guest.call('path_create_directory', fd, path),
    linkFrom: guest.call('path_link', fd, 0, path, fd, 'new1'),
    linkTo: guest.call('path_link', fd, 0, 'mine', fd, path),
    renameFrom: guest.call('path_rename', fd, path, fd, 'new2'),
    renameTo: guest.call('path_rename', fd, 'mine', fd, path),
    symlink: guest.call('path_symlink', 'mine', fd, path),
  };
}

/** With a file, a directory in a directory, and one more to start from. */
function guestWithFiles(): Caller & { readonly sub: number } {
  const guest = caller();
  guest.call('fd_close', guest.open(WRITABLE, 'mine', { flags: CREAT, rights: ALL }));
  guest.call('path_create_directory', WRITABLE, 'a');
  guest.call('path_create_directory', WRITABLE, 'a/b');
  const sub = guest.open(WRITABLE, 'a/b', { flags: wasi.OFLAGS_DIRECTORY, rights: ALL & ~(1n << 6n) });
  guest.call('path_rename', WRITABLE, 'mine', WRITABLE, 'a/b/mine');
  guest.call('path_link', WRITABLE, 0, 'a/b/mine', WRITABLE, 'mine');
  return { ...guest, sub };
}

describe('paths that lead out', () => {
  it.each([
    ['WA-WASI-001', '..'],
    ['WA-WASI-001', '../'],
    ['WA-WASI-001', '../secret'],
    ['WA-WASI-001', './../out/mine'],
    ['WA-WASI-002', 'a/../..'],
    ['WA-WASI-002', 'a/b/../../../secret'],
    ['WA-WASI-002', 'a//.//..///../secret'],
    ['WA-WASI-007', '/'],
    ['WA-WASI-007', '/out/mine'],
    ['WA-WASI-007', '//server/share'],
  ])('%s: %s is refused by every call, and all stays as it was', (_id, path) => {
    for (const from of ['mount', 'below it'] as const) {
      const guest = guestWithFiles();
      const start = from === 'mount' ? WRITABLE : guest.sub;
      // From a/b, one or two steps up would still be inside of the mount: not for this descriptor.
      const answers = everyUse(guest, from === 'mount' ? path : path.replace(/^a\/+(b\/|\.\/+)?/, ''), start);
      for (const [use, error] of Object.entries(answers))
        expect([ERRNO_PERM], `${use} ${from}`).toContain(error);
      expect([...(guest.tree.mounts[1]?.root.entries.keys() ?? [])]).toEqual(['a', 'mine']);
      expect(guest.tree.mounts[0]?.root.entries.size).toBe(1);
    }
  });

  it.each([
    ['WA-WASI-005', '..\\secret'],
    ['WA-WASI-005', '..\\..\\..\\etc\\passwd'],
    ['WA-WASI-005', 'a\\..\\mine'],
    ['WA-WASI-007', 'C:'],
    ['WA-WASI-007', 'C:\\Windows\\win.ini'],
    ['WA-WASI-007', '\\\\?\\C:\\'],
  ])('%s: %s is a name like any other: there is nothing, and what is made there stays there', (_id, path) => {
    const guest = guestWithFiles();
    expect(-guest.open(WRITABLE, path)).toBe(ERRNO_NOENT);
    expect(guest.call('path_filestat_get', WRITABLE, 1, path, ANSWER)).toBe(ERRNO_NOENT);
    expect(guest.open(WRITABLE, path, { flags: CREAT, rights: ALL })).toBeGreaterThan(4);
    expect(guest.tree.changed().map(([name]) => name)).toContain(`/out/${path}`);
  });

  it.each(['', '\0', 'mine\0', 'a/\0/b', 'mine\0/../..'])('%j is no path', path => {
    const guest = guestWithFiles();
    for (const error of Object.values(everyUse(guest, path)))
      expect([ERRNO_INVAL, ERRNO_NOENT]).toContain(error);
  });

  it.each([
    ['a stray byte', [0x61, 0xff]],
    ['half a surrogate pair', [0xed, 0xa0, 0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['an overlong dot', [0x2e, 0xc0, 0xae]],
    ['a cut sequence', [0xe2, 0x82]],
    ['beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
  ])('ill-formed UTF-8 is refused: %s', (_what, bytes) => {
    const guest = guestWithFiles();
    guest.bytes(ROOM, bytes.length).set(bytes);
    const place = [ROOM, bytes.length] as const;
    for (const error of [
      guest.call('path_filestat_get', WRITABLE, 1, ...place, ANSWER),
      guest.call('path_open', WRITABLE, 0, ...place, CREAT, ALL, ALL, 0, ANSWER),
      guest.call('path_create_directory', WRITABLE, ...place),
      guest.call('path_symlink', ...place, WRITABLE, 'l'),
    ]) {
      expect(error).toBe(wasi.ERRNO_ILSEQ);
    }
  });

  it('paths have 4096 bytes at most, names 255 characters', () => {
    const guest = guestWithFiles();
    expect(guest.call('path_filestat_get', WRITABLE, 1, `${'./'.repeat(2046)}mine`, ANSWER)).toBe(0);
    expect(guest.call('path_filestat_get', WRITABLE, 1, `${'./'.repeat(2047)}mine`, ANSWER)).toBe(
      wasi.ERRNO_NAMETOOLONG,
    );
    expect(guest.call('path_create_directory', WRITABLE, 'x'.repeat(255))).toBe(0);
    expect(guest.call('path_create_directory', WRITABLE, 'x'.repeat(256))).toBe(wasi.ERRNO_NAMETOOLONG);
  });
});

describe('links', () => {
  it.each(['/', '/etc', '/out/mine', '//'])('WA-WASI-008: to %s are not made', target => {
    const guest = guestWithFiles();
    expect(guest.call('path_symlink', target, WRITABLE, 'l')).toBe(wasi.ERRNO_NOTCAPABLE);
    expect(-guest.open(WRITABLE, 'l/passwd')).toBe(ERRNO_NOENT);
  });

  it.each(['..', '../data/file.txt', 'a/../../secret', 'a/b/up', 'a/b/../../..'])(
    'WA-WASI-009: to %s are not followed out, neither as the last part nor in between',
    target => {
      const guest = guestWithFiles();
      guest.call('path_symlink', '../../..', WRITABLE, 'a/b/up');
      expect(guest.call('path_symlink', target, WRITABLE, 'l')).toBe(0);
      for (const path of ['l', 'l/', 'l/x', 'l/..', 'a/../l']) {
        expect(-guest.open(WRITABLE, path), path).toBe(ERRNO_PERM);
        expect(guest.call('path_filestat_get', WRITABLE, 1, path, ANSWER), path).toBe(ERRNO_PERM);
      }
    },
  );

  it('WA-WASI-009: a link that stays inside of the mount leads out of a descriptor below it', () => {
    const guest = guestWithFiles();
    expect(guest.call('path_symlink', '../../mine', WRITABLE, 'a/b/l')).toBe(0);
    expect(guest.open(WRITABLE, 'a/b/l')).toBeGreaterThan(4);
    expect(-guest.open(guest.sub, 'l')).toBe(ERRNO_PERM);
  });

  it('a link is made a file through, where it points', () => {
    const guest = guestWithFiles();
    guest.call('path_symlink', 'a/made', WRITABLE, 'l');
    expect(guest.open(WRITABLE, 'l', { flags: CREAT, rights: ALL })).toBeGreaterThan(4);
    expect(guest.call('path_filestat_get', WRITABLE, 0, 'a/made', ANSWER)).toBe(0);
    // Exclusively, the link itself is in the way; unfollowed, it is no file.
    const exclusive = guest.open(WRITABLE, 'l', { flags: CREAT | wasi.OFLAGS_EXCL, rights: ALL });
    expect(-exclusive).toBe(ERRNO_EXIST);
    expect(-guest.open(WRITABLE, 'l', { follow: 0 })).toBe(ERRNO_LOOP);
  });

  it.each([
    ['of absolute paths', '/etc/passwd', ERRNO_PERM],
    ['of paths that lead out', '../data/file.txt', ERRNO_PERM],
    ['of directories', 'a', ERRNO_PERM],
    ['of what is not there', 'nothing', ERRNO_NOENT],
  ])('WA-WASI-011: hard links %s are not made', (_what, from, error) => {
    const guest = guestWithFiles();
    expect(guest.call('path_link', WRITABLE, 0, from, WRITABLE, 'x')).toBe(error);
    expect(guest.call('path_link', WRITABLE, 1, from, WRITABLE, 'x')).toBe(ERRNO_INVAL);
    expect(-guest.open(WRITABLE, 'x')).toBe(ERRNO_NOENT);
  });

  it('WA-WASI-011: hard links and renames stay in their mount', () => {
    const tree = new FileTree({ bytes: 10_000, inodes: 20, openFiles: 9, depth: 4 }, () => 0);
    for (const [path, mode] of [
      ['/in', 'read'],
      ['/a', 'write'],
      ['/b', 'write'],
    ] as const)
      tree.mount(path, mode);
    tree.add('/in/f', Uint8Array.of(1));
    tree.add('/a/f', Uint8Array.of(2));
    const guest = caller({}, { tree });
    for (const [from, to, error] of [
      [3, 4, wasi.ERRNO_ROFS],
      [4, 3, wasi.ERRNO_ROFS],
      [4, 5, wasi.ERRNO_XDEV],
      [5, 4, wasi.ERRNO_XDEV],
    ] as const) {
      expect(guest.call('path_link', from, 0, 'f', to, 'x')).toBe(error);
      expect(guest.call('path_rename', from, 'f', to, 'x')).toBe(error);
    }
    expect(tree.inodes).toBe(5);
  });

  it.each([
    ['target', 3, 'tar'],
    ['target', 6, 'target'],
    ['target', 64, 'target'],
    ['é€', 3, '\u00e9\ufffd'],
    ['target', 0, ''],
  ])('WA-WASI-013: reading a link to %s into %i bytes gives %j', (target, size, read) => {
    const guest = guestWithFiles();
    guest.call('path_symlink', target, WRITABLE, 'l');
    guest.bytes(ROOM, 64).fill(0xee);
    expect(guest.call('path_readlink', WRITABLE, 'l', ROOM, size, ANSWER)).toBe(0);
    const length = guest.u32(ANSWER);
    expect(new TextDecoder().decode(guest.bytes(ROOM, length).slice())).toBe(read);
    expect(guest.bytes(ROOM, 64).indexOf(0xee)).toBe(length);
    // As large as its target in bytes: what is needed to read it in one go.
    guest.call('path_filestat_get', WRITABLE, 0, 'l', ANSWER);
    expect(guest.u64(ANSWER + 32)).toBe(BigInt(new TextEncoder().encode(target).length));
  });
});

describe('what a path starts from', () => {
  it.each([
    ['a file', (guest: Caller) => guest.open(WRITABLE, 'mine'), ERRNO_NOTDIR],
    ['standard input', () => 0, ERRNO_NOTDIR],
    ['standard output', () => 1, ERRNO_NOTDIR],
    ['nothing', () => 99, wasi.ERRNO_BADF],
    ['minus one', () => -1, wasi.ERRNO_BADF],
  ])('WA-WASI-014: is a directory: %s is none', (_what, start, error) => {
    const guest = guestWithFiles();
    const fd = start(guest);
    for (const [use, answer] of Object.entries(everyUse(guest, 'x', fd))) expect(answer, use).toBe(error);
  });

  it.each(['mine/', 'mine/.', 'mine/..', 'mine/x', 'a/b/mine/../..'])(
    'WA-WASI-014: a file in the middle or with a slash is no directory: %s',
    path => {
      const guest = guestWithFiles();
      expect(-guest.open(WRITABLE, path)).toBe(ERRNO_NOTDIR);
      expect(guest.call('path_unlink_file', WRITABLE, path)).not.toBe(0);
      expect(guest.open(WRITABLE, 'mine')).toBeGreaterThan(4);
    },
  );
});
