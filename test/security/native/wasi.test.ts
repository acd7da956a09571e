/** Every published attack on WASI's calls, and variants: there is nothing outside, and nothing is allocated on demand. */
import { wasi } from '@bjorn3/browser_wasi_shim';
import { describe, expect, it } from 'vitest';
import { ProcExit } from '../../../src/runtimes/wasm/wasi/index.ts';
import { ALL, ANSWER, caller, Ended, READ_ONLY, WRITABLE } from './wasi-calls.ts';

const { ERRNO_PERM, ERRNO_NOENT, ERRNO_NOTCAPABLE, ERRNO_ROFS, ERRNO_BADF, ERRNO_NOTDIR, ERRNO_LOOP } = wasi;
const DENIED: readonly number[] = [
  ERRNO_PERM,
  ERRNO_NOENT,
  ERRNO_NOTCAPABLE,
  ERRNO_ROFS,
  ERRNO_LOOP,
  ERRNO_NOTDIR,
];
const WRITE: bigint = BigInt(
  wasi.RIGHTS_FD_WRITE |
    wasi.RIGHTS_FD_READ |
    wasi.RIGHTS_FD_SEEK |
    wasi.RIGHTS_FD_ALLOCATE |
    wasi.RIGHTS_FD_FILESTAT_SET_SIZE,
);
const CREAT = wasi.OFLAGS_CREAT;

describe('paths that lead out', () => {
  it.each([
    ['WA-WASI-001', '../secret'],
    ['WA-WASI-002', 'a/../../secret'],
    ['WA-WASI-005', '..\\secret'],
    ['WA-WASI-007', 'C:\\Windows\\win.ini'],
    ['WA-WASI-007', '\\\\?\\C:\\'],
    ['own', '..'],
    ['own', './/.././etc/passwd'],
    ['own', '/etc/passwd'],
    ['own', '/data/file.txt'],
    ['own', '//data/file.txt'],
    ['own', '...'],
    ['own', '..%2fsecret'],
    ['own', '../data/file.txt'],
    ['own', 'file.txt/../../out'],
    ['own', '\u2025/secret'],
  ])('%s: %s', (_id, path) => {
    const guest = caller();
    for (const fd of [READ_ONLY, WRITABLE]) {
      expect(DENIED).toContain(-guest.open(fd, path));
      expect(DENIED).toContain(guest.call('path_filestat_get', fd, 1, path, ANSWER));
    }
  });

  it('own: names with NUL or ill-formed UTF-8 are refused, not cut', () => {
    const guest = caller();
    expect(-guest.open(READ_ONLY, 'file.txt\0.evil')).toBe(wasi.ERRNO_INVAL);
    guest.bytes(8192, 3).set([0x66, 0xff, 0x66]);
    expect(guest.call('path_filestat_get', READ_ONLY, 1, 8192, 3, ANSWER)).toBe(wasi.ERRNO_ILSEQ);
    guest.bytes(8192, 3).set([0xed, 0xa0, 0x80]);
    expect(guest.call('path_filestat_get', READ_ONLY, 1, 8192, 3, ANSWER)).toBe(wasi.ERRNO_ILSEQ);
  });

  it('own: names of Object.prototype are names like others', () => {
    const guest = caller();
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      expect(-guest.open(WRITABLE, name)).toBe(ERRNO_NOENT);
      expect(guest.open(WRITABLE, name, { flags: CREAT, rights: WRITE })).toBeGreaterThan(4);
    }
  });
});

