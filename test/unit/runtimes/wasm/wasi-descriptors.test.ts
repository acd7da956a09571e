/** What a guest holds: how many, with which rights, and what becomes of them. */
import { wasi } from '@bjorn3/browser_wasi_shim';
import { describe, expect, it } from 'vitest';
import {
  ALL,
  ANSWER,
  type Caller,
  caller,
  READ_ONLY,
  WRITABLE,
} from '../../../security/native/wasi-calls.ts';

const { OFLAGS_CREAT: CREAT, OFLAGS_TRUNC: TRUNC, OFLAGS_EXCL: EXCL, OFLAGS_DIRECTORY: DIRECTORY } = wasi;
const { ERRNO_BADF, ERRNO_ROFS, ERRNO_NOTCAPABLE, ERRNO_INVAL } = wasi;
const ROOM = 65_536;
const NO_WRITE = ALL & ~BigInt(wasi.RIGHTS_FD_WRITE);

function sizeOf(guest: Caller, fd: number): bigint {
  expect(guest.call('fd_filestat_get', fd, ROOM)).toBe(0);
  return guest.u64(ROOM + 32);
}

const make = (guest: Caller, name: string, rights = ALL): number =>
  guest.open(WRITABLE, name, { flags: CREAT, rights });

describe('mounts', () => {
  it.each([0, 1, 4])('WA-WASI-015: the name of a mount does not go into %i bytes', room => {
    const guest = caller();
    guest.bytes(ROOM, 8).fill(0xee);
    expect(guest.call('fd_prestat_dir_name', READ_ONLY, ROOM, room)).toBe(wasi.ERRNO_NAMETOOLONG);
    expect(guest.bytes(ROOM, 8).every(byte => byte === 0xee)).toBe(true);
  });

  it('WA-WASI-015: the name has no end that would be one byte more', () => {
    const guest = caller();
    expect(guest.call('fd_prestat_get', READ_ONLY, ANSWER)).toBe(0);
    expect([guest.u32(ANSWER), guest.u32(ANSWER + 4)]).toEqual([0, 5]);
    guest.bytes(ROOM, 8).fill(0xee);
    expect(guest.call('fd_prestat_dir_name', READ_ONLY, ROOM, 5)).toBe(0);
    expect(new TextDecoder().decode(guest.bytes(ROOM, 5))).toBe('/data');
    expect(guest.bytes(ROOM + 5, 3).every(byte => byte === 0xee)).toBe(true);
  });

  it.each([
    ['a directory inside of one', (guest: Caller) => guest.open(WRITABLE, '.', { flags: DIRECTORY })],
    ['a file', (guest: Caller) => make(guest, 'f')],
    ['a stream', () => 1],
    ['nothing', () => 77],
  ])('WA-WASI-015: %s is no mount', (_what, open) => {
    const guest = caller();
    const fd = open(guest);
    expect(guest.call('fd_prestat_get', fd, ANSWER)).toBe(ERRNO_BADF);
    expect(guest.call('fd_prestat_dir_name', fd, ROOM, 64)).toBe(ERRNO_BADF);
  });

  it.each([
    ['closed', (guest: Caller) => guest.call('fd_close', WRITABLE)],
    ['overwritten', (guest: Caller) => guest.call('fd_renumber', READ_ONLY, WRITABLE)],
    ['moved away', (guest: Caller) => guest.call('fd_renumber', WRITABLE, READ_ONLY)],
  ])('WA-WASI-016: a mount that was %s is not reached by its old number', (_what, leave) => {
    const guest = caller();
    expect(leave(guest)).toBe(0);
    expect(make(guest, 'f')).toBeLessThan(0);
    expect(guest.call('path_create_directory', WRITABLE, 'd')).not.toBe(0);
  });

  it('WA-WASI-016: what was opened below a mount outlives it', () => {
    const guest = caller();
    const file = guest.open(READ_ONLY, 'file.txt');
    guest.call('fd_close', READ_ONLY);
    expect(sizeOf(guest, file)).toBe(8n);
  });
});

