/** Reading, writing, seeking, sizes and listings. */
import { wasi } from '@bjorn3/browser_wasi_shim';
import { describe, expect, it } from 'vitest';
import { FileNode } from '../../../../src/runtimes/wasm/fs/index.ts';
import { ALL, ANSWER, type Caller, caller, WRITABLE } from '../../../security/native/wasi-calls.ts';

const { OFLAGS_CREAT: CREAT, FDFLAGS_APPEND: APPEND, ERRNO_INVAL, ERRNO_NOSPC, ERRNO_FBIG } = wasi;
const ROOM = 65_536;
const MEGABYTE = 1_000_000;

const make = (guest: Caller, name = 'f', fdFlags = 0): number =>
  guest.open(WRITABLE, name, { flags: CREAT, rights: ALL, fdFlags });

function write(guest: Caller, fd: number, text: string, offset?: bigint): number {
  const bytes = new TextEncoder().encode(text);
  guest.bytes(ROOM, bytes.length).set(bytes);
  const list = guest.vector(ROOM, bytes.length);
  return offset === undefined
    ? guest.call('fd_write', fd, list, 1, ANSWER)
    : guest.call('fd_pwrite', fd, list, 1, offset, ANSWER);
}

function node(guest: Caller, name = 'f'): FileNode {
  const found = guest.tree.mounts[1]?.root.get(name);
  if (!(found instanceof FileNode)) throw new Error(`no file ${name}`);
  return found;
}

const text = (guest: Caller, name?: string): string => new TextDecoder().decode(node(guest, name).view());

function tell(guest: Caller, fd: number): bigint {
  expect(guest.call('fd_tell', fd, ANSWER)).toBe(0);
  return guest.u64(ANSWER);
}

describe('reading and writing', () => {
  it('move the position; at an offset they do not', () => {
    const guest = caller();
    const fd = make(guest);
    expect(write(guest, fd, 'hello')).toBe(0);
    expect(write(guest, fd, 'J', 0n)).toBe(0);
    expect(tell(guest, fd)).toBe(5n);
    expect(guest.call('fd_seek', fd, 1n, 0, ANSWER)).toBe(0);
    expect(guest.call('fd_read', fd, guest.vector(ROOM, 3), 1, ANSWER)).toBe(0);
    expect([guest.u32(ANSWER), new TextDecoder().decode(guest.bytes(ROOM, 3))]).toEqual([3, 'ell']);
    expect(guest.call('fd_pread', fd, guest.vector(ROOM, 9), 1, 0n, ANSWER)).toBe(0);
    expect([guest.u32(ANSWER), new TextDecoder().decode(guest.bytes(ROOM, 5))]).toEqual([5, 'Jello']);
    expect(tell(guest, fd)).toBe(4n);
  });

  it('append where the file ends, wherever the position is', () => {
    const guest = caller();
    const fd = make(guest, 'f', APPEND);
    write(guest, fd, 'one');
    guest.call('fd_seek', fd, 0n, 0, ANSWER);
    write(guest, fd, 'two');
    write(guest, fd, 'three', 1n);
    expect(text(guest)).toBe('onetwothree');
    expect(guest.call('fd_fdstat_set_flags', fd, 0)).toBe(0);
    write(guest, fd, 'X', 0n);
    expect(text(guest)).toBe('Xnetwothree');
  });

  it('see the end of the file where it is, not where the position is', () => {
    const guest = caller();
    const fd = make(guest);
    guest.call('fd_seek', fd, 100n, 0, ANSWER);
    expect(guest.call('fd_read', fd, guest.vector(ROOM, 9), 1, ANSWER)).toBe(0);
    expect(guest.u32(ANSWER)).toBe(0);
    expect(guest.call('fd_pread', fd, guest.vector(ROOM, 9), 1, 1n << 62n, ANSWER)).toBe(0);
    expect(guest.u32(ANSWER)).toBe(0);
  });

  it('answer how much was written when the quota ends in the middle of a list', () => {
    const guest = caller({ bytes: 10_000 });
    const fd = make(guest);
    const view = new DataView(guest.memory.buffer);
    [4000, 4000, 4000].forEach((length, i) => {
      view.setUint32(ROOM + i * 8, 0, true);
      view.setUint32(ROOM + i * 8 + 4, length, true);
    });
    expect(guest.call('fd_write', fd, ROOM, 3, ANSWER)).toBe(0);
    expect(guest.u32(ANSWER)).toBe(8000);
    expect(guest.call('fd_write', fd, ROOM, 1, ANSWER)).toBe(ERRNO_NOSPC);
    expect([node(guest).size, tell(guest, fd)]).toEqual([8000, 8000n]);
  });
});