describe('links', () => {
  it('WA-WASI-008: an absolute link is not made, so it cannot be followed', () => {
    const guest = caller();
    expect(DENIED).toContain(guest.call('path_symlink', '/etc', WRITABLE, 'l'));
    expect(DENIED).toContain(-guest.open(WRITABLE, 'l/passwd'));
  });

  it.each(['../../../../etc/passwd', '..', 'a/../..', '../data/file.txt'])(
    'WA-WASI-009: a link to %s leads nowhere',
    target => {
      const guest = caller();
      expect(guest.call('path_symlink', target, WRITABLE, 'a')).toBe(0);
      expect(DENIED).toContain(-guest.open(WRITABLE, 'a'));
      expect(DENIED).toContain(-guest.open(WRITABLE, 'a/x'));
      expect(DENIED).toContain(guest.call('path_filestat_get', WRITABLE, 1, 'a', ANSWER));
    },
  );

  it('own: links in a circle, and to themselves, end', () => {
    const guest = caller();
    guest.call('path_symlink', 'b', WRITABLE, 'a');
    guest.call('path_symlink', 'a', WRITABLE, 'b');
    guest.call('path_symlink', 'c', WRITABLE, 'c');
    for (const name of ['a', 'b', 'c', 'a/x', 'c/c/c']) expect(-guest.open(WRITABLE, name)).toBe(ERRNO_LOOP);
  });

  it('own: a chain of nine links is one too long, of eight is not', () => {
    const guest = caller();
    guest.call('path_create_directory', WRITABLE, 'd0');
    for (let i = 1; i <= 9; i++) guest.call('path_symlink', `d${i - 1}`, WRITABLE, `d${i}`);
    expect(guest.open(WRITABLE, 'd8')).toBeGreaterThan(4);
    expect(-guest.open(WRITABLE, 'd9')).toBe(ERRNO_LOOP);
  });

  it('own: links that double what is left of a path end too', () => {
    const guest = caller();
    guest.call('path_symlink', 'x/x/x/x', WRITABLE, 'x');
    expect(-guest.open(WRITABLE, 'x')).toBe(ERRNO_LOOP);
  });

  it('WA-WASI-011: a hard link follows nothing and names nothing outside', () => {
    const guest = caller();
    expect(guest.call('path_link', WRITABLE, 1, '/etc/passwd', WRITABLE, 'x')).not.toBe(0);
    expect(DENIED).toContain(guest.call('path_link', WRITABLE, 0, '/etc/passwd', WRITABLE, 'x'));
    expect(DENIED).toContain(guest.call('path_link', READ_ONLY, 0, 'file.txt', WRITABLE, 'x'));
    expect(DENIED).toContain(guest.call('path_link', WRITABLE, 0, '../data/file.txt', WRITABLE, 'x'));
  });

  it('WA-WASI-013: reading a link shows what the guest itself wrote, cut to its buffer', () => {
    const guest = caller();
    guest.call('path_symlink', 'target', WRITABLE, 'a');
    expect(guest.call('path_readlink', WRITABLE, 'a', 8192, 3, ANSWER)).toBe(0);
    expect([guest.u32(ANSWER), ...guest.bytes(8192, 4)]).toEqual([3, 0x74, 0x61, 0x72, 0]);
    expect(guest.call('path_readlink', READ_ONLY, 'file.txt', 8192, 99, ANSWER)).toBe(wasi.ERRNO_INVAL);
  });

  it('own: a rename or link from one mount to another is refused', () => {
    const guest = caller();
    expect(DENIED).toContain(guest.call('path_rename', READ_ONLY, 'file.txt', WRITABLE, 'stolen'));
    const two = caller();
    two.tree.mount('/other', 'write');
    two.call('path_create_directory', WRITABLE, 'd');
    expect(two.call('path_rename', WRITABLE, 'd', WRITABLE, 'd/inside')).toBe(wasi.ERRNO_INVAL);
  });
});

