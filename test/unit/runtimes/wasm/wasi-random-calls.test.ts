/**
 * Thousands of random calls, good and bad. Nothing but an error number comes out of one, what is kept and what would be
 * handed out stay within the quota at every step, and when all is taken away again, all of the quota is there again.
 */
import { wasi } from '@bjorn3/browser_wasi_shim';
import { describe, expect, it } from 'vitest';
import { type DirNode, FileNode } from '../../../../src/runtimes/wasm/fs/index.ts';
import { ProcExit } from '../../../../src/runtimes/wasm/wasi/index.ts';
import { ALL, ANSWER, type Caller, caller, WRITABLE } from '../../../security/native/wasi-calls.ts';

const QUOTA = { bytes: 20_000, inodes: 24, openFiles: 12, depth: 4 };
const STEPS = 4000;
const ROOM = 65_536;

/** Numbers that are the same every time: xorshift32. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const PATHS = [
  'a',
  'b',
  'c',
  'a/b',
  'b/a',
  'a/b/c',
  'c/c/c/c',
  '..',
  'a/..',
  './b/',
  '/x',
  '',
  'l',
  'l/a',
  'é',
  'a\n',
];
const NUMBERS = [0, 1, 2, 3, 8, 24, 64, ROOM, 262_144, 262_143, 0x7fff_ffff, -1, -8];
const SIZES = [0n, 1n, 100n, 3000n, 9000n, 19_000n, 40_000n, 1n << 40n, -1n];

/** One call, mostly meaningful. */
function step(guest: Caller, any: (below: number) => number): number {
  const of = <T>(list: ArrayLike<T>): T => list[any(list.length)] as T;
  const path = (): string => of(PATHS);
  const fd = (): number => (any(10) === 0 ? of(NUMBERS) : any(5) === 0 ? any(5) : 5 + any(7));
  const bits = (): number => (any(8) === 0 ? of(NUMBERS) : any(16));
  const ranges = (): [number, number] => {
    const view = new DataView(guest.memory.buffer);
    for (let i = 0; i < 3; i++) {
      view.setUint32(ROOM + i * 8, any(20) === 0 ? of(NUMBERS) : 131_072, true);
      view.setUint32(ROOM + i * 8 + 4, any(20) === 0 ? of(NUMBERS) : any(3000), true);
    }
    return [ROOM, any(4)];
  };
  const opened = (): number =>
    guest.call(
      'path_open',
      any(4) === 0 ? fd() : WRITABLE,
      any(2),
      path(),
      bits(),
      any(4) === 0 ? 2n : ALL,
      ALL,
      bits() & 5,
      ANSWER,
    );
  const created = (): number =>
    guest.call('path_open', WRITABLE, 1, of('abc'), wasi.OFLAGS_CREAT, ALL, ALL, 0, ANSWER);
  const calls: (() => number)[] = [
    opened,
    created,
    created,
    () => guest.call('fd_close', Math.max(5, fd())),
    () => guest.call('fd_renumber', Math.max(5, fd()), Math.max(5, fd())),
    () => guest.call('fd_write', Math.max(3, fd()), ...ranges(), ANSWER),
    () => guest.call('fd_pwrite', fd(), ...ranges(), of(SIZES), ANSWER),
    () => guest.call('fd_read', fd(), ...ranges(), ANSWER),
    () => guest.call('fd_pread', fd(), ...ranges(), of(SIZES), ANSWER),
    () => guest.call('fd_seek', fd(), of(SIZES), any(4), ANSWER),
    () => guest.call('fd_allocate', fd(), of(SIZES), of(SIZES)),
    () => guest.call('fd_filestat_set_size', fd(), of(SIZES)),
    () => guest.call('fd_filestat_set_times', fd(), of(SIZES), of(SIZES), bits()),
    () => guest.call('fd_fdstat_set_flags', fd(), bits()),
    () => guest.call('fd_filestat_get', fd(), ROOM),
    () => guest.call('fd_readdir', fd(), 131_072, of(NUMBERS), of(SIZES), ANSWER),
    () => guest.call('path_create_directory', WRITABLE, path()),
    () => guest.call('path_remove_directory', WRITABLE, path()),
    () => guest.call('path_unlink_file', WRITABLE, path()),
    () => guest.call('path_link', WRITABLE, any(2), path(), WRITABLE, path()),
    () => guest.call('path_symlink', path(), WRITABLE, path()),
    () => guest.call('path_rename', WRITABLE, path(), WRITABLE, path()),
    () => guest.call('path_readlink', WRITABLE, path(), ROOM, of(NUMBERS), ANSWER),
    () => guest.call('path_filestat_get', fd(), bits(), path(), ROOM),
    () => guest.call('path_filestat_set_times', WRITABLE, any(2), path(), 1n, 1n, bits()),
    () => guest.call('poll_oneoff', of(NUMBERS), of(NUMBERS), of(NUMBERS), of(NUMBERS)),
    () => guest.call('random_get', of(NUMBERS), of(NUMBERS)),
    () => guest.call('sock_send', fd(), 0, 0, 0, 0),
  ];
  return of(calls)();
}