describe('sizes', () => {
  it.each([
    ['fd_allocate', (guest: Caller, fd: number, end: bigint) => guest.call('fd_allocate', fd, 0n, end)],
    [
      'fd_allocate at its end',
      (guest: Caller, fd: number, end: bigint) => guest.call('fd_allocate', fd, end - 1n, 1n),
    ],
    [
      'fd_filestat_set_size',
      (guest: Caller, fd: number, end: bigint) => guest.call('fd_filestat_set_size', fd, end),
    ],
    ['fd_pwrite', (guest: Caller, fd: number, end: bigint) => write(guest, fd, 'x', end - 1n)],
    [
      'fd_seek and fd_write',
      (guest: Caller, fd: number, end: bigint) =>
        guest.call('fd_seek', fd, end - 1n, 0, ANSWER) || write(guest, fd, 'x'),
    ],
  ])('WA-WASI-035: %s goes to the quota, and allocates nothing beyond it', (_name, grow) => {
    // Two mounts, the file of the host's, and this one.
    const most = BigInt(MEGABYTE - 4 * 64 - 8 - 3 * 'file.txt'.length - 3);
    const guest = caller({ bytes: MEGABYTE });
    const fd = make(guest);
    for (const end of [most + 1n, 1n << 31n, 1n << 32n, 1n << 40n, (1n << 53n) - 1n]) {
      expect([ERRNO_NOSPC, ERRNO_FBIG], `${end}`).toContain(grow(guest, fd, end));
      expect([node(guest).size, node(guest).capacity]).toEqual([0, 0]);
    }
    expect(grow(guest, fd, most)).toBe(0);
    expect(node(guest).size).toBe(Number(most));
  });

  it.each([1n << 62n, (1n << 63n) - 1n, -(1n << 63n), -1n])('WA-WASI-035: %i is no size', size => {
    const guest = caller({ bytes: Number.MAX_SAFE_INTEGER });
    const fd = make(guest);
    for (const error of [
      guest.call('fd_allocate', fd, 0n, size),
      guest.call('fd_allocate', fd, size, size),
      guest.call('fd_allocate', fd, size, 1n),
      guest.call('fd_filestat_set_size', fd, size),
      write(guest, fd, 'x', size),
    ]) {
      expect([ERRNO_FBIG, ERRNO_NOSPC, ERRNO_INVAL]).toContain(error);
    }
    expect(node(guest).capacity).toBe(0);
  });

  it.each([
    ['written', (guest: Caller, fd: number) => write(guest, fd, 'x', 799_999n)],
    [
      'seeked',
      (guest: Caller, fd: number) => guest.call('fd_seek', fd, 799_999n, 0, ANSWER) || write(guest, fd, 'x'),
    ],
    ['reserved', (guest: Caller, fd: number) => guest.call('fd_allocate', fd, 0n, 800_000n)],
    ['set', (guest: Caller, fd: number) => guest.call('fd_filestat_set_size', fd, 800_000n)],
  ])('WA-WASI-035: zeros are paid for like bytes, when the end is %s', (_how, grow) => {
    const guest = caller();
    const fd = make(guest);
    const before = guest.spent();
    expect(grow(guest, fd)).toBe(0);
    expect(guest.spent() - before).toBeGreaterThanOrEqual(800_000 / 16);
    expect(guest.spent() - before).toBeLessThan(800_000 / 8);
  });

  it('fd_allocate never cuts off, and wants a length', () => {
    const guest = caller();
    const fd = make(guest);
    write(guest, fd, 'hello');
    expect(guest.call('fd_allocate', fd, 1n, 1n)).toBe(0);
    expect(guest.call('fd_allocate', fd, 0n, 0n)).toBe(ERRNO_INVAL);
    expect(text(guest)).toBe('hello');
  });
});