describe('descriptors', () => {
  it('WA-WASI-014: a file is no directory', () => {
    const guest = caller();
    const file = guest.open(READ_ONLY, 'file.txt');
    expect(-guest.open(file, 'x')).toBe(ERRNO_NOTDIR);
    expect(guest.call('fd_readdir', file, 8192, 100, 0n, ANSWER)).toBe(ERRNO_NOTDIR);
    expect(-guest.open(0, 'x')).toBe(ERRNO_NOTDIR);
  });

  it('WA-WASI-015: the name of a mount needs room for it', () => {
    const guest = caller();
    guest.bytes(8192, 8).fill(0xee);
    expect(guest.call('fd_prestat_dir_name', READ_ONLY, 8192, 1)).toBe(wasi.ERRNO_NAMETOOLONG);
    expect([...guest.bytes(8192, 8)]).toEqual(Array(8).fill(0xee));
    expect(guest.call('fd_prestat_dir_name', READ_ONLY, 8192, 5)).toBe(0);
    expect(guest.call('fd_prestat_dir_name', 0, 8192, 50)).toBe(ERRNO_BADF);
  });

  it('WA-WASI-016: a mount that was closed is gone', () => {
    const guest = caller();
    expect(guest.call('fd_close', READ_ONLY)).toBe(0);
    expect(-guest.open(READ_ONLY, 'file.txt')).toBe(ERRNO_BADF);
    expect(guest.call('fd_close', READ_ONLY)).toBe(ERRNO_BADF);
    for (const fd of [-1, 5, 0x7fff_ffff, 0xffff_ffff]) expect(guest.call('fd_close', fd)).toBe(ERRNO_BADF);
  });

  it('WA-WASI-030: as many as the quota, and not one more; a closed one makes room', () => {
    const guest = caller({ openFiles: 10 });
    const opened: number[] = [];
    for (let i = 0; i < 5; i++) opened.push(guest.open(READ_ONLY, 'file.txt'));
    expect(opened.every(fd => fd > 4)).toBe(true);
    expect(-guest.open(READ_ONLY, 'file.txt')).toBe(wasi.ERRNO_MFILE);
    expect(-guest.open(WRITABLE, 'made', { flags: CREAT, rights: WRITE })).toBe(wasi.ERRNO_MFILE);
    // Nothing was made before that was found out.
    expect(guest.call('path_filestat_get', WRITABLE, 0, 'made', ANSWER)).toBe(ERRNO_NOENT);
    guest.call('fd_close', opened[0] as number);
    expect(guest.open(READ_ONLY, 'file.txt')).toBe(opened[0]);
  });

  it('own: renumbering moves, closes and never duplicates', () => {
    const guest = caller();
    const a = guest.open(READ_ONLY, 'file.txt');
    expect(guest.call('fd_renumber', a, 99)).toBe(ERRNO_BADF);
    expect(guest.call('fd_renumber', 99, a)).toBe(ERRNO_BADF);
    expect(guest.call('fd_renumber', a, 1)).toBe(0);
    expect(guest.call('fd_close', a)).toBe(ERRNO_BADF);
    expect(guest.call('fd_write', 1, guest.vector(0, 4), 1, ANSWER)).not.toBe(0);
  });
});