/** Files below a directory, each once for every name. */
function filesIn(directory: DirNode): FileNode[] {
  return [...directory.entries.values()].flatMap(({ node }) =>
    node.kind === 'directory' ? filesIn(node) : node instanceof FileNode ? [node] : [],
  );
}

function clear(guest: Caller, directory: DirNode, prefix: string): void {
  for (const [name, { node }] of [...directory.entries]) {
    const path = `${prefix}${name}`;
    if (node.kind === 'directory') {
      clear(guest, node, `${path}/`);
      expect(guest.call('path_remove_directory', WRITABLE, path)).toBe(0);
    } else expect(guest.call('path_unlink_file', WRITABLE, path)).toBe(0);
  }
}

/** The largest size a new file takes. */
function room(guest: Caller): number {
  const fd = guest.open(WRITABLE, 'room', { flags: wasi.OFLAGS_CREAT, rights: ALL });
  expect(fd).toBeGreaterThan(4);
  let size = 0;
  for (let step = 1 << 15; step >= 1; step >>= 1)
    if (guest.call('fd_filestat_set_size', fd, BigInt(size + step)) === 0) size += step;
  expect(guest.call('path_unlink_file', WRITABLE, 'room')).toBe(0);
  expect(guest.call('fd_close', fd)).toBe(0);
  return size;
}

describe('random calls', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('from seed %i keep every limit and lose nothing', seed => {
    const guest = caller(QUOTA, { write() {} });
    const any = generator(seed * 0x9e37_79b1);
    const root = guest.tree.mounts[1]?.root as DirNode;
    const before = { inodes: guest.tree.inodes, room: room(guest) };
    const seen = new Set<number>();
    for (let i = 0; i < STEPS; i++) {
      const error = step(guest, any);
      seen.add(error);
      if (!(Number.isInteger(error) && error >= 0 && error <= 76)) expect.unreachable(`step ${i}: ${error}`);
      if (i % 16 !== 0) continue;
      const out = guest.tree.changed();
      const files = filesIn(root);
      expect(out.reduce((sum, [, { length }]) => sum + length, 0)).toBeLessThanOrEqual(QUOTA.bytes);
      expect(out.length).toBeLessThanOrEqual(QUOTA.inodes);
      expect(guest.tree.inodes).toBeLessThanOrEqual(QUOTA.inodes);
      for (const file of files) {
        expect(file.capacity).toBeLessThanOrEqual(2 * file.size);
        expect(file.nlink).toBe(files.filter(other => other === file).length);
      }
    }
    // The calls were not all refused for the same reason.
    expect(seen.size).toBeGreaterThan(12);
    expect(seen).toContain(wasi.ERRNO_NOSPC);
    for (let fd = 5; fd < QUOTA.openFiles; fd++) guest.call('fd_close', fd);
    clear(guest, root, '');
    expect({ inodes: guest.tree.inodes, room: room(guest) }).toEqual(before);
  });

  it('only the guest’s own end is thrown', () => {
    expect(() => caller().call('proc_exit', 3)).toThrow(ProcExit as unknown as new () => Error);
  });
});