describe('seeking', () => {
  it.each([
    [-(1n << 63n), 0],
    [-(1n << 63n), 1],
    [-(1n << 63n), 2],
    [(1n << 63n) - 1n, 0],
    [(1n << 63n) - 1n, 1],
    [(1n << 63n) - 1n, 2],
    [-1n, 0],
    [-3n, 1],
    [-6n, 2],
    [0n, 3],
    [0n, 0xffff_ffff],
  ] as const)('WA-WASI-039: by %i from %i is refused, and the position stays', (offset, whence) => {
    const guest = caller();
    const fd = make(guest);
    write(guest, fd, 'hello');
    guest.call('fd_seek', fd, 2n, 0, ANSWER);
    expect(guest.call('fd_seek', fd, offset, whence, ANSWER)).toBe(ERRNO_INVAL);
    expect(tell(guest, fd)).toBe(2n);
  });

  it.each([
    [0n, 0, 0n],
    [-2n, 1, 0n],
    [-5n, 2, 0n],
    [5n, 2, 10n],
    [(1n << 53n) - 1n, 0, (1n << 53n) - 1n],
  ] as const)('WA-WASI-039: by %i from %i leads to %i', (offset, whence, target) => {
    const guest = caller();
    const fd = make(guest);
    write(guest, fd, 'hello');
    guest.call('fd_seek', fd, 2n, 0, ANSWER);
    expect(guest.call('fd_seek', fd, offset, whence, ANSWER)).toBe(0);
    expect([guest.u64(ANSWER), tell(guest, fd)]).toEqual([target, target]);
  });

  it.each([0, 1, 2])('streams cannot: %i', fd => {
    expect(caller().call('fd_seek', fd, 0n, 0, ANSWER)).toBe(wasi.ERRNO_SPIPE);
    expect(caller().call('fd_tell', fd, ANSWER)).toBe(wasi.ERRNO_SPIPE);
  });
});

/** All names of the writable mount, in buffers of this size; `between` runs after each. */
function list(guest: Caller, size: number, between: () => void = () => {}): string[] {
  const names: string[] = [];
  let cookie = 0n;
  for (let calls = 0; ; calls++) {
    if (calls > 500) throw new Error('the listing does not end');
    expect(guest.call('fd_readdir', WRITABLE, ROOM, size, cookie, ANSWER)).toBe(0);
    const used = guest.u32(ANSWER);
    let at = 0;
    while (at + 24 <= used) {
      const length = guest.u32(ROOM + at + 16);
      if (at + 24 + length > used) break;
      names.push(new TextDecoder().decode(guest.bytes(ROOM + at + 24, length)));
      cookie = guest.u64(ROOM + at);
      at += 24 + length;
    }
    if (used < size) return names;
    between();
  }
}