describe('rights', () => {
  it('WA-WASI-018: a read-only mount is not cut off, whatever is asked for', () => {
    const guest = caller();
    for (const flags of [
      wasi.OFLAGS_TRUNC,
      CREAT | wasi.OFLAGS_TRUNC,
      CREAT | wasi.OFLAGS_EXCL | wasi.OFLAGS_TRUNC,
      CREAT,
    ]) {
      expect(-guest.open(READ_ONLY, 'file.txt', { flags, rights: ALL })).toBe(ERRNO_ROFS);
    }
    expect(
      guest.open(READ_ONLY, 'sub', {
        flags: wasi.OFLAGS_DIRECTORY | CREAT | wasi.OFLAGS_EXCL | wasi.OFLAGS_TRUNC,
        rights: ALL,
      }),
    ).toBeLessThan(0);
    const file = guest.open(READ_ONLY, 'file.txt');
    guest.call('fd_filestat_get', file, ANSWER);
    expect(guest.u64(ANSWER + 32)).toBe(8n);
  });

  it('WA-WASI-019: nothing writes to a read-only mount', () => {
    const guest = caller();
    const file = guest.open(READ_ONLY, 'file.txt', { rights: ALL & ~BigInt(wasi.RIGHTS_FD_WRITE) });
    expect(file).toBeGreaterThan(4);
    for (const error of [
      guest.call('path_filestat_set_times', READ_ONLY, 0, 'file.txt', 1n, 1n, 1),
      guest.call('path_unlink_file', READ_ONLY, 'file.txt'),
      guest.call('path_create_directory', READ_ONLY, 'd'),
      guest.call('path_symlink', 'x', READ_ONLY, 'l'),
      guest.call('path_rename', READ_ONLY, 'file.txt', READ_ONLY, 'b'),
      guest.call('path_remove_directory', READ_ONLY, 'd'),
      guest.call('fd_filestat_set_size', file, 0n),
      guest.call('fd_filestat_set_times', file, 1n, 1n, 1),
      guest.call('fd_allocate', file, 0n, 100n),
      guest.call('fd_write', file, guest.vector(0, 4), 1, ANSWER),
      guest.call('fd_pwrite', file, guest.vector(0, 4), 1, 0n, ANSWER),
    ]) {
      expect([ERRNO_ROFS, ERRNO_NOTCAPABLE]).toContain(error);
    }
  });

  it('own: rights that were given up do not come back, nor through the directory', () => {
    const guest = caller();
    expect(
      guest.call(
        'fd_fdstat_set_rights',
        WRITABLE,
        BigInt(wasi.RIGHTS_PATH_OPEN),
        BigInt(wasi.RIGHTS_FD_READ),
      ),
    ).toBe(0);
    expect(guest.call('fd_fdstat_set_rights', WRITABLE, ALL, ALL)).toBe(ERRNO_NOTCAPABLE);
    expect(guest.call('path_create_directory', WRITABLE, 'd')).toBe(ERRNO_NOTCAPABLE);
    expect(-guest.open(WRITABLE, 'f', { flags: CREAT, rights: ALL })).toBe(ERRNO_NOTCAPABLE);
    expect(guest.call('fd_readdir', WRITABLE, 8192, 100, 0n, ANSWER)).toBe(ERRNO_NOTCAPABLE);
  });

  it('WA-WASI-048: unknown bits are refused', () => {
    const guest = caller();
    const file = guest.open(WRITABLE, 'f', { flags: CREAT, rights: ALL });
    expect(guest.call('fd_fdstat_set_flags', file, 0x8000)).toBe(wasi.ERRNO_INVAL);
    expect(guest.call('fd_advise', file, 0n, 0n, 99)).toBe(wasi.ERRNO_INVAL);
    expect(guest.call('path_filestat_set_times', WRITABLE, 0, 'f', 0n, 0n, 3)).toBe(wasi.ERRNO_INVAL);
    expect(guest.call('path_filestat_set_times', WRITABLE, 0, 'f', 0n, 0n, 0x100)).toBe(wasi.ERRNO_INVAL);
    expect(-guest.open(WRITABLE, 'f', { flags: 0x100 })).toBe(wasi.ERRNO_INVAL);
    expect(-guest.open(WRITABLE, 'f', { fdFlags: 0x8000 })).toBe(wasi.ERRNO_INVAL);
    expect(guest.call('fd_seek', file, 0n, 9, ANSWER)).toBe(wasi.ERRNO_INVAL);
  });
});