describe('how many there are', () => {
  it.each([5, 6, 64])('WA-WASI-030: %i, streams and mounts included', openFiles => {
    const guest = caller({ openFiles });
    for (let fd = 5; fd < openFiles; fd++) expect(guest.open(READ_ONLY, 'file.txt')).toBe(fd);
    expect(-guest.open(READ_ONLY, 'file.txt')).toBe(wasi.ERRNO_MFILE);
    expect(-guest.open(WRITABLE, '.', { flags: DIRECTORY })).toBe(wasi.ERRNO_MFILE);
    expect(-make(guest, 'f')).toBe(wasi.ERRNO_MFILE);
    expect(guest.call('fd_close', 0)).toBe(0);
    expect(guest.open(READ_ONLY, 'file.txt')).toBe(0);
    expect(-guest.open(READ_ONLY, 'file.txt')).toBe(wasi.ERRNO_MFILE);
  });

  it('WA-WASI-030: a file is neither made nor cut off for a descriptor that there is no room for', () => {
    const guest = caller({ openFiles: 6 });
    const file = make(guest, 'f');
    guest.call('fd_write', file, guest.vector(0, 4), 1, ANSWER);
    expect(-guest.open(WRITABLE, 'f', { flags: TRUNC, rights: ALL })).toBe(wasi.ERRNO_MFILE);
    expect(-make(guest, 'g')).toBe(wasi.ERRNO_MFILE);
    expect(sizeOf(guest, file)).toBe(4n);
    expect(guest.tree.changed().map(([path]) => path)).toEqual(['/out/f']);
  });

  it('the lowest number that is free is used next', () => {
    const guest = caller();
    const [a, b] = [make(guest, 'a'), make(guest, 'b')];
    expect([a, b]).toEqual([5, 6]);
    guest.call('fd_close', a);
    expect(make(guest, 'c')).toBe(a);
    expect(make(guest, 'd')).toBe(7);
  });
});

describe('renumbering', () => {
  it('moves, and closes what was there', () => {
    const guest = caller({ openFiles: 7 });
    const [a, b] = [make(guest, 'a'), make(guest, 'b')];
    guest.call('fd_write', a, guest.vector(0, 4), 1, ANSWER);
    expect(guest.call('fd_renumber', a, b)).toBe(0);
    expect(guest.call('fd_tell', a, ANSWER)).toBe(ERRNO_BADF);
    expect(sizeOf(guest, b)).toBe(4n);
    // There is room for one again, and only for one.
    expect(make(guest, 'c')).toBe(a);
    expect(-make(guest, 'd')).toBe(wasi.ERRNO_MFILE);
  });

  it('to itself changes nothing', () => {
    const guest = caller();
    const a = make(guest, 'a');
    expect(guest.call('fd_renumber', a, a)).toBe(0);
    expect(sizeOf(guest, a)).toBe(0n);
  });

  it.each([
    [5, 6],
    [6, 5],
    [5, -1],
    [5, 0x7fff_ffff],
    [-1, 5],
    [-1, -1],
  ])('of what is not open, or to it, is refused: %i to %i', (from, to) => {
    const guest = caller();
    make(guest, 'a');
    expect(guest.call('fd_renumber', from, to)).toBe(ERRNO_BADF);
    expect(sizeOf(guest, 5)).toBe(0n);
  });
});