describe('listings', () => {
  const NAMES = ['.', '..', 'a', 'bb', 'é', 'd'.repeat(40)];
  const guestWithNames = (): Caller => {
    const guest = caller();
    for (const name of NAMES.slice(2)) guest.call('path_create_directory', WRITABLE, name);
    return guest;
  };

  it.each([64, 65, 70, 100, 1000])('are complete in parts of %i bytes', size => {
    expect(list(guestWithNames(), size)).toEqual(NAMES);
  });

  it('go on after what was taken away, and include what was made', () => {
    const guest = guestWithNames();
    let calls = 0;
    const names = list(guest, 64, () => {
      calls++;
      if (calls === 2) guest.call('path_remove_directory', WRITABLE, 'a');
      if (calls === 3) guest.call('path_create_directory', WRITABLE, 'late');
    });
    expect(names.filter(name => name !== 'a')).toEqual([...NAMES.filter(name => name !== 'a'), 'late']);
  });

  it('lose nothing when one name was replaced by another', () => {
    const guest = guestWithNames();
    guest.call('path_create_directory', WRITABLE, 'z');
    expect(guest.call('path_rename', WRITABLE, 'z', WRITABLE, 'a')).toBe(0);
    expect(list(guest, 64).sort()).toEqual([...NAMES].sort());
    expect(list(guest, 1000).sort()).toEqual([...NAMES].sort());
  });

  it.each([0, 1, 23, 24])('into %i bytes hold what goes in, and not a byte more', size => {
    const guest = guestWithNames();
    guest.bytes(ROOM, 64).fill(0xee);
    expect(guest.call('fd_readdir', WRITABLE, ROOM, size, 0n, ANSWER)).toBe(0);
    expect(guest.u32(ANSWER)).toBe(size);
    expect(guest.bytes(ROOM + size, 64 - size).every(byte => byte === 0xee)).toBe(true);
  });

  it.each([7n, 100n, 1n << 53n, (1n << 63n) - 1n])('from beyond their end are empty: %i', cookie => {
    const guest = guestWithNames();
    expect(guest.call('fd_readdir', WRITABLE, ROOM, 100, cookie, ANSWER)).toBe(0);
    expect(guest.u32(ANSWER)).toBe(0);
  });

  it('from below zero there are none', () => {
    expect(caller().call('fd_readdir', WRITABLE, ROOM, 100, -1n, ANSWER)).toBe(ERRNO_INVAL);
  });

  it('are paid for by what is looked through', () => {
    const guest = caller({ inodes: 500 });
    for (let i = 0; i < 400; i++) guest.call('path_create_directory', WRITABLE, `d${i}`);
    const before = guest.spent();
    guest.call('fd_readdir', WRITABLE, ROOM, 0, 0n, ANSWER);
    expect(guest.spent() - before).toBeGreaterThanOrEqual(400);
  });
});

describe('moving directories', () => {
  it('is paid for by what may be below', () => {
    const guest = caller();
    for (let i = 0; i < 400; i++) guest.call('path_create_directory', WRITABLE, `d${i}`);
    const before = guest.spent();
    expect(guest.call('path_rename', WRITABLE, 'd0', WRITABLE, 'd1/in')).toBe(0);
    expect(guest.spent() - before).toBeGreaterThanOrEqual(400);
  });
});

describe('how many there are', () => {
  it.each([
    ['directories', (guest: Caller, i: number) => guest.call('path_create_directory', WRITABLE, `n${i}`)],
    [
      'files',
      (guest: Caller, i: number) => guest.call('fd_close', Math.max(0, make(guest, `n${i}`))) && ERRNO_NOSPC,
    ],
    ['links', (guest: Caller, i: number) => guest.call('path_symlink', 'x', WRITABLE, `n${i}`)],
    [
      'hard links',
      (guest: Caller, i: number) => guest.call('path_link', WRITABLE, 0, 'f', WRITABLE, `n${i}`),
    ],
  ])('WA-WASI-036: %s, to the quota and not one more', (_what, add) => {
    const guest = caller({ inodes: 20 });
    guest.call('fd_close', make(guest));
    guest.call('fd_close', 0);
    let made = 0;
    for (let i = 0; i < 100 && add(guest, i) === 0; i++) made++;
    // Two mounts, the file of the host's, and `f`.
    expect(made).toBe(16);
    expect(guest.tree.inodes).toBe(20);
    expect(guest.call('path_create_directory', WRITABLE, 'other')).toBe(ERRNO_NOSPC);
    expect(guest.call('path_unlink_file', WRITABLE, 'f')).toBe(0);
    expect(guest.call('path_create_directory', WRITABLE, 'other')).toBe(0);
  });
});