describe('sizes', () => {
  it('WA-WASI-035: a file of 2⁶² bytes is refused before anything is allocated', () => {
    const guest = caller();
    const file = guest.open(WRITABLE, 'f', { flags: CREAT, rights: ALL });
    const TOO_LARGE = [wasi.ERRNO_FBIG, wasi.ERRNO_NOSPC];
    expect(TOO_LARGE).toContain(guest.call('fd_allocate', file, 0n, 1n << 62n));
    expect(TOO_LARGE).toContain(guest.call('fd_filestat_set_size', file, 1n << 62n));
    expect(TOO_LARGE).toContain(guest.call('fd_filestat_set_size', file, 3_000_000_000n));
    expect(TOO_LARGE).toContain(guest.call('fd_pwrite', file, guest.vector(0, 1), 1, 1n << 40n, ANSWER));
    expect(guest.call('fd_seek', file, 2_000_000n, 0, ANSWER)).toBe(0);
    expect(guest.call('fd_write', file, guest.vector(0, 1), 1, ANSWER)).toBe(wasi.ERRNO_NOSPC);
    guest.call('fd_filestat_get', file, ANSWER);
    expect(guest.u64(ANSWER + 32)).toBe(0n);
  });

  it('own: the last byte of the quota can be written, the next one cannot', () => {
    const guest = caller({ bytes: 10_000 });
    const file = guest.open(WRITABLE, 'f', { flags: CREAT, rights: ALL });
    let size = 0;
    while (guest.call('fd_filestat_set_size', file, BigInt(size + 1)) === 0) size++;
    // Two mounts, two files of 64 bytes, and their names.
    expect(size).toBe(10_000 - 4 * 64 - 8 - 3 * 'file.txt'.length - 3 * 'f'.length);
    expect(guest.call('fd_pwrite', file, guest.vector(0, 1), 1, BigInt(size), ANSWER)).toBe(wasi.ERRNO_NOSPC);
    expect(guest.call('path_create_directory', WRITABLE, 'd')).toBe(wasi.ERRNO_NOSPC);
    expect(guest.call('fd_filestat_set_size', file, 0n)).toBe(0);
    expect(guest.call('path_create_directory', WRITABLE, 'd')).toBe(0);
  });

  it('own: what was taken away gives its bytes back, when the last descriptor is closed', () => {
    const guest = caller({ bytes: 10_000 });
    for (let i = 0; i < 50; i++) {
      const file = guest.open(WRITABLE, 'f', { flags: CREAT, rights: ALL });
      expect(guest.call('fd_filestat_set_size', file, 9000n), `round ${i}`).toBe(0);
      expect(guest.call('path_unlink_file', WRITABLE, 'f')).toBe(0);
      expect(guest.call('fd_pwrite', file, guest.vector(0, 1), 1, 9500n, ANSWER)).toBe(0);
      expect(guest.call('fd_close', file)).toBe(0);
    }
    for (let i = 0; i < 50; i++) {
      expect(guest.call('path_create_directory', WRITABLE, 'd'.repeat(200))).toBe(0);
      expect(guest.call('path_remove_directory', WRITABLE, 'd'.repeat(200))).toBe(0);
      expect(guest.call('path_symlink', 't'.repeat(1000), WRITABLE, 'l')).toBe(0);
      expect(guest.call('path_unlink_file', WRITABLE, 'l')).toBe(0);
    }
  });

  it('WA-WASI-036: files and directories are counted, and so is their depth', () => {
    const guest = caller({ inodes: 20 });
    let made = 0;
    while (guest.call('path_create_directory', WRITABLE, `d${made}`) === 0) made++;
    expect(made).toBe(17);
    expect(-guest.open(WRITABLE, 'f', { flags: CREAT, rights: ALL })).toBe(wasi.ERRNO_NOSPC);
    const deep = caller({ depth: 10 });
    let path = 'd';
    let depth = 0;
    for (; deep.call('path_create_directory', WRITABLE, path) === 0; depth++) path += '/d';
    expect(depth).toBe(10);
    // Nor by moving one chain below another.
    deep.call('path_create_directory', WRITABLE, 'other');
    deep.call('path_create_directory', WRITABLE, 'other/x');
    expect(deep.call('path_rename', WRITABLE, 'd', WRITABLE, 'other/x/d')).toBe(wasi.ERRNO_NOSPC);
  });

  it('WA-WASI-039: a seek before the start, or beyond every number', () => {
    const guest = caller();
    const file = guest.open(READ_ONLY, 'file.txt', { rights: WRITE & ~BigInt(wasi.RIGHTS_FD_WRITE) });
    for (const [offset, whence] of [
      [-(1n << 63n), 1],
      [-1n, 0],
      [-9n, 2],
      [(1n << 63n) - 1n, 1],
    ] as const) {
      expect(guest.call('fd_seek', file, offset, whence, ANSWER)).toBe(wasi.ERRNO_INVAL);
    }
    expect(guest.call('fd_seek', file, -8n, 2, ANSWER)).toBe(0);
  });
});