describe('a read-only mount', () => {
  it.each([
    ['to write', 0, BigInt(wasi.RIGHTS_FD_WRITE)],
    ['to cut it off', TRUNC, 2n],
    ['to make it', CREAT, 2n],
    ['exclusively', CREAT | EXCL, 2n],
    ['as a directory, with everything', DIRECTORY | CREAT | EXCL | TRUNC, ALL],
    ['with every flag and right', 0xf, -1n],
  ])('WA-WASI-018: opens nothing %s', (_what, flags, rights) => {
    const guest = caller();
    for (const name of ['file.txt', 'sub', '.']) {
      expect([ERRNO_ROFS, ERRNO_INVAL]).toContain(-guest.open(READ_ONLY, name, { flags, rights }));
    }
    expect(sizeOf(guest, guest.open(READ_ONLY, 'file.txt'))).toBe(8n);
    expect(guest.tree.mounts[0]?.root.entries.size).toBe(1);
  });

  it.each([
    ['cut off', (guest: Caller, fd: number) => guest.call('fd_filestat_set_size', fd, 0n)],
    ['made longer', (guest: Caller, fd: number) => guest.call('fd_filestat_set_size', fd, 100n)],
    ['reserved', (guest: Caller, fd: number) => guest.call('fd_allocate', fd, 0n, 100n)],
    ['written to', (guest: Caller, fd: number) => guest.call('fd_write', fd, guest.vector(0, 4), 1, ANSWER)],
    [
      'written into',
      (guest: Caller, fd: number) => guest.call('fd_pwrite', fd, guest.vector(0, 4), 1, 0n, 0),
    ],
    ['dated', (guest: Caller, fd: number) => guest.call('fd_filestat_set_times', fd, 1n, 1n, 5)],
  ])('WA-WASI-019: has files that are not %s', (_what, act) => {
    const guest = caller();
    const file = guest.open(READ_ONLY, 'file.txt', { rights: NO_WRITE });
    expect(guest.call('fd_filestat_get', file, ROOM)).toBe(0);
    const before = guest.bytes(ROOM, 64).slice();
    expect(act(guest, file)).toBe(ERRNO_NOTCAPABLE);
    expect(guest.call('fd_filestat_get', file, ROOM)).toBe(0);
    expect(guest.bytes(ROOM, 64)).toEqual(before);
    expect(guest.call('fd_fdstat_set_rights', file, ALL, ALL)).toBe(ERRNO_NOTCAPABLE);
  });

  it('WA-WASI-019: is read-only through directories opened below it, too', () => {
    const guest = caller();
    guest.tree.add('/data/sub/inner.txt', new Uint8Array(4));
    const sub = guest.open(READ_ONLY, 'sub', { flags: DIRECTORY, rights: NO_WRITE });
    expect(sub).toBeGreaterThan(4);
    expect(-guest.open(sub, 'inner.txt', { flags: TRUNC, rights: ALL })).toBe(ERRNO_ROFS);
    for (const error of [
      guest.call('path_unlink_file', sub, 'inner.txt'),
      guest.call('path_create_directory', sub, 'd'),
      guest.call('path_symlink', 'x', sub, 'l'),
      guest.call('path_link', sub, 0, 'inner.txt', sub, 'l'),
      guest.call('path_rename', sub, 'inner.txt', sub, 'l'),
      guest.call('path_filestat_set_times', sub, 0, 'inner.txt', 1n, 1n, 5),
    ]) {
      expect(error).toBe(ERRNO_ROFS);
    }
  });
});

describe('rights', () => {
  it('WA-WASI-018: are those asked for, at most those of the directory, and never more again', () => {
    const guest = caller();
    const inherit = BigInt(wasi.RIGHTS_FD_READ | wasi.RIGHTS_FD_SEEK);
    guest.call('path_create_directory', WRITABLE, 'd');
    make(guest, 'd/f');
    const sub = guest.open(WRITABLE, 'd', { flags: DIRECTORY, rights: NO_WRITE });
    expect(guest.call('fd_fdstat_set_rights', sub, BigInt(wasi.RIGHTS_PATH_OPEN), inherit)).toBe(0);
    const file = guest.open(sub, 'f', { rights: ALL });
    expect(file).toBeGreaterThan(4);
    expect(guest.call('fd_fdstat_get', file, ROOM)).toBe(0);
    expect(guest.u64(ROOM + 8)).toBe(inherit);
    expect(guest.call('fd_write', file, guest.vector(0, 4), 1, ANSWER)).toBe(ERRNO_NOTCAPABLE);
    expect(guest.call('fd_fdstat_set_rights', file, ALL, 0n)).toBe(ERRNO_NOTCAPABLE);
    expect(guest.call('fd_fdstat_set_rights', sub, BigInt(wasi.RIGHTS_PATH_OPEN), ALL)).toBe(
      ERRNO_NOTCAPABLE,
    );
  });

  it.each([
    ['FD_SEEK', wasi.RIGHTS_FD_SEEK, (guest: Caller, fd: number) => guest.call('fd_seek', fd, 0n, 0, ANSWER)],
    ['FD_TELL', wasi.RIGHTS_FD_TELL, (guest: Caller, fd: number) => guest.call('fd_tell', fd, ANSWER)],
    ['FD_READ', wasi.RIGHTS_FD_READ, (guest: Caller, fd: number) => guest.call('fd_read', fd, 0, 0, ANSWER)],
    [
      'FD_WRITE',
      wasi.RIGHTS_FD_WRITE,
      (guest: Caller, fd: number) => guest.call('fd_write', fd, 0, 0, ANSWER),
    ],
    [
      'FD_ALLOCATE',
      wasi.RIGHTS_FD_ALLOCATE,
      (guest: Caller, fd: number) => guest.call('fd_allocate', fd, 0n, 1n),
    ],
    [
      'FD_FDSTAT_SET_FLAGS',
      wasi.RIGHTS_FD_FDSTAT_SET_FLAGS,
      (guest: Caller, fd: number) => guest.call('fd_fdstat_set_flags', fd, 1),
    ],
    [
      'FD_FILESTAT_SET_SIZE',
      wasi.RIGHTS_FD_FILESTAT_SET_SIZE,
      (guest: Caller, fd: number) => guest.call('fd_filestat_set_size', fd, 1n),
    ],
    [
      'FD_FILESTAT_SET_TIMES',
      wasi.RIGHTS_FD_FILESTAT_SET_TIMES,
      (guest: Caller, fd: number) => guest.call('fd_filestat_set_times', fd, 1n, 1n, 1),
    ],
  ] as const)('%s is needed for what it is named after', (_name, right, act) => {
    const guest = caller();
    const file = make(guest, 'f');
    expect(act(guest, file)).toBe(0);
    expect(guest.call('fd_fdstat_set_rights', file, rightsOf(guest, file) & ~BigInt(right), 0n)).toBe(0);
    expect(act(guest, file)).toBe(ERRNO_NOTCAPABLE);
  });
});