describe('addresses', () => {
  it('WA-WASI-033: a list of 2²⁰ ranges, and ranges outside, copy nothing', () => {
    const guest = caller();
    expect(guest.call('fd_write', 1, 0, 1 << 20, ANSWER)).toBe(wasi.ERRNO_INVAL);
    expect(guest.call('fd_write', 1, guest.vector(16, 0x8000_0000), 1, ANSWER)).not.toBe(0);
    expect(guest.call('fd_write', 1, guest.vector(0xffff_fff0, 32), 1, ANSWER)).toBe(wasi.ERRNO_FAULT);
    expect(guest.call('fd_write', 1, 0xffff_fff8, 1, ANSWER)).toBe(wasi.ERRNO_FAULT);
    expect(guest.call('fd_write', 1, guest.vector(0, 4), 1, 0xffff_ffff)).toBe(wasi.ERRNO_FAULT);
    expect(guest.output).toEqual([]);
    // The same range a thousand times costs its length each time.
    const before = guest.spent();
    const list = new DataView(guest.memory.buffer);
    for (let i = 0; i < 1024; i++) {
      list.setUint32(16_384 + i * 8, 0, true);
      list.setUint32(16_388 + i * 8, 65_536, true);
    }
    expect(guest.call('fd_write', 1, 16_384, 1024, ANSWER)).toBe(0);
    expect(guest.spent() - before).toBeGreaterThanOrEqual((1024 * 65_536) / 16);
  });

  it('own: the host’s decision to end the guest is not swallowed', () => {
    const full = caller(
      {},
      {
        write() {
          throw new Ended();
        },
      },
    );
    expect(() => full.call('fd_write', 1, full.vector(0, 4), 1, ANSWER)).toThrow(Ended);
    const poor = caller(
      {},
      {
        charge() {
          throw new Ended();
        },
      },
    );
    for (const name of ['sched_yield', 'fd_close']) expect(() => poor.call(name, 0)).toThrow(Ended);
  });

  it('WA-WASI-034: random bytes for a range outside, or more than there is', () => {
    const guest = caller();
    expect(guest.call('random_get', 0, 0xffff_ffff)).toBe(wasi.ERRNO_FAULT);
    expect(guest.call('random_get', 0xffff_0000, 0x10000)).toBe(wasi.ERRNO_FAULT);
    expect(guest.call('random_get', 0, 262_144)).toBe(0);
    expect(guest.bytes(0, 262_144).every(byte => byte === 7)).toBe(true);
    expect(guest.spent()).toBeGreaterThan(262_144);
  });

  it('own: every call refuses addresses outside of memory', () => {
    const FAR = 0xffff_fff0;
    const guest = caller();
    for (const [name, ...args] of [
      ['args_get', FAR, FAR],
      ['args_sizes_get', FAR, 0],
      ['environ_sizes_get', 0, FAR],
      ['clock_time_get', 0, 0n, FAR],
      ['clock_res_get', 0, FAR],
      ['fd_fdstat_get', 1, FAR],
      ['fd_filestat_get', READ_ONLY, FAR],
      ['fd_prestat_get', READ_ONLY, FAR],
      ['fd_prestat_dir_name', READ_ONLY, FAR, 10],
      ['fd_read', 0, FAR, 1, 0],
      ['fd_readdir', READ_ONLY, FAR, 64, 0n, 0],
      ['fd_readdir', READ_ONLY, 0, 64, 0n, FAR],
      ['path_filestat_get', READ_ONLY, 0, FAR, 8, 0],
      ['path_open', READ_ONLY, 0, 'file.txt', 0, 2n, 0n, 0, FAR],
      ['path_readlink', WRITABLE, FAR, 1, 0, 0, 0],
      ['poll_oneoff', FAR, 0, 1, 0],
      ['poll_oneoff', 0, FAR, 1, 0],
    ] as [string, ...(number | bigint | string)[]][]) {
      expect(guest.call(name, ...args), name).toBe(wasi.ERRNO_FAULT);
    }
    // A call that failed opened nothing.
    expect(guest.open(READ_ONLY, 'file.txt')).toBe(5);
  });
});

describe('time and the end', () => {
  it('WA-WASI-032: 2³²-1 subscriptions are refused without looking', () => {
    const guest = caller();
    for (const count of [0xffff_ffff, 1025, 0]) {
      expect(guest.call('poll_oneoff', 0, 8192, count, ANSWER)).toBe(wasi.ERRNO_INVAL);
    }
    expect(guest.slept()).toBe(0);
  });

  it('own: a wait of 500 years is a sleep that the host ends', () => {
    const guest = caller();
    const view = new DataView(guest.memory.buffer, 16_384, 48);
    view.setUint32(16, wasi.CLOCKID_MONOTONIC, true);
    view.setBigUint64(24, (1n << 64n) - 1n, true);
    expect(guest.call('poll_oneoff', 16_384, 8192, 1, ANSWER)).toBe(0);
    expect(guest.slept()).toBeGreaterThan(1e9);
    view.setUint32(16, 77, true);
    expect(guest.call('poll_oneoff', 16_384, 8192, 1, ANSWER)).toBe(wasi.ERRNO_INVAL);
  });

  it('WA-WASI-042: an exit ends the guest wherever it is called', () => {
    const guest = caller();
    for (const code of [0, 1, 0xffff_ffff]) {
      try {
        guest.call('proc_exit', code);
        expect.unreachable();
      } catch (error) {
        expect(error).toBeInstanceOf(ProcExit);
        expect((error as ProcExit).code).toBe(code);
      }
    }
    expect(guest.call('proc_raise', 9)).toBe(wasi.ERRNO_NOTSUP);
  });

  it('WA-WASI-044: clocks count whole milliseconds', () => {
    const guest = caller();
    for (const id of [
      wasi.CLOCKID_REALTIME,
      wasi.CLOCKID_MONOTONIC,
      wasi.CLOCKID_PROCESS_CPUTIME_ID,
      wasi.CLOCKID_THREAD_CPUTIME_ID,
    ]) {
      expect(guest.call('clock_time_get', id, 1n, ANSWER)).toBe(0);
      expect(guest.u64(ANSWER) % 1_000_000n).toBe(0n);
    }
    expect(guest.call('clock_time_get', 4, 1n, ANSWER)).toBe(wasi.ERRNO_INVAL);
  });

  it('WA-WASI-045: yielding in a loop pays for each call', () => {
    const guest = caller();
    for (let i = 0; i < 100; i++) guest.call('sched_yield');
    expect(guest.spent()).toBeGreaterThanOrEqual(10_000);
  });

  it('own: sockets there are none', () => {
    const guest = caller();
    expect(guest.call('sock_recv', 0, 0, 0, 0, 0, 0)).toBe(wasi.ERRNO_NOTSOCK);
    expect(guest.call('sock_accept', 99, 0, 0)).toBe(ERRNO_BADF);
  });
});