function rightsOf(guest: Caller, fd: number): bigint {
  guest.call('fd_fdstat_get', fd, ROOM);
  return guest.u64(ROOM + 8);
}

describe('flags', () => {
  it.each([0x20, 0x8000, 0xffff_ffff])('WA-WASI-048: unknown ones are refused: %i', bits => {
    const guest = caller();
    const file = make(guest, 'f');
    guest.call('fd_write', file, guest.vector(0, 4), 1, ANSWER);
    expect(guest.call('fd_fdstat_set_flags', file, bits & ~0x1a)).toBe(ERRNO_INVAL);
    expect(guest.call('path_filestat_set_times', WRITABLE, 0, 'f', 0n, 0n, bits)).toBe(ERRNO_INVAL);
    expect(guest.call('path_filestat_get', WRITABLE, bits, 'f', ROOM)).toBe(ERRNO_INVAL);
    expect(guest.call('fd_advise', file, 0n, 0n, bits)).toBe(ERRNO_INVAL);
    for (const options of [{ flags: bits }, { fdFlags: bits }, { follow: bits }]) {
      expect(-guest.open(WRITABLE, 'f', { rights: ALL, ...options })).toBe(ERRNO_INVAL);
    }
    // What was asked for beside them has not happened: nothing is cut off, nothing is made.
    expect(-guest.open(WRITABLE, 'f', { flags: TRUNC, rights: ALL, fdFlags: bits })).toBe(ERRNO_INVAL);
    expect(-guest.open(WRITABLE, 'g', { flags: CREAT, rights: ALL, fdFlags: bits })).toBe(ERRNO_INVAL);
    expect(guest.call('path_filestat_get', WRITABLE, 0, 'g', ROOM)).toBe(wasi.ERRNO_NOENT);
    expect(sizeOf(guest, file)).toBe(4n);
  });

  it('WA-WASI-048: times cannot be both given and now', () => {
    const guest = caller();
    const file = make(guest, 'f');
    for (const flags of [3, 12, 15, 7])
      expect(guest.call('fd_filestat_set_times', file, 1n, 1n, flags)).toBe(ERRNO_INVAL);
    expect(guest.call('fd_filestat_set_times', file, 5n, -1n, 5)).toBe(0);
    guest.call('fd_filestat_get', file, ROOM);
    expect([guest.u64(ROOM + 40), guest.u64(ROOM + 48)]).toEqual([5n, (1n << 64n) - 1n]);
  });
});

describe('sockets', () => {
  it.each(['sock_recv', 'sock_send', 'sock_accept', 'sock_shutdown'])('there are none: %s', name => {
    const guest = caller();
    const rest = [0, 0, 0, 0, 0];
    for (const fd of [0, READ_ONLY, make(guest, 'f')])
      expect(guest.call(name, fd, ...rest)).toBe(wasi.ERRNO_NOTSOCK);
    expect(guest.call(name, 99, ...rest)).toBe(ERRNO_BADF);
  });
});
